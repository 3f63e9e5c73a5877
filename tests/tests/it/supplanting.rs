//! What ends because something else began or ended: invitations, by the hundred too.

use api::{
    enrollment::v1::GetReadinessRequest,
    relationships::v1::{
        AcceptCustomerInvitationRequest, CustomerInvitation, GetCustomerInvitationRequest,
        Invitation, InvitationState, ListCustomerInvitationsRequest, ListInvitationsRequest,
        ResendCustomerInvitationRequest,
    },
    types::v1::Goal,
};
use chrono::Duration;
use domain::{Call, consent, constants::INVITATIONS_AT_A_TIME, link::Purpose};
use it::{
    Persona, World,
    cast::{Firm, Stage, customer_invitation, invitation, yes},
    metadata, on_each_engine, reason,
};
use tonic::Status;

use crate::{
    customer_links,
    invitations::{acceptance, invite, only},
    mailboxes,
    relationships::accept,
    resending::{self, get},
    ties,
};

/// More than one batch, and no whole number of them.
fn many() -> usize {
    usize::try_from(INVITATIONS_AT_A_TIME).unwrap() + 20
}

async fn ask_customer(
    world: &World,
    who: &Persona,
    provider: &Firm,
    email: &str,
) -> Result<CustomerInvitation, Status> {
    let asked = who.asks(customer_invitation(provider, email));
    let made = world.relationships().create_customer_invitation(asked).await?;
    Ok(made.into_inner().customer_invitation.unwrap())
}

async fn asked_customers(
    world: &World,
    who: &Persona,
    state: InvitationState,
) -> Vec<CustomerInvitation> {
    let (state, page_size) = (state.into(), 500);
    let ask = ListCustomerInvitationsRequest { state, page_size, ..Default::default() };
    let answer = world.relationships().list_customer_invitations(who.asks(ask)).await.unwrap();
    answer.into_inner().customer_invitations
}

async fn asked_resellers(world: &World, who: &Persona, state: InvitationState) -> Vec<Invitation> {
    let (state, page_size) = (state.into(), 500);
    let ask = ListInvitationsRequest { state, page_size, ..Default::default() };
    let answer = world.relationships().list_invitations(who.asks(ask)).await.unwrap();
    answer.into_inner().invitations
}

async fn accept_as_customer(world: &World, who: &Persona, secret: &str) -> Result<(), Status> {
    let request = AcceptCustomerInvitationRequest {
        link_secret: secret.to_owned(),
        consent: yes(consent::RESELLER_AND_PROVIDER),
        ..Default::default()
    };
    world.relationships().accept_customer_invitation(who.asks(request)).await.map(drop)
}

/// The secret of an invitation's link, before the mail is sent and with it all that waits.
async fn unsent(world: &World, invitation: &str) -> String {
    let subject = invitation.rsplit('/').next().unwrap().parse().unwrap();
    let read = async |view: &store::View| view.any_link_of(Purpose::Invitation, subject).await;
    let link = world.app.db.read(&Call::system("unsent"), read).await.unwrap().unwrap();
    let key = &world.app.db.programme().link_key;
    key.secret(Purpose::Invitation, link.id).unwrap().expose().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn r7_of_very_many_customer_invitations_none_outlives_the_end() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let customer = world.company("zbinden", "CH").await;
        let tie = world.connect(&provider, &reseller).await.name;
        let (anna, engine) = (&reseller.anna, world.engine);
        for n in 1..many() {
            let email = format!("b{n}@bluewin.example");
            ask_customer(&world, anna, &provider, &email).await.unwrap();
        }
        let last = "last@bluewin.example";
        let asked = ask_customer(&world, anna, &provider, last).await.unwrap().name;
        let secret = world.secret_to(last).await;
        ties::end(&world, anna, &tie).await.unwrap();

        // Written down or not, each is over: in lists, by its name, and for who holds its link.
        let pending = asked_customers(&world, anna, InvitationState::Pending).await;
        assert_eq!(pending.len(), 0, "{engine}");
        let all = asked_customers(&world, anna, InvitationState::Unspecified).await;
        assert_eq!(all.len(), many(), "{engine}");
        let is_over = |it: &CustomerInvitation| it.state() == InvitationState::Cancelled;
        assert!(all.iter().all(is_over), "{engine}");
        let ask = GetCustomerInvitationRequest { name: asked.clone() };
        let read = world.relationships().get_customer_invitation(anna.asks(ask)).await.unwrap();
        assert!(is_over(&read.into_inner().customer_invitation.unwrap()), "{engine}");
        let shown = customer_links::preview(&world, &secret).await.unwrap_err();
        assert_eq!(reason(&shown), "LINK_VOID", "{engine}");

        // Nor does it come back when the two find together again before the rest is written down.
        let again = invite(&world, &provider.anna, invitation(&reseller.contact())).await.unwrap();
        let again = world.accept(&reseller, &unsent(&world, &again.name).await).await.name;
        assert_ne!(again, tie, "{engine}");
        let err = accept_as_customer(&world, &customer, &secret).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_VOID", "{engine}");
        let goal = Goal::AcceptCustomerInvitation.into();
        let ask = GetReadinessRequest { goal, link_secret: secret.clone(), ..Default::default() };
        let err = world.enrollment().get_readiness(customer.asks(ask)).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_VOID", "{engine}");
        world.clock.advance(Duration::hours(1));
        let name = asked.clone();
        let ask = ResendCustomerInvitationRequest { name, ..Default::default() };
        let err = world.relationships().resend_customer_invitation(anna.asks(ask)).await;
        assert_eq!(reason(&err.unwrap_err()), "INVALID_STATE_TRANSITION", "{engine}");
        // Its place is free.
        let anew = ask_customer(&world, anna, &provider, last).await.unwrap().name;
        world.deliver().await;
        let pending = asked_customers(&world, anna, InvitationState::Pending).await;
        let pending: Vec<&str> = pending.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(pending, [anew.as_str()], "{engine}");
        let over = asked_customers(&world, anna, InvitationState::Cancelled).await;
        assert_eq!(over.len(), many(), "{engine}");
    })
    .await;
}

