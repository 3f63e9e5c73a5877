//! A reseller makes a provider its own, and both see it.

use api::{
    enrollment::v1::{GetPartnerRequest, ProgrammeStatus},
    relationships::v1::{
        AcceptInvitationRequest, DeclineCustomerInvitationRequest, DeclineInvitationRequest,
        GetRelationshipRequest, GrantType, ListRelationshipsRequest, Relationship,
        RelationshipState,
    },
    types::v1::{ActorKind, Consent, Turn},
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Stage, customer_invitation, invitation, yes},
    metadata, on_each_engine, reason, requirements, unmet, without_call,
};
use tonic::{Code, Status};

use crate::{
    grants::revoke,
    invitations::{acceptance, invite, named, only, preview},
};

pub async fn accept(
    world: &World,
    who: &Persona,
    request: AcceptInvitationRequest,
) -> Result<Relationship, Status> {
    let answer = world.relationships().accept_invitation(who.asks(request)).await?;
    Ok(answer.into_inner().relationship.unwrap_or_default())
}

pub async fn relationships(world: &World, who: &Persona) -> Vec<Relationship> {
    let asked = who.asks(ListRelationshipsRequest::default());
    let answer = world.relationships().list_relationships(asked).await.unwrap();
    answer.into_inner().relationships
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_an_acceptance_is_refused_for_each_reason_and_the_link_stays_good() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        let secret = world.invite(&provider, &reseller).await;
        world.connect(&provider, &other).await;
        let mailed = world.invite_customer(&other, &provider, "beat@bluewin.example").await;
        let third = world.reseller("ribera", "ES", Stage::Active).await;

        let good = acceptance(&secret);
        let saying = |consent: Option<Consent>| AcceptInvitationRequest { consent, ..good.clone() };
        let no = Consent { given: false, ..yes(consent::PROVIDER).unwrap() };
        for (case, who, request, why) in [
            ("a no", &reseller, saying(Some(no)), "CONSENT_REQUIRED"),
            ("silence", &reseller, saying(None), "CONSENT_REQUIRED"),
            ("another text", &reseller, saying(yes(consent::AGREEMENT)), "CONSENT_REQUIRED"),
            ("a random secret", &reseller, acceptance("made-up"), "LINK_INVALID"),
            ("a customer's secret", &reseller, acceptance(&mailed), "LINK_INVALID"),
            ("a forwarded mail", &third, good.clone(), "REQUIREMENTS_NOT_MET"),
            ("the provider", &provider, good.clone(), "ROLE_MISSING"),
        ] {
            let err = accept(&world, &who.anna, request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{case} on {}", world.engine);
            if why == "REQUIREMENTS_NOT_MET" {
                assert_eq!(unmet(&err), ["invitation.addressee"], "{case} on {}", world.engine);
            }
        }
        let agent = world.colleague(&reseller.anna, "berta", &[Role::AdminAgent]).await;
        let err = accept(&world, &agent, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
        world.clock.advance(Duration::seconds(900) + Duration::microseconds(1));
        let err = accept(&world, &reseller.anna, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);

        let anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let plan = AcceptInvitationRequest { validate_only: true, ..good.clone() };
        accept(&world, &anna, plan).await.unwrap();
        let opened = only(&world.ledger(&anna).await, "RelationshipOpened").len();
        assert_eq!(opened, 0, "{}", world.engine);
        let request_id = "0d0f5a52-6a4a-4a6b-8a4f-4e5b7a4dd1c0".to_owned();
        let good = AcceptInvitationRequest { request_id, ..good };
        let made = accept(&world, &anna, good.clone()).await.unwrap();
        assert_eq!(made.state(), RelationshipState::Active, "{}", world.engine);
        assert!(made.grants.len() == 2 && made.grants.iter().all(|it| it.live), "{made:?}");
        let again = world.relationships().accept_invitation(anna.asks(good)).await.unwrap();
        assert!(again.metadata().get("idempotency-replayed").is_some(), "{}", world.engine);
        assert_eq!(again.into_inner().relationship.unwrap(), made, "{}", world.engine);
        for err in [
            accept(&world, &anna, acceptance(&secret)).await.unwrap_err(),
            preview(&world, &secret).await.unwrap_err(),
        ] {
            assert_eq!(reason(&err), "LINK_USED", "{}", world.engine);
        }
        // Who is connected is not invited again, and whoever else's link it holds finds it connected.
        let asked = world.sign_in(&provider.anna.sign_in_name).await;
        let again = invitation(&reseller.contact());
        let err = invite(&world, &asked, again).await.unwrap_err();
        assert_eq!(reason(&err), "RELATIONSHIP_ALREADY_EXISTS", "{}", world.engine);
        assert_eq!(metadata(&err, "relationship"), made.name, "{}", world.engine);
        invite(&world, &asked, invitation("lola@nube.example")).await.unwrap();
        let secret = world.secret_to("lola@nube.example").await;
        let err = accept(&world, &anna, acceptance(&secret)).await.unwrap_err();
        assert_eq!(reason(&err), "RELATIONSHIP_ALREADY_EXISTS", "{}", world.engine);
        assert_eq!(metadata(&err, "relationship"), made.name, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_who_is_named_by_partner_id_alone_accepts_and_other_invitations_to_it_end() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        let first = invite(&world, &provider.anna, named("lola@gmail.com", &reseller)).await;
        let first = first.unwrap();
        let other_secret = world.secret_to("lola@gmail.com").await;
        // Addressed to the other company's own contact, yet it names this one.
        let request = named(&other.contact(), &reseller);
        invite(&world, &provider.anna, request).await.unwrap();
        let secret = world.secret_to(&other.contact()).await;
        let err = accept(&world, &other.anna, acceptance(&secret)).await.unwrap_err();
        assert_eq!(unmet(&err), ["invitation.addressee"], "{}", world.engine);
        accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap();

        for err in [
            accept(&world, &reseller.anna, acceptance(&other_secret)).await.unwrap_err(),
            preview(&world, &other_secret).await.unwrap_err(),
        ] {
            assert_eq!(reason(&err), "LINK_VOID", "{}", world.engine);
        }
        let ledger = world.ledger(&provider.anna).await;
        let cancelled = only(&ledger, "InvitationCancelled");
        assert_eq!(cancelled.len(), 1, "{}", world.engine);
        let actor = cancelled[0].actor.as_ref().unwrap();
        assert_eq!(actor.kind(), ActorKind::System, "{}", world.engine);
        let event = cancelled[0].event.as_ref().unwrap();
        assert_eq!(event.subject, first.name, "{}", world.engine);
        assert_eq!(event.changes[0].after, "CANCELLED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r5_both_sides_must_be_ready_and_in_one_market_region() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        for region_code in ["MX", "US"] {
            let far = world.reseller("lejos", region_code, Stage::Active).await;
            let secret = world.invite(&provider, &far).await;
            let err = accept(&world, &far.anna, acceptance(&secret)).await.unwrap_err();
            assert_eq!(unmet(&err), ["market.same-region"], "{region_code} on {}", world.engine);
            assert!(requirements(&err)[0].permanent, "{region_code} on {}", world.engine);
        }
        let reseller = world.reseller("diagonal", "DE", Stage::Tied).await;
        let secret = world.invite(&provider, &reseller).await;
        let err = accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap_err();
        assert_eq!(unmet(&err), ["agreement.accepted"], "{}", world.engine);
        let own = &requirements(&err)[0];
        assert_eq!(own.turn(), Turn::Applicant, "{}", world.engine);
        assert!(own.cure.as_ref().unwrap().rpc.ends_with("/AcceptAgreement"), "{}", world.engine);
        world.sign(&reseller).await;

        world.suspend(&provider.partner, Some("UNPAID")).await;
        let err = accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap_err();
        assert_eq!(unmet(&err), ["provider.active"], "{}", world.engine);
        let theirs = &requirements(&err)[0];
        assert_eq!(theirs.turn(), Turn::Provider, "{}", world.engine);
        let is_opaque = theirs.cure.is_none() && theirs.problems.is_empty() && !theirs.permanent;
        assert!(is_opaque && theirs.alternatives.is_empty(), "{theirs:?} on {}", world.engine);

        world.suspend(&provider.partner, None).await;
        accept(&world, &reseller.anna, acceptance(&secret)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_of_64_acceptances_of_one_link_one_wins() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let secret = world.invite(&provider, &reseller).await;
        let tries: Vec<_> = (0..64)
            .map(|_| {
                let asked = reseller.anna.asks(acceptance(&secret));
                let mut client = world.relationships();
                tokio::spawn(async move { client.accept_invitation(asked).await })
            })
            .collect();
        let mut answers = Vec::new();
        for it in tries {
            answers.push(it.await.unwrap().map_or_else(|err| reason(&err), |_| "OK".to_owned()));
        }
        answers.sort_unstable();
        let mut expected = vec!["LINK_USED"; 63];
        expected.push("OK");
        assert_eq!(answers, expected, "{}", world.engine);
        assert_eq!(relationships(&world, &reseller.anna).await.len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_r12_both_sides_see_each_other_in_summary_and_strangers_see_neither() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.reseller("meseta", "ES", Stage::Active).await;
        let made = world.connect(&provider, &reseller).await;
        for firm in [&provider, &reseller] {
            let found = relationships(&world, &firm.anna).await;
            assert_eq!(found, std::slice::from_ref(&made), "{}", world.engine);
        }
        assert!(relationships(&world, &stranger.anna).await.is_empty(), "{}", world.engine);
        let unknown = "relationships/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let mut answers = Vec::new();
        for name in [made.name.as_str(), unknown] {
            let asked =
                stranger.anna.asks(GetRelationshipRequest { name: name.to_owned(), as_of: None });
            let err = world.relationships().get_relationship(asked).await.unwrap_err();
            let of = revoke(&world, &stranger.anna, name, GrantType::OrderOnBehalf).await;
            answers.push((without_call(&err), without_call(&of.unwrap_err())));
        }
        assert_eq!(answers[0], answers[1], "{}", world.engine);

        // By a colleague who administers nobody there (R6).
        let helpdesk = world.colleague(&provider.anna, "help", &[Role::HelpdeskAgent]).await;
        for (who, whom) in [(&helpdesk, &reseller), (&reseller.anna, &provider)] {
            let asked = who.asks(GetPartnerRequest { name: whom.partner.clone() });
            let seen = world.enrollment().get_partner(asked).await.unwrap().into_inner();
            let seen = seen.partner.unwrap();
            assert_eq!(seen.partner_id, whom.number, "{}", world.engine);
            assert!(seen.active && !seen.legal_name.is_empty(), "{}", world.engine);
            let status = seen.programme_status();
            assert_eq!(status, ProgrammeStatus::Unspecified, "{}", world.engine);
            let inner = (&seen.company, &seen.etag, &seen.agreement, &seen.create_time);
            assert_eq!(inner, (&String::new(), &String::new(), &None, &None), "{}", world.engine);
        }
        for whom in [&provider, &reseller] {
            let asked = stranger.anna.asks(GetPartnerRequest { name: whom.partner.clone() });
            let err = world.enrollment().get_partner(asked).await.unwrap_err();
            assert_eq!(err.code(), Code::NotFound, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_of_an_invitation_is_its_companys_once_who_sent_it_has_left() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        // A machine goes on when the person who made it has left.
        let berta = world.colleague(&provider.anna, "berta", &[Role::AdminAgent]).await;
        let machine = world.signed(&world.machine(&berta, &[Role::AdminAgent]).await);
        let mut secrets = Vec::new();
        for firm in [&reseller, &other] {
            let asked = machine.asks(invitation(&firm.contact()));
            world.relationships().create_invitation(asked).await.unwrap();
            secrets.push(world.secret_to(&firm.contact()).await);
        }
        let clara = world.colleague(&reseller.anna, "clara", &[Role::AdminAgent]).await;
        world.remove(&provider.anna, &berta.user).await.unwrap();
        let mails = async |to: &str| world.subjects_to(to).await.len();
        let heard = async || {
            let (ours, theirs) = (provider.anna_mail(), reseller.anna_mail());
            (mails(&ours).await, mails(&theirs).await)
        };
        let before = heard().await;
        world.accept(&reseller, &secrets[0]).await;
        let link_secret = secrets[1].clone();
        let request = DeclineInvitationRequest { link_secret, ..Default::default() };
        world.relationships().decline_invitation(other.anna.asks(request)).await.unwrap();

        for (email, is_yes) in [("a@bluewin.example", true), ("b@bluewin.example", false)] {
            let clara = world.sign_in(&clara.sign_in_name).await;
            let asked = clara.asks(customer_invitation(&provider, email));
            world.relationships().create_customer_invitation(asked).await.unwrap();
            let link_secret = world.secret_to(email).await;
            world.shut_out(&reseller.anna, &clara.user).await.unwrap();
            if is_yes {
                let customer = world.company("customer", "ES").await;
                let asked = customer.asks(crate::customers::acceptance(&link_secret));
                world.relationships().accept_customer_invitation(asked).await.unwrap();
            } else {
                let request =
                    DeclineCustomerInvitationRequest { link_secret, ..Default::default() };
                world.relationships().decline_customer_invitation(request).await.unwrap();
            }
            world.let_in(&reseller.anna, &clara.user).await.unwrap();
        }
        let after = heard().await;
        assert_eq!((after.0 - before.0, after.1 - before.1), (2, 2), "{}", world.engine);
        for gone in [&berta, &clara] {
            assert_eq!(mails(&gone.sign_in_name).await, 0, "{}", world.engine);
        }
    })
    .await;
}
