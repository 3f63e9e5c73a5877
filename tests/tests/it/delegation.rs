//! What a live DELEGATED_ADMIN opens to the provider, and how it is gone again (R6).

use api::{
    enrollment::v1::{
        GetPartnerRequest, GetReadinessRequest, GetReadinessResponse, ListPartnersRequest, Partner,
        SupportProfile, UpdateSupportProfileRequest,
    },
    relationships::v1::{
        CheckDelegatedAdministrationRequest, CheckDelegatedAdministrationResponse,
        CreateInvitationRequest, GrantType, ResumeRelationshipRequest, SuspendRelationshipRequest,
    },
    types::v1::{Goal, Requirement, Turn},
};
use chrono::Duration;
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation},
    on_each_engine, reason,
};
use prost::Message as _;
use tonic::Status;

use crate::grants::revoke;

const UNKNOWN: &str = "partners/01a20b5b-b9c7-74cf-9d60-da1cf728799d";

async fn partner(world: &World, who: &Persona, name: &str) -> Result<Partner, Status> {
    let ask = GetPartnerRequest { name: name.to_owned() };
    let answer = world.enrollment().get_partner(who.asks(ask)).await?;
    Ok(answer.into_inner().partner.unwrap())
}

async fn readiness(
    world: &World,
    who: &Persona,
    partner: &str,
    goal: Goal,
) -> Result<GetReadinessResponse, Status> {
    let partner = partner.to_owned();
    let ask = GetReadinessRequest { goal: goal.into(), partner, ..Default::default() };
    Ok(world.enrollment().get_readiness(who.asks(ask)).await?.into_inner())
}

async fn check(
    world: &World,
    who: &Persona,
    provider: &str,
    reseller: &str,
) -> CheckDelegatedAdministrationResponse {
    let (provider, reseller) = (provider.to_owned(), reseller.to_owned());
    let ask = CheckDelegatedAdministrationRequest { provider, reseller };
    let mut client = world.relationships();
    let answer = client.check_delegated_administration(who.asks(ask)).await.unwrap().into_inner();
    assert_eq!(answer.authorized, answer.blockers.is_empty());
    answer
}