/// The end commits with one batch of what hangs on it: the rest is SYSTEM's, and follows at once.
#[tokio::test(flavor = "multi_thread")]
async fn m6_an_end_takes_one_batch_with_it_and_the_timer_the_rest() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let tie = world.connect(&provider, &reseller).await.name;
        for n in 0..many() {
            let email = format!("b{n}@bluewin.example");
            ask_customer(&world, &reseller.anna, &provider, &email).await.unwrap();
        }
        ties::end(&world, &reseller.anna, &tie).await.unwrap();
        let at_once = usize::try_from(INVITATIONS_AT_A_TIME).unwrap();
        let written = async || {
            let all = asked_customers(&world, &reseller.anna, InvitationState::Cancelled).await;
            all.len()
        };
        assert_eq!(written().await, at_once, "{}", world.engine);
        world.deliver().await;
        assert_eq!(written().await, many(), "{}", world.engine);
        world.deliver().await;
        assert_eq!(written().await, many(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m6_of_very_many_other_invitations_none_outlives_a_connection() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let (anna, engine) = (&provider.anna, world.engine);
        let elsewhere = invite(&world, anna, invitation("a@nube.example")).await.unwrap().name;
        for n in 0..many() {
            let email = format!("b{n}@{}", reseller.domain);
            invite(&world, anna, invitation(&email)).await.unwrap();
        }
        let tie = world.connect(&provider, &reseller).await.name;
        let pending = async || asked_resellers(&world, anna, InvitationState::Pending).await.len();
        assert_eq!(pending().await, 21, "one batch at once, on {engine}");
        // Even if the two part before the rest is written down.
        ties::end(&world, anna, &tie).await.unwrap();
        let anew = format!("c@{}", reseller.domain);
        world.clock.advance(Duration::seconds(1));
        let anew = invite(&world, anna, invitation(&anew)).await.unwrap().name;
        world.deliver().await;
        let left = asked_resellers(&world, anna, InvitationState::Pending).await;
        let left: Vec<&str> = left.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(left, [elsewhere.as_str(), anew.as_str()], "{engine}");
        let over = asked_resellers(&world, anna, InvitationState::Cancelled).await;
        assert_eq!(over.len(), many(), "{engine}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_who_is_connected_is_not_asked_again_at_any_address_that_is_proven_its_own() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let other = world.provider("wisla", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let (mailbox, engine) = ("anna.privat@nube.example", world.engine);
        mailboxes::prove(&world, &reseller.anna, mailbox).await;
        let to_anna = invite(&world, &provider.anna, invitation(mailbox)).await.unwrap().name;
        let tie = world.connect(&provider, &reseller).await.name;
        // The acceptor's own address leads to the same company (R4).
        let seen = get(&world, &provider.anna, &to_anna).await.unwrap();
        assert_eq!(seen.state(), InvitationState::Cancelled, "{engine}");
        let by_domain = format!("Compras@{}", reseller.domain);
        for address in [mailbox, &reseller.contact(), &by_domain] {
            let err = invite(&world, &provider.anna, invitation(address)).await.unwrap_err();
            assert_eq!(reason(&err), "RELATIONSHIP_ALREADY_EXISTS", "{address} on {engine}");
            assert_eq!(metadata(&err, "relationship"), tie, "{address} on {engine}");
            // Who has nothing to do with it learns nothing.
            invite(&world, &other.anna, invitation(address)).await.unwrap();
        }
        ties::end(&world, &provider.anna, &tie).await.unwrap();
        invite(&world, &provider.anna, invitation(mailbox)).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r2_an_invitation_ends_no_later_than_the_powers_that_it_asks_for() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let (contact, engine) = (reseller.contact(), world.engine);
        let end = world.clock.now() + Duration::hours(3);
        let end_time = Some(api::time(end.timestamp(), 0));
        let mut request = invitation(&contact);
        request.grants_expire_time = end_time;
        let made = invite(&world, &provider.anna, request.clone()).await.unwrap();
        assert_eq!(made.expire_time, end_time, "{engine}");
        world.clock.advance(Duration::hours(1));
        let sent = resending::resend(&world, &provider.anna, &made.name).await.unwrap();
        assert_eq!(sent.expire_time, end_time, "{engine}");
        let secret = world.secret_to(&contact).await;
        world.clock.advance(Duration::hours(2));
        let anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let err = accept(&world, &anna, acceptance(&secret)).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_EXPIRED", "{engine}");
        world.deliver().await;

        // At the last moment the powers are live.
        let end = world.clock.now() + Duration::hours(1);
        request.grants_expire_time = Some(api::time(end.timestamp(), 0));
        let made = invite(&world, &world.anew(&provider.anna).await, request).await.unwrap();
        assert_eq!(made.state(), InvitationState::Pending, "{engine}");
        let secret = world.secret_to(&contact).await;
        world.clock.advance(Duration::hours(1) - Duration::microseconds(1));
        let anna = world.sign_in(&reseller.anna.sign_in_name).await;
        let tie = accept(&world, &anna, acceptance(&secret)).await.unwrap();
        assert!(tie.grants.iter().all(|it| it.live), "{engine}");
        let ledger = world.ledger(&provider.anna).await;
        assert_eq!(only(&ledger, "InvitationExpired").len(), 1, "{engine}");
    })
    .await;
}
