//! A person proves its own mailbox, and may then accept what is sent to it (R4).

use api::{
    relationships::v1::AcceptInvitationRequest,
    users::v1::{
        ConfirmEmailRequest, ConfirmEmailResponse, RequestEmailVerificationRequest,
        UpdateUserRequest,
    },
};
use chrono::Duration;
use domain::consent;
use it::{
    Persona, World,
    cast::{Stage, invitation, yes},
    look::unmet_in,
    on_each_engine, reason,
};
use tonic::Status;

fn why<T>(answer: Result<T, Status>) -> String {
    answer.err().map(|it| reason(&it)).unwrap_or_default()
}

pub async fn request(world: &World, who: &Persona) -> Result<(), Status> {
    let asked = who.asks(RequestEmailVerificationRequest::default());
    world.users().request_email_verification(asked).await.map(drop)
}

async fn confirm(world: &World, secret: &str) -> Result<ConfirmEmailResponse, Status> {
    let link_secret = secret.to_owned();
    let ask = ConfirmEmailRequest { link_secret, ..ConfirmEmailRequest::default() };
    Ok(world.users().confirm_email(ask).await?.into_inner())
}

pub async fn address(world: &World, who: &Persona) -> String {
    world.user(who, &who.user).await.unwrap().email
}

pub async fn move_to(world: &World, who: &Persona, email: &str) {
    let (name, email) = (who.user.clone(), email.to_owned());
    let ask = UpdateUserRequest { name, email, ..UpdateUserRequest::default() };
    world.users().update_user(who.asks(ask)).await.unwrap();
}

/// Makes an address somebody's own, and proves it.
pub async fn prove(world: &World, who: &Persona, email: &str) {
    move_to(world, who, email).await;
    request(world, who).await.unwrap();
    let secret = world.secret_to(email).await;
    confirm(world, &secret).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_is_proven_by_its_newest_link_once_and_for_itself_alone() {
    on_each_engine(async |world| {
        let anna = world.company("donau", "AT").await;
        let own = address(&world, &anna).await;
        request(&world, &anna).await.unwrap();
        let first = world.secret_to(&own).await;
        assert_eq!(why(request(&world, &anna).await), "RESEND_TOO_SOON", "{}", world.engine);
        world.clock.advance(Duration::minutes(10));
        request(&world, &anna).await.unwrap();
        let second = world.secret_to(&own).await;
        assert_eq!(why(confirm(&world, &first).await), "LINK_SUPERSEDED", "{}", world.engine);
        assert_eq!(why(confirm(&world, "made-up").await), "LINK_INVALID", "{}", world.engine);
        assert!(world.stored(&second).await.is_empty(), "{}", world.engine);
        assert_eq!(confirm(&world, &second).await.unwrap().email, own, "{}", world.engine);
        assert_eq!(why(confirm(&world, &second).await), "LINK_USED", "{}", world.engine);
        assert!(world.user(&anna, &anna.user).await.unwrap().email_verify_time.is_some());
        assert_eq!(why(request(&world, &anna).await), "INVALID_STATE_TRANSITION");

        // Another address is nobody's yet, and the link to the one before proves nothing of it.
        move_to(&world, &anna, "anna@elsewhere.example").await;
        assert!(world.user(&anna, &anna.user).await.unwrap().email_verify_time.is_none());
        world.clock.advance(Duration::minutes(10));
        request(&world, &anna).await.unwrap();
        let third = world.secret_to("anna@elsewhere.example").await;
        move_to(&world, &anna, "anna@third.example").await;
        assert_eq!(why(confirm(&world, &third).await), "LINK_VOID", "{}", world.engine);
        for _ in 0..2 {
            world.clock.advance(Duration::minutes(10));
            request(&world, &anna).await.unwrap();
        }
        world.clock.advance(Duration::minutes(10));
        assert_eq!(why(request(&world, &anna).await), "RESEND_LIMIT", "{}", world.engine);
        let last = world.secret_to("anna@third.example").await;
        world.clock.advance(Duration::days(7) - Duration::minutes(10));
        assert_eq!(why(confirm(&world, &last).await), "LINK_EXPIRED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r4_an_invitation_to_ones_own_proven_address_is_ones_to_accept() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let own = "compras@consultora.example";
        let asked = provider.anna.asks(invitation(own));
        world.relationships().create_invitation(asked).await.unwrap();
        let link_secret = world.secret_to(own).await;
        let anna = world.anew(&reseller.anna).await;
        let accept = async |who: &Persona| {
            let request = AcceptInvitationRequest {
                link_secret: link_secret.clone(),
                consent: yes(consent::PROVIDER),
                ..AcceptInvitationRequest::default()
            };
            world.relationships().accept_invitation(who.asks(request)).await
        };
        // Saying that an address is one's own proves nothing.
        move_to(&world, &anna, own).await;
        let err = accept(&anna).await.unwrap_err();
        assert_eq!(unmet_in(&err), ["invitation.addressee"], "{}", world.engine);
        request(&world, &anna).await.unwrap();
        let proof = world.secret_to(own).await;
        // A link of one purpose is unknown at another.
        assert_eq!(why(confirm(&world, &link_secret).await), "LINK_INVALID", "{}", world.engine);
        confirm(&world, &proof).await.unwrap();
        accept(&anna).await.unwrap();
    })
    .await;
}
