//! Versions take effect at their time, are taken back before it, and may have to be accepted anew.

use api::{
    agreements::v1::{
        AffectedPartner, AgreementVersion, AgreementVersionState, DeclineAgreementRequest,
        ListAgreementsRequest, PreviewPublicationRequest, PublishAgreementVersionRequest,
        WithdrawAgreementVersionRequest,
    },
    enrollment::v1::{AgreementSummary, GetReadinessRequest, ProgrammeStatus},
    types::v1::{AgreementStanding, Goal, Requirement},
};
use chrono::Duration;
use domain::Timestamp;
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation},
    happened, metadata, on_each_engine, reason, unmet,
};
use tonic::Status;

use crate::agreements::{draft, publish};

pub fn wire(time: Timestamp) -> Option<prost_types::Timestamp> {
    Some(api::time(time.timestamp(), time.timestamp_subsec_nanos()))
}

pub fn days(n: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds: n * 86_400, nanos: 0 })
}

/// The publisher, signed in anew: time passes.
pub async fn publisher(world: &World) -> Persona {
    world.session(&world.staff().await.publisher.sign_in_name).await
}

/// Publishes with a time, a grace period, both or none.
pub async fn publish_with(
    world: &World,
    name: &str,
    at: Option<Timestamp>,
    grace_period: Option<prost_types::Duration>,
) -> Result<AgreementVersion, Status> {
    let request = PublishAgreementVersionRequest {
        name: name.to_owned(),
        effective_time: at.and_then(wire),
        grace_period,
        ..Default::default()
    };
    let asked = publisher(world).await.asks(request);
    let answer = world.agreements().publish_agreement_version(asked).await?;
    Ok(answer.into_inner().agreement_version.unwrap())
}

pub async fn withdraw(world: &World, name: &str, etag: &str) -> Result<AgreementVersion, Status> {
    let (name, etag) = (name.to_owned(), etag.to_owned());
    let request = WithdrawAgreementVersionRequest { name, etag, ..Default::default() };
    let asked = publisher(world).await.asks(request);
    let answer = world.agreements().withdraw_agreement_version(asked).await?;
    Ok(answer.into_inner().agreement_version.unwrap())
}

pub async fn decline(world: &World, who: &Persona, name: &str) -> Result<(), Status> {
    let request = DeclineAgreementRequest { name: name.to_owned(), ..Default::default() };
    world.agreements().decline_agreement(who.asks(request)).await.map(drop)
}

async fn preview(
    world: &World,
    name: &str,
    grace_period: Option<prost_types::Duration>,
    page_size: i32,
) -> Result<Vec<AffectedPartner>, Status> {
    let publisher = publisher(world).await;
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..20 {
        let name = name.to_owned();
        let request = PreviewPublicationRequest { name, grace_period, page_size, page_token };
        let asked = publisher.asks(request);
        let answer = world.agreements().preview_publication(asked).await?.into_inner();
        all.extend(answer.affected_partners);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return Ok(all);
        }
    }
    panic!("the list does not end");
}

/// The state of a version, as its publisher reads it.
pub async fn state_of(world: &World, name: &str) -> AgreementVersionState {
    let asked = publisher(world).await.asks(ListAgreementsRequest::default());
    let found = world.agreements().list_agreements(asked).await.unwrap().into_inner();
    let mut versions = found.agreements.into_iter().flat_map(|it| it.versions);
    versions.find(|it| it.name == name).unwrap().state()
}

async fn summary(world: &World, firm: &Firm) -> (ProgrammeStatus, AgreementSummary) {
    let partner = world.partner_as(&firm.anna, &firm.partner).await.unwrap();
    (partner.programme_status(), partner.agreement.unwrap_or_default())
}

/// What readiness says of the acceptance.
async fn acceptance(world: &World, firm: &Firm) -> Option<Requirement> {
    let request = GetReadinessRequest {
        goal: Goal::BecomeActive.into(),
        partner: firm.partner.clone(),
        ..Default::default()
    };
    let asked = firm.anna.asks(request);
    let found = world.enrollment().get_readiness(asked).await.unwrap().into_inner();
    found.requirements.into_iter().find(|it| it.id == "agreement.accepted")
}

