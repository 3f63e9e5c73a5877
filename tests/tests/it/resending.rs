//! Invitations after they were sent: read, listed, sent again, taken back, declined.

use api::relationships::v1::{
    CancelCustomerInvitationRequest, CancelInvitationRequest, CustomerInvitation,
    DeclineCustomerInvitationRequest, DeclineInvitationRequest, DeliveryState,
    GetCustomerInvitationRequest, GetInvitationRequest, Invitation, InvitationState,
    ListCustomerInvitationsRequest, ListInvitationsRequest, ResendCustomerInvitationRequest,
    ResendInvitationRequest,
};
use chrono::Duration;
use it::{
    Persona, World,
    cast::{Stage, customer_invitation, invitation},
    on_each_engine, reason, unmet, without_call,
};
use tonic::Status;

use crate::invitations::{acceptance, invite, named, only, preview};

pub async fn get(world: &World, who: &Persona, name: &str) -> Result<Invitation, Status> {
    let ask = GetInvitationRequest { name: name.to_owned() };
    let answer = world.relationships().get_invitation(who.asks(ask)).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

pub async fn list(world: &World, who: &Persona, state: InvitationState) -> Vec<Invitation> {
    let ask = ListInvitationsRequest { state: state.into(), ..Default::default() };
    let answer = world.relationships().list_invitations(who.asks(ask)).await.unwrap();
    answer.into_inner().invitations
}

pub async fn resend(world: &World, who: &Persona, name: &str) -> Result<Invitation, Status> {
    let ask = ResendInvitationRequest { name: name.to_owned(), ..Default::default() };
    let answer = world.relationships().resend_invitation(who.asks(ask)).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

pub async fn cancel(world: &World, who: &Persona, name: &str) -> Result<Invitation, Status> {
    let ask = CancelInvitationRequest { name: name.to_owned(), ..Default::default() };
    let answer = world.relationships().cancel_invitation(who.asks(ask)).await?;
    Ok(answer.into_inner().invitation.unwrap())
}

async fn decline(world: &World, who: &Persona, secret: &str) -> Result<InvitationState, Status> {
    let ask = DeclineInvitationRequest { link_secret: secret.to_owned(), ..Default::default() };
    let answer = world.relationships().decline_invitation(who.asks(ask)).await?;
    Ok(answer.into_inner().state())
}

pub async fn customer_invitations(world: &World, who: &Persona) -> Vec<CustomerInvitation> {
    let ask = ListCustomerInvitationsRequest::default();
    let answer = world.relationships().list_customer_invitations(who.asks(ask)).await.unwrap();
    answer.into_inner().customer_invitations
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_read_by_its_sender_and_by_the_company_that_it_names() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let other_provider = world.provider("wisla", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.reseller("meseta", "ES", Stage::Active).await;
        let to_name = named("ana@azul.example", &reseller);
        let by_name = invite(&world, &provider.anna, to_name).await.unwrap();
        let by_mail =
            invite(&world, &provider.anna, invitation("lola@nube.example")).await.unwrap();
        let engine = world.engine;

        assert_eq!(by_name.delivery_state(), DeliveryState::Queued, "{engine}");
        world.deliver().await;
        let sent = get(&world, &provider.anna, &by_name.name).await.unwrap();
        assert_eq!(sent.delivery_state(), DeliveryState::Sent, "{engine}");
        let got = get(&world, &reseller.anna, &by_name.name).await.unwrap();
        // How its mail fares is the sender's own.
        assert_eq!(got.delivery_state(), DeliveryState::Unspecified, "{engine}");
        assert_eq!(got.email, "ana@azul.example", "{engine}");
        let nowhere = "invitations/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        for who in [&stranger.anna, &other_provider.anna, &reseller.anna] {
            let unknown = get(&world, who, nowhere).await.unwrap_err();
            let foreign = get(&world, who, &by_mail.name).await.unwrap_err();
            assert_eq!(without_call(&foreign), without_call(&unknown), "{engine}");
        }
        let names = |it: Vec<Invitation>| it.into_iter().map(|it| it.name).collect::<Vec<_>>();
        let all = InvitationState::Unspecified;
        let listed = names(list(&world, &provider.anna, all).await);
        assert_eq!(listed, [by_name.name.clone(), by_mail.name.clone()], "{engine}");
        let got = names(list(&world, &reseller.anna, all).await);
        assert_eq!(got, std::slice::from_ref(&by_name.name), "{engine}");
        assert!(list(&world, &stranger.anna, all).await.is_empty(), "{engine}");

        // What one got is not one's own to change.
        world.clock.advance(Duration::days(30));
        let anna = world.sign_in(&provider.anna.sign_in_name).await;
        assert!(list(&world, &anna, InvitationState::Pending).await.is_empty(), "{engine}");
        assert_eq!(list(&world, &anna, InvitationState::Expired).await.len(), 2, "{engine}");
        world.deliver().await;
        assert_eq!(list(&world, &anna, InvitationState::Expired).await.len(), 2, "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_an_invitation_is_sent_again_an_hour_apart_and_five_times() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let made = invite(&world, &provider.anna, invitation(&reseller.contact())).await.unwrap();
        let mut secrets = vec![world.secret_to(&reseller.contact()).await];
        let engine = world.engine;
        let err = resend(&world, &provider.anna, &made.name).await.unwrap_err();
        assert_eq!(reason(&err), "RESEND_TOO_SOON", "{engine}");
        for n in 0..5 {
            world.clock.advance(Duration::hours(1));
            let again = resend(&world, &provider.anna, &made.name).await.unwrap();
            assert!(made.expire_time.unwrap().seconds < again.expire_time.unwrap().seconds);
            assert_eq!(again.delivery_state(), DeliveryState::Queued, "{n} on {engine}");
            let err = resend(&world, &provider.anna, &made.name).await.unwrap_err();
            let why = if n < 4 { "RESEND_TOO_SOON" } else { "RESEND_LIMIT" };
            assert_eq!(reason(&err), why, "{n} on {engine}");
            secrets.push(world.secret_to(&reseller.contact()).await);
        }
        let newest = secrets.pop().unwrap();
        for former in &secrets {
            let err = preview(&world, former).await.unwrap_err();
            assert_eq!(reason(&err), "LINK_SUPERSEDED", "{engine}");
        }
        // The new end counts, not the first one.
        world.clock.advance(Duration::days(29) + Duration::hours(23));
        world.deliver().await;
        preview(&world, &newest).await.unwrap();
        world.clock.advance(Duration::hours(1));
        let err = preview(&world, &newest).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_EXPIRED", "{engine}");
        let anna = world.sign_in(&provider.anna.sign_in_name).await;
        let err = resend(&world, &anna, &made.name).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");

        let other = invite(&world, &anna, invitation("lola@nube.example")).await.unwrap();
        world.clock.advance(Duration::hours(1));
        world.suspend(&provider.partner, Some("audit")).await;
        let err = resend(&world, &anna, &other.name).await.unwrap_err();
        assert_eq!(unmet(&err), ["partner.not-suspended"], "{engine}");
        // Taking back goes on (E16).
        cancel(&world, &anna, &other.name).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_an_invitation_is_taken_back_or_declined_once() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let (contact, engine) = (reseller.contact(), world.engine);
        let first = invite(&world, &provider.anna, invitation(&contact)).await.unwrap();
        let secret = world.secret_to(&contact).await;
        let taken = cancel(&world, &provider.anna, &first.name).await.unwrap();
        assert_eq!(taken.state(), InvitationState::Cancelled, "{engine}");
        assert_eq!(reason(&preview(&world, &secret).await.unwrap_err()), "LINK_VOID", "{engine}");
        assert_eq!(
            reason(&decline(&world, &reseller.anna, &secret).await.unwrap_err()),
            "LINK_VOID",
            "{engine}"
        );
        for act in [
            cancel(&world, &provider.anna, &first.name).await,
            resend(&world, &provider.anna, &first.name).await,
        ] {
            assert_eq!(reason(&act.unwrap_err()), "INVALID_STATE_TRANSITION", "{engine}");
        }

        invite(&world, &provider.anna, invitation(&contact)).await.unwrap();
        let secret = world.secret_to(&contact).await;
        let err = decline(&world, &provider.anna, &secret).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{engine}");
        let said = decline(&world, &reseller.anna, &secret).await.unwrap();
        assert_eq!(said, InvitationState::Declined, "{engine}");
        let mail = world.mail_to(&provider.anna_mail()).await;
        assert!(mail.text.contains(&contact), "{}", mail.text);
        let request = acceptance(&secret);
        let err = world.relationships().accept_invitation(reseller.anna.asks(request)).await;
        assert_eq!(reason(&err.unwrap_err()), "LINK_USED", "{engine}");
        for who in [&provider.anna, &reseller.anna] {
            assert_eq!(only(&world.ledger(who).await, "InvitationDeclined").len(), 1, "{engine}");
        }

        // Seven days' peace, to the second; another address is another matter.
        let again = invitation(&contact);
        let err = invite(&world, &provider.anna, again.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "INVITATION_RECENTLY_DECLINED", "{engine}");
        // Another PartnerID is no other address.
        for firm in [&reseller, &world.reseller("meseta", "ES", Stage::Active).await] {
            let err = invite(&world, &provider.anna, named(&contact, firm)).await.unwrap_err();
            assert_eq!(reason(&err), "INVITATION_RECENTLY_DECLINED", "{engine}");
        }
        invite(&world, &provider.anna, invitation("lola@nube.example")).await.unwrap();
        world.clock.advance(Duration::days(7) - Duration::microseconds(1));
        let anna = world.sign_in(&provider.anna.sign_in_name).await;
        let err = invite(&world, &anna, again.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "INVITATION_RECENTLY_DECLINED", "{engine}");
        world.clock.advance(Duration::microseconds(1));
        invite(&world, &anna, again).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_invitation_is_read_sent_again_taken_back_and_declined() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let other = world.provider("wisla", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        world.connect(&other, &reseller).await;
        let engine = world.engine;
        let address = "beat@bluewin.example";
        let mut client = world.relationships();
        let make = customer_invitation(&provider, address);
        let made = client.create_customer_invitation(reseller.anna.asks(make)).await.unwrap();
        let name = made.into_inner().customer_invitation.unwrap().name;
        let secret = world.secret_to(address).await;

        let ask = GetCustomerInvitationRequest { name: name.clone() };
        let sent = client.get_customer_invitation(reseller.anna.asks(ask.clone())).await.unwrap();
        let sent = sent.into_inner().customer_invitation.unwrap();
        assert_eq!(sent.delivery_state(), DeliveryState::Sent, "{engine}");
        let named = client.get_customer_invitation(provider.anna.asks(ask.clone())).await.unwrap();
        let named = named.into_inner().customer_invitation.unwrap();
        assert_eq!(named.delivery_state(), DeliveryState::Unspecified, "{engine}");
        let err = client.get_customer_invitation(other.anna.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{engine}");
        assert_eq!(customer_invitations(&world, &provider.anna).await, [named], "{engine}");
        assert!(customer_invitations(&world, &other.anna).await.is_empty(), "{engine}");

        let again = ResendCustomerInvitationRequest { name: name.clone(), ..Default::default() };
        let asked = reseller.anna.asks(again.clone());
        let err = client.resend_customer_invitation(asked).await.unwrap_err();
        assert_eq!(reason(&err), "RESEND_TOO_SOON", "{engine}");
        world.clock.advance(Duration::hours(1));
        client.resend_customer_invitation(reseller.anna.asks(again)).await.unwrap();
        let newest = world.secret_to(address).await;
        let err = crate::customer_links::preview(&world, &secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_SUPERSEDED", "{engine}");

        let no = |secret: &str| DeclineCustomerInvitationRequest {
            link_secret: secret.to_owned(),
            ..DeclineCustomerInvitationRequest::default()
        };
        let said = client.decline_customer_invitation(no(&newest)).await.unwrap();
        assert_eq!(said.into_inner().state(), InvitationState::Declined, "{engine}");
        let err = client.decline_customer_invitation(no(&newest)).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_USED", "{engine}");
        let mail = world.mail_to(&reseller.anna_mail()).await;
        assert!(mail.text.contains(address), "{}", mail.text);

        let make = customer_invitation(&provider, address);
        let made = client.create_customer_invitation(reseller.anna.asks(make)).await.unwrap();
        let name = made.into_inner().customer_invitation.unwrap().name;
        let take = CancelCustomerInvitationRequest { name, ..Default::default() };
        let err = client.cancel_customer_invitation(provider.anna.asks(take.clone())).await;
        assert_eq!(reason(&err.unwrap_err()), "ROLE_MISSING", "{engine}");
        let taken = client.cancel_customer_invitation(reseller.anna.asks(take.clone())).await;
        let taken = taken.unwrap().into_inner().customer_invitation.unwrap();
        assert_eq!(taken.state(), InvitationState::Cancelled, "{engine}");
        let err = client.cancel_customer_invitation(reseller.anna.asks(take)).await.unwrap_err();
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{engine}");
        let ledger = world.ledger(&provider.anna).await;
        for kind in ["Resent", "Declined", "Cancelled"] {
            let kind = format!("CustomerInvitation{kind}");
            assert_eq!(only(&ledger, &kind).len(), 1, "{kind} on {engine}");
        }
    })
    .await;
}
