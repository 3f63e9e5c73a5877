//! Suspended on a Friday (PL/CZ): what a suspended provider may still do, and what waits for it.

use api::{
    agreements::v1::AttestCustomerAgreementRequest,
    enrollment::v1::{
        CheckDecision, CheckKind, EnrollmentState, ProgrammeStatus, ReinstatePartnerRequest,
    },
    relationships::v1::{
        AcceptCustomerInvitationRequest, GrantType, InvitationState, OrderOperation,
        RelationshipState,
    },
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, invitation, yes},
    look::unmet_in,
    metadata, on_each_engine,
    people::newcomer,
    reason,
};
use tonic::Status;

use crate::{
    attestations::attest_for,
    customers::customer_of,
    grants::revoke,
    invitations::{acceptance, invite, preview},
    life, locations,
    partner_ids::associate,
    relationships::accept,
    resending::{self, list, resend},
    thread::blockers,
    ties,
};

const BUY: OrderOperation = OrderOperation::NewPurchase;
const MANAGE: OrderOperation = OrderOperation::ManageExisting;

/// Who plays, and what was under way when it happened.
struct Scene {
    wisla: Firm,
    odra: Firm,
    bory: Firm,
    /// A customer that buys from Odra through Wisła, and signed.
    kawka: Persona,
    /// `relationships/{relationship}` of Wisła and Odra.
    tie: String,
    /// `invitations/{invitation}` to Bory, and its mail's secret.
    invited: (String, String),
    /// Secret of Odra's invitation to another customer.
    customer_link: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn suspended_on_a_friday() {
    on_each_engine(async |world| {
        world.until("2026-11-27T15:00:00Z");
        let scene = under_way(&world).await;
        suspend(&world, &scene).await;
        wait(&world, &scene).await;
        go_on(&world, &scene).await;
        let scene = expire(&world, scene).await;
        reinstate(&world, &scene).await;
        hold(&world, &scene).await;
        move_house(&world, &scene).await;
        review_the_suspended(&world).await;
    })
    .await;
}

/// (a): an invitation and a customer invitation are out, a customer buys.
async fn under_way(world: &World) -> Scene {
    let wisla = world.provider("wisla", "PL", Stage::Active).await;
    let odra = world.reseller("odra", "PL", Stage::Active).await;
    let bory = world.reseller("bory", "PL", Stage::Active).await;
    let tie = world.connect(&wisla, &odra).await.name;
    let kawka = world.company("kawka", "PL").await;
    world.authorise(&kawka, &odra, &wisla).await;
    attest_for(world, &wisla, &kawka).await;
    let secret = world.invite(&wisla, &bory).await;
    let name = list(world, &wisla.anna, InvitationState::Pending).await.remove(0).name;
    let customer_link = world.invite_customer(&odra, &wisla, "piekarnia@post.example").await;
    Scene { wisla, odra, bory, kawka, tie, invited: (name, secret), customer_link }
}

/// What stands in the way of an order of Odra's through Wisła for Kawka.
async fn in_the_way(world: &World, scene: &Scene, operation: OrderOperation) -> Vec<String> {
    let order_system = world.anew(&world.staff().await.order_system).await;
    let name = customer_of(&scene.kawka);
    blockers(world, &order_system, (&scene.wisla, &scene.odra, &name), operation).await
}

/// (b): only with a reason, and every global admin hears of it.
async fn suspend(world: &World, scene: &Scene) {
    let operator = world.staff().await.operator.clone();
    let second = world.colleague(&scene.wisla.anna, "wanda", &[Role::GlobalAdmin]).await;
    assert!(in_the_way(world, scene, BUY).await.is_empty(), "{}", world.engine);
    let err = life::suspend(world, &operator, &scene.wisla, "").await.unwrap_err();
    assert_eq!(reason(&err), "REASON_REQUIRED", "{}", world.engine);
    life::suspend(world, &operator, &scene.wisla, "unpaid bills").await.unwrap();
    for admin in [scene.wisla.anna_mail(), second.sign_in_name] {
        let mail = world.mail_to(&admin).await;
        assert!(mail.text.contains("unpaid bills"), "{mail:?} on {}", world.engine);
    }
}

/// (c): others wait, and are not told why.
async fn wait(world: &World, scene: &Scene) {
    let bory = world.again(&scene.bory).await;
    let secret = &scene.invited.1;
    let by_reseller = accept(world, &bory.anna, acceptance(secret)).await.unwrap_err();
    preview(world, secret).await.unwrap();
    let customer = world.company("piekarnia", "PL").await;
    let by_customer = accept_as_customer(world, &customer, &scene.customer_link).await.unwrap_err();
    for err in [by_reseller, by_customer] {
        assert_eq!(unmet_in(&err), ["provider.active"], "{}", world.engine);
        let said = format!("{} {}", err.message(), String::from_utf8_lossy(err.details()));
        assert!(!said.contains("unpaid") && !said.contains("suspend"), "{said}");
    }
    assert_eq!(in_the_way(world, scene, BUY).await, ["provider.active"], "{}", world.engine);
    assert!(in_the_way(world, scene, MANAGE).await.is_empty(), "{}", world.engine);
}

/// (d): what would widen its reach is refused; what keeps house or narrows it is not.
async fn go_on(world: &World, scene: &Scene) {
    world.clock.advance(Duration::hours(1));
    let wisla = world.again(&scene.wisla).await;
    let anna = &wisla.anna;
    let attest = AttestCustomerAgreementRequest {
        customer: customer_of(&scene.kawka),
        signer_given_name: "Ewa".to_owned(),
        signer_family_name: "Kawka".to_owned(),
        signer_email: "ewa@post.example".to_owned(),
        sign_date: "2026-11-26".to_owned(),
        ..AttestCustomerAgreementRequest::default()
    };
    let refused = [
        invite(world, anna, invitation("jan@las.example")).await.map(drop),
        resend(world, anna, &scene.invited.0).await.map(drop),
        world.agreements().attest_customer_agreement(anna.asks(attest)).await.map(drop),
    ];
    for answer in refused {
        assert_eq!(unmet_in(&answer.unwrap_err()), ["partner.not-suspended"], "{}", world.engine);
    }
    let piotr = newcomer("piotr", &[Role::HelpdeskAgent]);
    world.users().create_user(anna.asks(piotr)).await.unwrap();
    let left = revoke(world, anna, &scene.tie, GrantType::DelegatedAdmin).await.unwrap();
    assert_eq!(left.state(), RelationshipState::Active, "{}", world.engine);
    // A relationship and an invitation that only the ending of them needs.
    world.suspend(&scene.wisla.partner, None).await;
    let las = world.reseller("las", "PL", Stage::Active).await;
    let tie = world.connect(&wisla, &las).await.name;
    let extra = invite(world, anna, invitation("ola@step.example")).await.unwrap();
    world.suspend(&scene.wisla.partner, Some("unpaid bills")).await;
    let ended = ties::end(world, anna, &tie).await.unwrap();
    assert_eq!(ended.state(), RelationshipState::Ended, "{}", world.engine);
    let cancelled = resending::cancel(world, anna, &extra.name).await.unwrap();
    assert_eq!(cancelled.state(), InvitationState::Cancelled, "{}", world.engine);
}

/// (e): time does not stand still for the suspended.
async fn expire(world: &World, scene: Scene) -> Scene {
    let (name, secret) = &scene.invited;
    let wisla = world.again(&scene.wisla).await;
    let seen = resending::get(world, &wisla.anna, name).await.unwrap();
    let end = seen.expire_time.unwrap().seconds;
    world.clock.advance(Duration::seconds(end - world.clock.now().timestamp() - 1));
    preview(world, secret).await.unwrap();
    world.clock.advance(Duration::seconds(1));
    assert_eq!(reason(&preview(world, secret).await.unwrap_err()), "LINK_EXPIRED");
    world.deliver().await;
    let wisla = world.again(&scene.wisla).await;
    let seen = resending::get(world, &wisla.anna, name).await.unwrap();
    assert_eq!(seen.state(), InvitationState::Expired, "{}", world.engine);
    let err = resend(world, &wisla.anna, name).await.unwrap_err();
    assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
    let (odra, bory) = (world.again(&scene.odra).await, world.again(&scene.bory).await);
    let kawka = world.anew(&scene.kawka).await;
    Scene { wisla, odra, bory, kawka, ..scene }
}

/// (f): one act, and everybody goes on.
async fn reinstate(world: &World, scene: &Scene) {
    assert_eq!(in_the_way(world, scene, BUY).await, ["provider.active"], "{}", world.engine);
    let operator = world.anew(&world.staff().await.operator).await;
    let (name, reason) = (scene.wisla.partner.clone(), "paid".to_owned());
    let request = ReinstatePartnerRequest { name, reason, ..Default::default() };
    world.enrollment().reinstate_partner(operator.asks(request)).await.unwrap();
    assert!(in_the_way(world, scene, BUY).await.is_empty(), "{}", world.engine);
}

/// (g): each side lifts its own hold, and no other.
async fn hold(world: &World, scene: &Scene) {
    let (wisla, odra, tie) = (&scene.wisla.anna, &scene.odra.anna, &scene.tie);
    let held = ties::suspend(world, odra, tie).await.unwrap();
    assert_eq!(held.state(), RelationshipState::Suspended, "{}", world.engine);
    let err = ties::resume(world, wisla, tie).await.unwrap_err();
    assert_eq!(reason(&err), "NOT_HOLDER", "{}", world.engine);
    ties::suspend(world, wisla, tie).await.unwrap();
    for (who, state) in [(odra, RelationshipState::Suspended), (wisla, RelationshipState::Active)] {
        let after = ties::resume(world, who, tie).await.unwrap();
        assert_eq!(after.state(), state, "{}", world.engine);
    }
}

/// (h): a PartnerID that is closed, and another place of the same country in its stead.
async fn move_house(world: &World, scene: &Scene) {
    let Scene { odra, .. } = scene;
    let status =
        async || world.partner_as(&odra.anna, &odra.partner).await.unwrap().programme_status();
    let operator = world.anew(&world.staff().await.operator).await;
    let place = world.locations_of(odra).await.remove(0);
    locations::close(world, &operator, &place.name).await.unwrap();
    assert_eq!(status().await, ProgrammeStatus::Qualified, "{}", world.engine);
    assert_eq!(in_the_way(world, scene, BUY).await, ["reseller.active"], "{}", world.engine);
    let brno = world.add_location(odra, "CZ").await;
    let err = associate(world, odra, &brno).await.unwrap_err();
    assert_eq!(reason(&err), "COUNTRY_MISMATCH", "{}", world.engine);
    let countries = (metadata(&err, "companyCountry"), metadata(&err, "partnerIdCountry"));
    assert_eq!(countries, ("PL".to_owned(), "CZ".to_owned()), "{}", world.engine);
    let krucza = world.add_location_at(odra, "Krucza 1").await;
    associate(world, odra, &krucza).await.unwrap();
    assert_eq!(status().await, ProgrammeStatus::Active, "{}", world.engine);
    assert!(in_the_way(world, scene, BUY).await.is_empty(), "{}", world.engine);
}

/// (i): a review goes on beside a suspension; signing waits for its end.
async fn review_the_suspended(world: &World) {
    let narew = world.reseller("narew", "PL", Stage::InReview).await;
    let operator = world.anew(&world.staff().await.operator).await;
    life::suspend(world, &operator, &narew, "a dispute").await.unwrap();
    let reviewer = world.anew(&world.staff().await.reviewer).await;
    for kind in [CheckKind::Employment, CheckKind::Business] {
        let ruling = it::cast::ruling(&narew, kind, CheckDecision::Pass);
        world.enrollment().decide_check(reviewer.asks(ruling)).await.unwrap();
    }
    assert_eq!(world.state_of(&narew).await, EnrollmentState::Approved, "{}", world.engine);
    let status =
        async || world.partner_as(&narew.anna, &narew.partner).await.unwrap().programme_status();
    assert_eq!(status().await, ProgrammeStatus::Suspended, "{}", world.engine);
    world.tie(&narew).await;
    let signature = world.signature(&narew).await;
    let asked = narew.anna.asks(signature.clone());
    let err = world.agreements().accept_agreement(asked).await.unwrap_err();
    assert_eq!(unmet_in(&err), ["partner.not-suspended"], "{}", world.engine);
    let (name, reason) = (narew.partner.clone(), "settled".to_owned());
    let request = ReinstatePartnerRequest { name, reason, ..Default::default() };
    world.enrollment().reinstate_partner(operator.asks(request)).await.unwrap();
    world.agreements().accept_agreement(narew.anna.asks(signature)).await.unwrap();
    assert_eq!(status().await, ProgrammeStatus::Active, "{}", world.engine);
}

async fn accept_as_customer(world: &World, who: &Persona, secret: &str) -> Result<(), Status> {
    let request = AcceptCustomerInvitationRequest {
        link_secret: secret.to_owned(),
        consent: yes(consent::RESELLER_AND_PROVIDER),
        ..AcceptCustomerInvitationRequest::default()
    };
    world.relationships().accept_customer_invitation(who.asks(request)).await.map(drop)
}