/// One whose ledger is the platform's.
async fn operator(world: &World) -> Persona {
    world.session(&world.staff().await.operator.sign_in_name).await
}

async fn n_events(world: &World, who: &Persona, name: &str) -> usize {
    world.ledger(who).await.iter().filter(|it| happened(it) == name).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_a_scheduled_version_takes_effect_at_its_time_written_down_or_not() {
    on_each_engine(async |world| {
        let publisher_then = publisher(&world).await;
        let first = world.version_in_force(&publisher_then, "reseller").await.name;
        let made = draft(&world, "reseller", b"new terms").await;
        let now = world.clock.now();
        let at = now + Duration::days(10);
        for (case, time) in [
            ("now", now),
            ("past", now - Duration::days(1)),
            ("too far", now + Duration::days(732)),
        ] {
            let err = publish_with(&world, &made.name, Some(time), None).await.unwrap_err();
            assert_eq!(reason(&err), "EFFECTIVE_TIME_INVALID", "{case} on {}", world.engine);
        }
        let scheduled = publish_with(&world, &made.name, Some(at), None).await.unwrap();
        assert_eq!(scheduled.state(), AgreementVersionState::Scheduled, "{}", world.engine);
        assert_eq!(scheduled.effective_time, wire(at), "{}", world.engine);
        let other = draft(&world, "reseller", b"other terms").await;
        let err = publish_with(&world, &other.name, Some(at), None).await.unwrap_err();
        assert_eq!(reason(&err), "EFFECTIVE_TIME_INVALID", "{}", world.engine);

        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let seen = async || [state_of(&world, &first).await, state_of(&world, &made.name).await];
        use AgreementVersionState::{Effective, Scheduled, Superseded};
        world.clock.advance(Duration::days(10) - Duration::microseconds(1));
        world.deliver().await;
        assert_eq!(seen().await, [Effective, Scheduled], "{}", world.engine);
        world.clock.advance(Duration::microseconds(1));
        let operator = operator(&world).await;
        let written = n_events(&world, &operator, "AgreementVersionPublished").await;
        assert_eq!(seen().await, [Superseded, Effective], "{}", world.engine);
        let firm = back(&world, &firm).await;
        let request = world.signature(&firm).await;
        assert_eq!(request.name, made.name, "unwritten, on {}", world.engine);
        world.agreements().accept_agreement(firm.anna.asks(request)).await.unwrap();
        // Time writes it down once, whoever comes second finds it done.
        world.deliver().await;
        world.deliver().await;
        assert_eq!(seen().await, [Superseded, Effective], "{}", world.engine);
        let n = n_events(&world, &operator, "AgreementVersionPublished").await;
        assert_eq!(n, written + 1, "{}", world.engine);
        let (status, agreement) = summary(&world, &firm).await;
        assert_eq!(status, ProgrammeStatus::Active, "{}", world.engine);
        assert_eq!(agreement.standing(), AgreementStanding::Accepted, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_takes_effect_before_the_next_publication_and_is_not_taken_back() {
    on_each_engine(async |world| {
        let due = draft(&world, "provider", b"due").await;
        let next = draft(&world, "provider", b"next").await;
        let late = draft(&world, "provider", b"late").await;
        let at = |days| Some(world.clock.now() + Duration::days(days));
        publish_with(&world, &due.name, at(1), None).await.unwrap();
        let ahead = publish_with(&world, &late.name, at(3), None).await.unwrap();
        world.clock.advance(Duration::days(2));
        let err = withdraw(&world, &due.name, "").await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(metadata(&err, "currentState"), "EFFECTIVE", "{}", world.engine);
        publish_with(&world, &next.name, None, None).await.unwrap();
        let err = withdraw(&world, &late.name, "9").await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{}", world.engine);
        let taken = withdraw(&world, &late.name, &ahead.etag).await.unwrap();
        assert_eq!(taken.state(), AgreementVersionState::Withdrawn, "{}", world.engine);
        world.clock.advance(Duration::days(2));
        world.deliver().await;
        let publisher = publisher(&world).await;
        let in_force = world.version_in_force(&publisher, "provider").await.name;
        assert_eq!(in_force, next.name, "{}", world.engine);
        let ledger = world.ledger(&operator(&world).await).await;
        let names = ledger.iter().map(happened).filter(|it| it.starts_with("AgreementVersion"));
        let expected = [
            "AgreementVersionWithdrawn",
            "AgreementVersionPublished",
            "AgreementVersionPublished",
            "AgreementVersionScheduled",
        ];
        assert_eq!(names.take(4).collect::<Vec<_>>(), expected, "{}", world.engine);
    })
    .await;
}

/// Signs in again, because time has passed.
async fn back(world: &World, firm: &Firm) -> Firm {
    Firm { anna: world.session(&firm.anna.sign_in_name).await, ..firm.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_who_has_to_accept_anew_is_told_until_when_and_does_no_new_business_after_it() {
    on_each_engine(async |world| {
        let early = world.provider("early", "ES", Stage::Active).await;
        let late = world.provider("late", "ES", Stage::Active).await;
        let untouched = world.reseller("untouched", "ES", Stage::Active).await;
        let made = draft(&world, "provider", b"new terms").await;
        for (case, grace) in
            [("29 days", days(29)), ("a year and more", days(367)), ("backwards", days(-30))]
        {
            let err = publish_with(&world, &made.name, None, grace).await.unwrap_err();
            assert_eq!(reason(&err), "GRACE_PERIOD_INVALID", "{case} on {}", world.engine);
            assert_eq!(metadata(&err, "leastDays"), "30", "{case} on {}", world.engine);
        }
        let customers = draft(&world, "customer", b"new terms").await;
        let err = publish_with(&world, &customers.name, None, days(30)).await.unwrap_err();
        assert_eq!(reason(&err), "GRACE_PERIOD_INVALID", "{}", world.engine);
        let end = world.clock.now() + Duration::days(30);
        let published = publish_with(&world, &made.name, None, days(30)).await.unwrap();
        assert_eq!(published.grace_end_time, wire(end), "{}", world.engine);

        world.deliver().await;
        world.deliver().await;
        let mailed = async |firm: &Firm| -> Vec<String> {
            let mails = world.mailbox().list().unwrap().into_iter();
            let to = mails.filter(|it| it.to == firm.anna_mail()).map(|it| it.text);
            to.filter(|it| it.contains("contrato de socio") && it.contains("UTC")).collect()
        };
        for firm in [&early, &late] {
            let told = mailed(firm).await;
            assert_eq!(told.len(), 1, "{told:?} on {}", world.engine);
            assert!(told[0].contains("2026-12-24 09:00 UTC"), "{told:?} on {}", world.engine);
            let due = n_events(&world, &firm.anna, "AgreementReacceptanceDue").await;
            assert_eq!(due, 1, "{}", world.engine);
            let (status, agreement) = summary(&world, firm).await;
            assert_eq!(status, ProgrammeStatus::Active, "{}", world.engine);
            assert_eq!(agreement.standing(), AgreementStanding::ReacceptDue, "{}", world.engine);
            assert_eq!(agreement.reaccept_by_time, wire(end), "{}", world.engine);
            let asked = acceptance(&world, firm).await.unwrap();
            assert!(!asked.blocking && !asked.overdue, "{}", world.engine);
            assert_eq!(asked.expected_by_time, wire(end), "{}", world.engine);
        }
        assert!(acceptance(&world, &untouched).await.is_none(), "{}", world.engine);
        assert!(mailed(&untouched).await.is_empty(), "{}", world.engine);
        let invite = invitation("a@nube.example");
        world.relationships().create_invitation(late.anna.asks(invite)).await.unwrap();
        world.sign(&early).await;
        assert!(acceptance(&world, &early).await.is_none(), "{}", world.engine);

        world.clock.advance(Duration::days(30) - Duration::microseconds(1));
        let late = back(&world, &late).await;
        assert_eq!(summary(&world, &late).await.0, ProgrammeStatus::Active, "{}", world.engine);
        world.clock.advance(Duration::microseconds(1));
        let early = back(&world, &early).await;
        for written in [false, true] {
            let (status, agreement) = summary(&world, &late).await;
            assert_eq!(status, ProgrammeStatus::Qualified, "{written} on {}", world.engine);
            assert_eq!(agreement.standing(), AgreementStanding::Lapsed, "{}", world.engine);
            let asked = acceptance(&world, &late).await.unwrap();
            assert!(asked.blocking && asked.overdue, "{}", world.engine);
            assert_eq!(asked.problems, ["AGREEMENT_LAPSED"], "{}", world.engine);
            let invite = invitation("b@nube.example");
            let refused = world.relationships().create_invitation(late.anna.asks(invite)).await;
            assert_eq!(unmet(&refused.unwrap_err()), ["agreement.accepted"], "{}", world.engine);
            assert_eq!(summary(&world, &early).await.0, ProgrammeStatus::Active);
            let n = n_events(&world, &late.anna, "AgreementLapsed").await;
            assert_eq!(n, usize::from(written), "{}", world.engine);
            world.deliver().await;
            world.deliver().await;
        }
        assert_eq!(n_events(&world, &early.anna, "AgreementLapsed").await, 0, "{}", world.engine);
        let lapsed = world.ledger(&late.anna).await;
        let lapsed = lapsed.iter().find(|it| happened(it) == "AgreementLapsed").unwrap();
        let changes = &lapsed.event.as_ref().unwrap().changes;
        let changed: Vec<_> =
            changes.iter().map(|it| (it.before.as_str(), it.after.as_str())).collect();
        assert_eq!(changed, [("REACCEPT_DUE", "LAPSED"), ("ACTIVE", "QUALIFIED")]);

        assert_eq!(mailed(&late).await.len(), 2, "{}", world.engine);
        assert_eq!(mailed(&early).await.len(), 1, "{}", world.engine);
        // Signing brings it back, and makes nobody an admin agent a second time (U2).
        let request = world.signature(&late).await;
        let signed = world.agreements().accept_agreement(late.anna.asks(request)).await.unwrap();
        let signed = signed.into_inner();
        assert!(signed.active && signed.new_admin_agents.is_empty(), "{}", world.engine);
        let (status, agreement) = summary(&world, &late).await;
        assert_eq!(status, ProgrammeStatus::Active, "{}", world.engine);
        assert_eq!(agreement.standing(), AgreementStanding::Accepted, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lapsed_unwritten_is_written_down_by_the_signature_that_ends_it() {
    on_each_engine(async |world| {
        let firm = world.reseller("late", "ES", Stage::Active).await;
        let made = draft(&world, "reseller", b"new terms").await;
        publish_with(&world, &made.name, None, days(30)).await.unwrap();
        world.clock.advance(Duration::days(30));
        let firm = back(&world, &firm).await;
        world.sign(&firm).await;
        world.deliver().await;
        let ledger = world.ledger(&firm.anna).await;
        let told: Vec<_> = ledger
            .iter()
            .filter(|it| ["AgreementAccepted", "AgreementLapsed"].contains(&happened(it)))
            .take(2)
            .map(|it| {
                let changes = &it.event.as_ref().unwrap().changes;
                (happened(it), changes.iter().map(|it| it.after.as_str()).collect::<Vec<_>>())
            })
            .collect();
        let expected = [
            ("AgreementAccepted", vec!["ACCEPTED", "ACTIVE"]),
            ("AgreementLapsed", vec!["LAPSED", "QUALIFIED"]),
        ];
        assert_eq!(told, expected, "{}", world.engine);
        assert_eq!(n_events(&world, &firm.anna, "AgreementLapsed").await, 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_versions_that_are_published_at_once_one_is_in_force() {
    on_each_engine(async |world| {
        let mut made = Vec::new();
        for n in 0..8_u8 {
            made.push(draft(&world, "provider", &[b't', n]).await.name);
        }
        let publisher = publisher(&world).await;
        let tries: Vec<_> = made
            .iter()
            .map(|name| {
                let request =
                    PublishAgreementVersionRequest { name: name.clone(), ..Default::default() };
                let (mut client, asked) = (world.agreements(), publisher.asks(request));
                tokio::spawn(async move { client.publish_agreement_version(asked).await })
            })
            .collect();
        let mut n_published = 0;
        for it in tries {
            match it.await.unwrap() {
                Ok(_) => n_published += 1,
                // Who lost the race too often may come again.
                Err(err) => assert_eq!(reason(&err), "CONTENTION", "{}", world.engine),
            }
        }
        let mut states = Vec::new();
        for name in &made {
            states.push(state_of(&world, name).await);
        }
        let n = |state| states.iter().filter(|it| **it == state).count();
        assert_eq!(n(AgreementVersionState::Effective), 1, "{states:?} on {}", world.engine);
        assert_eq!(n(AgreementVersionState::Superseded), n_published - 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_lapses_are_written_down_in_turns_and_each_once() {
    let world = World::sqlite().await;
    let firm = world.reseller("many", "ES", Stage::Active).await;
    world.crowd_of_partners(&firm, 230).await;
    let made = draft(&world, "reseller", b"new terms").await;
    publish_with(&world, &made.name, None, days(30)).await.unwrap();
    assert_eq!(world.n_standing().await, 231);
    world.clock.advance(Duration::days(31));
    world.deliver().await;
    assert_eq!(world.n_standing().await, 0);
    let firm = back(&world, &firm).await;
    assert_eq!(n_events(&world, &firm.anna, "AgreementLapsed").await, 1);
    world.proof().hold().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_a_global_admin_declines_what_is_in_force_and_may_still_accept_it() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let old = world.version_in_force(&firm.anna, "reseller").await.name;
        let providers = world.version_in_force(&world.staff().await.publisher, "provider").await;
        let made = draft(&world, "reseller", b"new terms").await;
        for (name, why) in
            [(&made.name, "AGREEMENT_NOT_EFFECTIVE"), (&providers.name, "RESOURCE_NOT_FOUND")]
        {
            let err = decline(&world, &firm.anna, name).await.unwrap_err();
            assert_eq!(reason(&err), why, "{}", world.engine);
        }
        for _ in 0..2 {
            decline(&world, &firm.anna, &old).await.unwrap();
            let (status, agreement) = summary(&world, &firm).await;
            assert_eq!(status, ProgrammeStatus::Qualified, "{}", world.engine);
            assert_eq!(agreement.standing(), AgreementStanding::Declined, "{}", world.engine);
            assert_eq!(agreement.version, "", "{}", world.engine);
        }
        publish(&world, &made.name, "").await.unwrap();
        let (_, agreement) = summary(&world, &firm).await;
        assert_eq!(agreement, AgreementSummary::default(), "a new one, on {}", world.engine);
        let err = decline(&world, &firm.anna, &old).await.unwrap_err();
        assert_eq!(reason(&err), "AGREEMENT_VERSION_SUPERSEDED", "{}", world.engine);
        decline(&world, &firm.anna, &made.name).await.unwrap();
        world.sign(&firm).await;
        let err = decline(&world, &firm.anna, &made.name).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(metadata(&err, "currentState"), "ACCEPTED", "{}", world.engine);
        assert_eq!(n_events(&world, &firm.anna, "AgreementDeclined").await, 3, "{}", world.engine);
        // A suspended partner may still say no (E16).
        let other = world.reseller("other", "ES", Stage::Approved).await;
        world.suspend(&other.partner, Some("audit")).await;
        decline(&world, &other.anna, &made.name).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a6_a_publisher_sees_beforehand_whose_standing_would_change() {
    on_each_engine(async |world| {
        let mut signed = Vec::new();
        for _ in 0..3 {
            signed.push(world.reseller("signed", "ES", Stage::Active).await.partner);
        }
        let no = world.reseller("no", "ES", Stage::Tied).await;
        let in_force = world.version_in_force(&no.anna, "reseller").await.name;
        decline(&world, &no.anna, &in_force).await.unwrap();
        world.reseller("silent", "ES", Stage::Tied).await;
        world.provider("other", "ES", Stage::Active).await;
        let made = draft(&world, "reseller", b"new terms").await;
        let names = |found: &[AffectedPartner]| -> Vec<String> {
            found.iter().map(|it| it.partner.clone()).collect()
        };
        let without = preview(&world, &made.name, None, 1).await.unwrap();
        assert_eq!(names(&without), [no.partner.as_str()], "{}", world.engine);
        let pair = (without[0].standing(), without[0].standing_after());
        let expected = (AgreementStanding::Declined, AgreementStanding::None);
        assert_eq!(pair, expected, "{}", world.engine);
        let with = preview(&world, &made.name, days(30), 2).await.unwrap();
        let all: Vec<String> = signed.iter().chain([&no.partner]).cloned().collect();
        assert_eq!(names(&with), all, "{}", world.engine);
        let pair = (with[0].standing(), with[0].standing_after());
        let expected = (AgreementStanding::Accepted, AgreementStanding::ReacceptDue);
        assert_eq!(pair, expected, "{}", world.engine);

        let at = world.clock.now() + Duration::days(1);
        publish_with(&world, &made.name, Some(at), days(40)).await.unwrap();
        let scheduled = preview(&world, &made.name, None, 0).await.unwrap();
        assert_eq!(names(&scheduled), all, "its own grace period, on {}", world.engine);
        let err = preview(&world, &in_force, None, 0).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        let err = preview(&world, &made.name, days(1), 0).await.unwrap_err();
        assert_eq!(reason(&err), "GRACE_PERIOD_INVALID", "{}", world.engine);
        let customers = draft(&world, "customer", b"new terms").await;
        let none = preview(&world, &customers.name, None, 0).await.unwrap();
        assert!(none.is_empty(), "{none:?} on {}", world.engine);

        // What happens is what was shown.
        world.clock.advance(Duration::days(1));
        let publisher = publisher(&world).await;
        let next = {
            let request = api::agreements::v1::CreateAgreementVersionRequest {
                parent: "agreements/reseller".to_owned(),
                display_name: "next".to_owned(),
                documents: vec![crate::agreements::document("en", "text/markdown", b"next")],
                ..Default::default()
            };
            let asked = publisher.asks(request);
            let made = world.agreements().create_agreement_version(asked).await.unwrap();
            made.into_inner().agreement_version.unwrap().name
        };
        let request = PreviewPublicationRequest {
            name: next,
            grace_period: days(30),
            ..PreviewPublicationRequest::default()
        };
        let asked = publisher.asks(request);
        let left = world.agreements().preview_publication(asked).await.unwrap().into_inner();
        assert!(left.affected_partners.is_empty(), "{left:?} on {}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_agreements_are_listed_for_whom_they_are_page_by_page() {
    on_each_engine(async |world| {
        let reseller = world.reseller("diagonal", "ES", Stage::Draft).await.anna;
        let stranger = world.company("zbinden", "CH").await;
        let publisher = &world.staff().await.publisher;
        for (who, expected) in [
            (&reseller, vec!["agreements/customer", "agreements/reseller"]),
            (&stranger, vec!["agreements/customer"]),
            (publisher, vec!["agreements/customer", "agreements/provider", "agreements/reseller"]),
        ] {
            let (mut found, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = ListAgreementsRequest { page_size: 1, page_token };
                let answer = world.agreements().list_agreements(who.asks(request)).await.unwrap();
                let answer = answer.into_inner();
                assert_eq!(answer.agreements.len(), 1, "{}", world.engine);
                found.extend(answer.agreements.into_iter().map(|it| it.name));
                page_token = answer.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(found, expected, "{}", world.engine);
        }
    })
    .await;
}