/// Whether the reseller's company is open to the person: the same by every door.
async fn is_open(world: &World, who: &Persona, reseller: &Firm, case: &str) -> bool {
    let case = format!("{case} on {}", world.engine);
    let read = partner(world, who, &reseller.partner).await;
    let list = ListPartnersRequest { page_size: 500, ..Default::default() };
    let listed = world.enrollment().list_partners(who.asks(list)).await.unwrap().into_inner();
    let listed = listed.partners.into_iter().find(|it| it.name == reseller.partner);
    assert_eq!(read.as_ref().ok(), listed.as_ref(), "{case}");
    let is_whole = listed.is_some_and(|it| it.company == reseller.anna.company);
    let ready = readiness(world, who, &reseller.partner, Goal::BecomeActive).await;
    assert_eq!(ready.is_ok(), is_whole, "{case}");
    if let Err(err) = ready {
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{case}");
    }
    assert_eq!(world.user(who, &reseller.anna.user).await.is_ok(), is_whole, "{case}");
    is_whole
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_a_live_delegated_administration_opens_a_resellers_company_and_is_gone_with_the_next_call()
 {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.provider("cierzo", "ES", Stage::Active).await;
        let agent = world.colleague(&provider.anna, "agent", &[Role::AdminAgent]).await;
        let admin = world.colleague(&provider.anna, "admin", &[Role::GlobalAdmin]).await;
        let helpdesk = world.colleague(&provider.anna, "help", &[Role::HelpdeskAgent]).await;
        assert!(!is_open(&world, &agent, &reseller, "before").await);
        let tie = world.connect(&provider, &reseller).await.name;
        assert!(is_open(&world, &agent, &reseller, "live").await);
        // Whole is what its own people read.
        let own = partner(&world, &reseller.anna, &reseller.partner).await.unwrap();
        assert_eq!(partner(&world, &agent, &reseller.partner).await.unwrap(), own);
        for (case, who) in [
            ("no agent", &helpdesk),
            ("a global admin only", &admin),
            ("another provider", &other.anna),
        ] {
            assert!(!is_open(&world, who, &reseller, case).await, "{case}");
        }
        let back = partner(&world, &reseller.anna, &provider.partner).await.unwrap();
        assert_eq!(back.company, "", "not the other way round, on {}", world.engine);
        // It reads, and changes nothing.
        let support_profile = Some(SupportProfile {
            email: "soporte@cierzo.example".to_owned(),
            phone: "+34931234568".to_owned(),
            ..Default::default()
        });
        let name = reseller.enrollment.clone();
        let change = UpdateSupportProfileRequest { name, support_profile, ..Default::default() };
        let err = world.enrollment().update_support_profile(agent.asks(change)).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);

        let name = tie.clone();
        let hold = |reason: &str| SuspendRelationshipRequest {
            name: name.clone(),
            reason: reason.to_owned(),
            ..Default::default()
        };
        let asked = provider.anna.asks(hold("a pause"));
        world.relationships().suspend_relationship(asked).await.unwrap();
        assert!(!is_open(&world, &agent, &reseller, "held").await);
        let resume = ResumeRelationshipRequest { name: tie.clone(), ..Default::default() };
        world.relationships().resume_relationship(provider.anna.asks(resume)).await.unwrap();
        assert!(is_open(&world, &agent, &reseller, "resumed").await);
        for firm in [&provider, &reseller] {
            world.suspend(&firm.partner, Some("UNPAID")).await;
            assert!(!is_open(&world, &agent, &reseller, "suspended").await);
            world.suspend(&firm.partner, None).await;
            assert!(is_open(&world, &agent, &reseller, "reinstated").await);
        }
        revoke(&world, &reseller.anna, &tie, GrantType::OrderOnBehalf).await.unwrap();
        assert!(is_open(&world, &agent, &reseller, "the other power revoked").await);
        revoke(&world, &reseller.anna, &tie, GrantType::DelegatedAdmin).await.unwrap();
        assert!(!is_open(&world, &agent, &reseller, "revoked").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_a_delegated_administration_ends_at_its_exact_limit_and_with_its_relationship() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let ended = world.reseller("meseta", "ES", Stage::Active).await;
        let tie = world.connect(&provider, &ended).await.name;
        world.end_relationship(&ended.anna, &tie).await;
        assert!(!is_open(&world, &provider.anna, &ended, "ended").await);
        let end = (world.clock.now() + Duration::hours(1)).timestamp();
        let request = CreateInvitationRequest {
            grants_expire_time: Some(api::time(end, 0)),
            ..invitation(&reseller.contact())
        };
        world.relationships().create_invitation(provider.anna.asks(request)).await.unwrap();
        let secret = world.secret_to(&reseller.contact()).await;
        world.accept(&reseller, &secret).await;
        world.clock.advance(Duration::hours(1) - Duration::microseconds(1));
        assert!(is_open(&world, &provider.anna, &reseller, "at the last").await);
        world.clock.advance(Duration::microseconds(1));
        assert!(!is_open(&world, &provider.anna, &reseller, "over").await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_to_who_administers_it_a_resellers_own_turn_is_the_resellers() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let goal = Goal::InviteReseller;
        for (who, turn) in [(&provider.anna, Turn::Reseller), (&reseller.anna, Turn::Applicant)] {
            let found = readiness(&world, who, &reseller.partner, goal).await.unwrap();
            let turns: Vec<Turn> = found.requirements.iter().map(Requirement::turn).collect();
            assert_eq!(turns, [turn], "{:?} on {}", found.requirements, world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_who_asks_about_administration_learns_as_much_as_about_orders() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.provider("cierzo", "ES", Stage::Active).await;
        let far = world.reseller("meseta", "ES", Stage::Active).await;
        let tie = world.connect(&provider, &reseller).await.name;
        let order_system = world.staff().await.order_system.clone();
        let operator = world.platform(&[Role::Operator]).await;
        let helpdesk = world.colleague(&provider.anna, "help", &[Role::HelpdeskAgent]).await;
        let (p, r) = (provider.partner.as_str(), reseller.partner.as_str());
        let insiders = [&order_system, &operator, &provider.anna, &helpdesk, &reseller.anna];
        for who in insiders {
            assert!(check(&world, who, p, r).await.authorized, "{}", world.engine);
        }
        revoke(&world, &reseller.anna, &tie, GrantType::DelegatedAdmin).await.unwrap();
        world.suspend(&provider.partner, Some("UNPAID")).await;
        let is_opaque = |it: &Requirement| it.cure.is_none() && it.waits_for.is_empty();
        // Of the provider's state, and of the grant, which is the reseller's turn.
        for (case, who, opaque) in [
            ("the order system", &order_system, [false, false]),
            ("an operator", &operator, [false, false]),
            ("the provider", &provider.anna, [false, true]),
            ("its helpdesk", &helpdesk, [false, true]),
            ("the reseller", &reseller.anna, [true, false]),
        ] {
            let answer = check(&world, who, p, r).await;
            let ids: Vec<_> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
            assert_eq!(ids, ["provider.active", "grant.delegated-admin"], "{case}");
            let found: Vec<bool> = answer.blockers.iter().map(is_opaque).collect();
            assert_eq!(found, opaque, "{case} on {}", world.engine);
        }
        let mut answers = Vec::new();
        for (case, who, provider, reseller) in [
            ("a strange provider", &stranger.anna, p, r),
            ("a strange reseller", &far.anna, p, r),
            ("a stranger of one", &provider.anna, p, far.partner.as_str()),
            ("an unknown provider", &reseller.anna, UNKNOWN, r),
            ("an unknown reseller", &provider.anna, p, UNKNOWN),
            ("kinds swapped", &provider.anna, r, p),
            ("oneself", &provider.anna, p, p),
            ("unknown to the platform", &order_system, p, UNKNOWN),
        ] {
            let mut answer = check(&world, who, provider, reseller).await;
            assert!(answer.check_time.take().is_some(), "{case}");
            let ids: Vec<_> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
            assert_eq!(ids, ["relationship.active"], "{case} on {}", world.engine);
            answers.push((case, answer.encode_to_vec()));
        }
        for (case, answer) in &answers {
            assert_eq!(*answer, answers[0].1, "{case} on {}", world.engine);
        }
    })
    .await;
}
