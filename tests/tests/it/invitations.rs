//! A provider asks a company to make it its provider: what is refused, and when an invitation ends.

use api::{
    changes::v1::AuditEntry,
    relationships::v1::{
        AcceptInvitationRequest, CreateInvitationRequest, DeliveryState, GrantType, Invitation,
        InvitationState, PreviewInvitationRequest, PreviewInvitationResponse,
    },
    types::v1::ActorKind,
};
use chrono::Duration;
use domain::consent;
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation, yes},
    happened, metadata, on_each_engine, reason, unmet,
};
use tonic::Status;

pub async fn invite(
    world: &World,
    who: &Persona,
    request: CreateInvitationRequest,
) -> Result<Invitation, Status> {
    let answer = world.relationships().create_invitation(who.asks(request)).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

pub fn named(email: &str, firm: &Firm) -> CreateInvitationRequest {
    CreateInvitationRequest { partner_id: firm.number.clone(), ..invitation(email) }
}

pub fn acceptance(link_secret: &str) -> AcceptInvitationRequest {
    AcceptInvitationRequest {
        link_secret: link_secret.to_owned(),
        consent: yes(consent::PROVIDER),
        ..AcceptInvitationRequest::default()
    }
}

pub async fn preview(world: &World, secret: &str) -> Result<PreviewInvitationResponse, Status> {
    let request = PreviewInvitationRequest { link_secret: secret.to_owned() };
    Ok(world.relationships().preview_invitation(request).await?.into_inner())
}

/// The entries of this kind.
pub fn only<'a>(ledger: &'a [AuditEntry], name: &str) -> Vec<&'a AuditEntry> {
    ledger.iter().filter(|it| happened(it) == name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_an_invitation_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let connected = world.reseller("meseta", "ES", Stage::Active).await;
        let relationship = world.connect(&provider, &connected).await;
        let first = invite(&world, &provider.anna, invitation("lola@nube.example")).await.unwrap();
        assert_eq!(first.state(), InvitationState::Pending, "{}", world.engine);
        assert_eq!(first.delivery_state(), DeliveryState::Queued, "{}", world.engine);

        let base = invitation("ana@azul.example");
        let saying =
            |message: &str| CreateInvitationRequest { message: message.to_owned(), ..base.clone() };
        let (_, directory) = provider.anna.sign_in_name.split_once('@').unwrap();
        let in_directory = named(&format!("eva@{directory}"), &reseller);
        let past = CreateInvitationRequest {
            grants_expire_time: Some(prost_types::Timestamp { seconds: 1_795_510_800, nanos: 0 }),
            ..base.clone()
        };
        for (request, why) in [
            (saying("ver http://x"), "MESSAGE_NOT_ALLOWED"),
            (saying("escribe a yo@nube.mx"), "MESSAGE_NOT_ALLOWED"),
            (saying("a\u{202e}b"), "FIELD_INVALID"),
            (past, "FIELD_INVALID"),
            (invitation("lola@gmail.com"), "EMAIL_DOMAIN_NOT_ALLOWED"),
            (invitation("x@y.work.pacta.example"), "EMAIL_DOMAIN_NOT_ALLOWED"),
            (invitation(&provider.contact()), "SELF_INVITATION"),
            (named("ana@azul.example", &provider), "SELF_INVITATION"),
            (in_directory, "SELF_INVITATION"),
            (invitation("LOLA@Nube.Example"), "DUPLICATE_INVITATION"),
            (named("ana@azul.example", &connected), "RELATIONSHIP_ALREADY_EXISTS"),
        ] {
            let err = invite(&world, &provider.anna, request.clone()).await.unwrap_err();
            assert_eq!(reason(&err), why, "{request:?} on {}", world.engine);
            match why {
                "DUPLICATE_INVITATION" => assert_eq!(metadata(&err, "invitation"), first.name),
                "RELATIONSHIP_ALREADY_EXISTS" => {
                    assert_eq!(metadata(&err, "relationship"), relationship.name);
                }
                _ => {}
            }
        }
        // With a PartnerID web mail is fine, and an unknown one is answered like a known one.
        let web = CreateInvitationRequest {
            partner_id: "9999999".to_owned(),
            ..invitation("lola@gmail.com")
        };
        for request in
            [named("lola@gmail.com", &reseller), web, named("lola@nube.example", &reseller)]
        {
            let made = invite(&world, &provider.anna, request).await.unwrap();
            assert_eq!(made.state(), InvitationState::Pending, "{}", world.engine);
        }
        let unfinished = world.provider("cierzo", "ES", Stage::Tied).await;
        let err = invite(&world, &unfinished.anna, base).await.unwrap_err();
        assert_eq!(unmet(&err), ["agreement.accepted"], "{}", world.engine);
        let err = invite(&world, &reseller.anna, invitation("a@b.example")).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_an_invitation_past_its_end_makes_room_for_a_new_one() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let request = invitation("lola@nube.example");
        let first = invite(&world, &provider.anna, request.clone()).await.unwrap();
        world.clock.advance(Duration::days(30) - Duration::microseconds(1));
        let anna = world.sign_in(&provider.anna.sign_in_name).await;
        let err = invite(&world, &anna, request.clone()).await.unwrap_err();
        assert_eq!(metadata(&err, "invitation"), first.name, "{}", world.engine);

        world.clock.advance(Duration::microseconds(1));
        let plan = CreateInvitationRequest { validate_only: true, ..request.clone() };
        let plan = world.relationships().create_invitation(anna.asks(plan)).await.unwrap();
        let events = plan.into_inner().plan.unwrap().events;
        assert_eq!(events, ["InvitationExpired", "InvitationCreated"], "{}", world.engine);
        let second = invite(&world, &anna, request).await.unwrap();
        assert_ne!(second.name, first.name, "{}", world.engine);
        // The timer finds nothing left to do.
        world.deliver().await;
        let ledger = world.ledger(&anna).await;
        let expired = only(&ledger, "InvitationExpired");
        assert_eq!(expired.len(), 1, "{}", world.engine);
        assert_eq!(expired[0].event.as_ref().unwrap().subject, first.name, "{}", world.engine);
        let actor = expired[0].actor.as_ref().unwrap();
        assert_eq!(actor.kind(), ActorKind::System, "{}", world.engine);
        let secret = world.secret_to("lola@nube.example").await;
        preview(&world, &secret).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_time_ends_an_invitation_at_its_exact_limit() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let secret = world.invite(&provider, &reseller).await;
        world.clock.advance(Duration::days(30) - Duration::microseconds(1));
        world.deliver().await;
        preview(&world, &secret).await.unwrap();
        for is_written in [false, true] {
            if is_written {
                world.deliver().await;
            } else {
                world.clock.advance(Duration::microseconds(1));
            }
            let case = format!("written: {is_written} on {}", world.engine);
            let err = preview(&world, &secret).await.unwrap_err();
            assert_eq!(reason(&err), "LINK_EXPIRED", "{case}");
            let anna = world.sign_in(&reseller.anna.sign_in_name).await;
            let asked = anna.asks(acceptance(&secret));
            let err = world.relationships().accept_invitation(asked).await.unwrap_err();
            assert_eq!(reason(&err), "LINK_EXPIRED", "{case}");
            let anna = world.sign_in(&provider.anna.sign_in_name).await;
            let ledger = world.ledger(&anna).await;
            let n = only(&ledger, "InvitationExpired").len();
            assert_eq!(n, usize::from(is_written), "{case}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r3_a_preview_shows_what_is_asked_and_changes_nothing() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let end = prost_types::Timestamp { seconds: 1_800_000_000, nanos: 0 };
        let request = CreateInvitationRequest {
            grants_expire_time: Some(end),
            ..invitation(&reseller.contact())
        };
        let made = invite(&world, &provider.anna, request.clone()).await.unwrap();
        let secret = world.secret_to(&reseller.contact()).await;
        let before = (world.ledger(&provider.anna).await, world.ledger(&reseller.anna).await);
        for _ in 0..3 {
            let seen = preview(&world, &secret).await.unwrap();
            let party = seen.provider.unwrap();
            assert_eq!(party.partner, provider.partner, "{}", world.engine);
            assert_eq!(party.region_code, "ES", "{}", world.engine);
            let both: [i32; 2] =
                [GrantType::OrderOnBehalf.into(), GrantType::DelegatedAdmin.into()];
            assert_eq!(seen.grants, both, "{}", world.engine);
            assert_eq!(seen.grants_expire_time, Some(end), "{}", world.engine);
            assert_eq!(seen.expire_time, made.expire_time, "{}", world.engine);
            assert_eq!(seen.message, request.message, "{}", world.engine);
        }
        world.deliver().await;
        let after = (world.ledger(&provider.anna).await, world.ledger(&reseller.anna).await);
        assert_eq!(after, before, "{}", world.engine);
        let err = preview(&world, "nobody-has-mailed-this").await.unwrap_err();
        assert_eq!(reason(&err), "LINK_INVALID", "{}", world.engine);
    })
    .await;
}
