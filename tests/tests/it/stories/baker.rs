//! A baker buys seats (CH/DE): a customer accepts a reseller and one of its two providers.

use api::{
    agreements::v1::AttestCustomerAgreementRequest,
    enrollment::v1::{LegalProfile, UpdateLegalProfileRequest},
    relationships::v1::{
        AcceptCustomerInvitationRequest, AcceptCustomerInvitationResponse,
        CancelCustomerInvitationRequest, CreateCustomerInvitationRequest,
        CustomerRelationshipState, ListCustomersRequest, OrderOperation,
        PreviewCustomerInvitationRequest, PreviewCustomerInvitationResponse,
    },
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, customer_invitation, yes},
    look::{bytes, unmet_in},
    metadata,
    oidc::Issuer,
    on_each_engine_believing, reason,
};
use serde_json::json;
use tonic::Status;

use crate::{
    customers::customer_of,
    parting::{end, get, listed, partners, row_of},
    resending::customer_invitations,
    thread::blockers,
};

const BAKER: &str = "zbinden@bluewin.example";

/// The reseller, its two providers, and the order systems' caller.
struct Cast {
    aare: Firm,
    v: Firm,
    w: Firm,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baker_buys_seats() {
    let issuer = Issuer::start();
    on_each_engine_believing(&issuer, async |world| {
        let cast = Cast {
            aare: world.reseller("aare", "CH", Stage::Active).await,
            v: world.provider("v", "CH", Stage::Active).await,
            w: world.provider("w", "CH", Stage::Active).await,
        };
        world.connect(&cast.v, &cast.aare).await;
        world.connect(&cast.w, &cast.aare).await;
        let secret = invite(&world, &cast).await;
        let baker = accept_it(&world, &cast, &secret).await;
        order(&world, &cast, &baker).await;
        refuse_partners(&world, &cast).await;
        end_links(&world, &cast, &secret, &baker).await;
        leave_v(&world, &cast, &baker).await;
        come_from_elsewhere(&world, &cast, &issuer).await;
        cross_borders(&world, &cast).await;
    })
    .await;
}

/// (a) and (b): who may invite, through whom, and what the mail's reader sees.
async fn invite(world: &World, cast: &Cast) -> String {
    let Cast { aare, v, .. } = cast;
    let colleague = world.with_roles(&aare.anna, &[Role::AccountAdmin]).await;
    let asked = colleague.asks(customer_invitation(v, BAKER));
    let err = world.relationships().create_customer_invitation(asked).await.unwrap_err();
    assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    world.with_roles(&aare.anna, &[Role::GlobalAdmin, Role::AdminAgent]).await;

    let z = world.provider("z", "CH", Stage::Active).await;
    let unknown = "partners/01a20b5b-b9c7-74cf-9d60-da1cf728799d".to_owned();
    for provider in [z.partner, unknown] {
        let request = CreateCustomerInvitationRequest { provider, ..customer_invitation(v, BAKER) };
        let asked = aare.anna.asks(request);
        let err = world.relationships().create_customer_invitation(asked).await.unwrap_err();
        assert_eq!(unmet_in(&err), ["relationship.active"], "{}", world.engine);
        // The words do not tell one from the other either.
        assert!(!err.message().contains("partners/"), "{err:?}");
    }

    let secret = world.invite_customer(aare, v, BAKER).await;
    for _ in 0..2 {
        let shown = preview(world, &secret).await.unwrap();
        let parties = (shown.reseller.unwrap().partner, shown.provider.unwrap().partner);
        assert_eq!(parties, (aare.partner.clone(), v.partner.clone()), "{}", world.engine);
        assert!(!shown.consent_statement.unwrap().text.is_empty(), "{}", world.engine);
    }
    secret
}

/// (c) and (e): only a global admin who has just signed in.
async fn accept_it(world: &World, cast: &Cast, secret: &str) -> Persona {
    let baker = world.company("zbinden", "CH").await;
    let helper = world.with_roles(&baker, &[Role::HelpdeskAgent]).await;
    let err = accept(world, &helper, secret).await.unwrap_err();
    assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    assert_eq!(metadata(&err, "requiredRoles"), "GLOBAL_ADMIN", "{}", world.engine);
    let baker = world.with_roles(&baker, &[Role::GlobalAdmin]).await;
    let buy = OrderOperation::NewPurchase;
    let rows =
        ["customer.reseller-authorised", "customer.provider-authorised", "customer.agreement"];
    let name = baker.company.replace("companies", "customers");
    let all = (&cast.v, &cast.aare, name.as_str());
    let order_system = &world.staff().await.order_system;
    assert_eq!(blockers(world, order_system, all, buy).await, rows, "{}", world.engine);

    world.clock.advance(Duration::minutes(16));
    let err = accept(world, &baker, secret).await.unwrap_err();
    assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
    let baker = world.anew(&baker).await;
    let customer = accept(world, &baker, secret).await.unwrap().customer.unwrap();
    assert_eq!(customer.name, name, "{}", world.engine);
    let found: Vec<_> = customer
        .relationships
        .iter()
        .map(|it| (it.partner.as_str(), it.via_reseller.as_str(), it.state()))
        .collect();
    let active = CustomerRelationshipState::Active;
    let (aare, v) = (cast.aare.partner.as_str(), cast.v.partner.as_str());
    assert_eq!(found, [(aare, aare, active), (v, aare, active)], "{}", world.engine);
    for (who, expected) in [(&cast.aare, 1), (&cast.v, 1), (&cast.w, 0)] {
        let asked = who.anna.asks(ListCustomersRequest::default());
        let list = world.relationships().list_customers(asked).await.unwrap().into_inner();
        assert_eq!(list.customers.len(), expected, "{} on {}", who.domain, world.engine);
    }
    baker
}

/// (f): after acceptance, after the agreement.
async fn order(world: &World, cast: &Cast, baker: &Persona) {
    let Cast { aare, v, w } = cast;
    let name = baker.company.replace("companies", "customers");
    let order_system = &world.staff().await.order_system;
    let (buy, manage) = (OrderOperation::NewPurchase, OrderOperation::ManageExisting);
    let all = (v, aare, name.as_str());
    assert_eq!(blockers(world, order_system, all, buy).await, ["customer.agreement"]);
    assert!(blockers(world, order_system, all, manage).await.is_empty(), "{}", world.engine);
    let attest = AttestCustomerAgreementRequest {
        customer: name.clone(),
        signer_given_name: "Beat".to_owned(),
        signer_family_name: "Zbinden".to_owned(),
        signer_email: BAKER.to_owned(),
        sign_date: "2026-11-24".to_owned(),
        ..AttestCustomerAgreementRequest::default()
    };
    let asked = v.anna.asks(attest);
    world.agreements().attest_customer_agreement(asked).await.unwrap();
    for who in [order_system, &v.anna, &aare.anna] {
        let blocking = blockers(world, who, all, buy).await;
        assert!(blocking.is_empty(), "{blocking:?} on {}", world.engine);
    }
    // Through W it may not buy, and W learns nothing of it.
    let through_w = (w, aare, name.as_str());
    let missing = ["customer.provider-authorised", "customer.agreement"];
    assert_eq!(blockers(world, order_system, through_w, buy).await, missing, "{}", world.engine);
    let alone = ["relationship.active"];
    assert_eq!(blockers(world, &w.anna, through_w, buy).await, alone, "{}", world.engine);
    assert_eq!(blockers(world, &w.anna, all, buy).await, alone, "{}", world.engine);
    // Nor does another reseller of V, although V serves the baker.
    let reuss = world.reseller("reuss", "CH", Stage::Active).await;
    let v = Firm { anna: world.anew(&v.anna).await, ..v.clone() };
    world.connect(&v, &reuss).await;
    let through_reuss = (&v, &reuss, name.as_str());
    assert_eq!(blockers(world, &reuss.anna, through_reuss, buy).await, alone, "{}", world.engine);
}

/// (d): used, random, cancelled, expired.
async fn end_links(world: &World, cast: &Cast, used: &str, baker: &Persona) {
    let fresh = world.anew(baker).await;
    for (secret, why) in [(used, "LINK_USED"), (&"x".repeat(43), "LINK_INVALID")] {
        assert_eq!(reason(&preview(world, secret).await.unwrap_err()), why, "{}", world.engine);
        let err = accept(world, &fresh, secret).await.unwrap_err();
        assert_eq!(reason(&err), why, "{}", world.engine);
    }
    let taken_back = world.invite_customer(&cast.aare, &cast.w, "nie@bluewin.example").await;
    let aare = &world.again(&cast.aare).await.anna;
    let invited = customer_invitations(world, aare).await;
    let name = invited.into_iter().find(|it| it.email == "nie@bluewin.example").unwrap().name;
    let request = CancelCustomerInvitationRequest { name, ..Default::default() };
    world.relationships().cancel_customer_invitation(aare.asks(request)).await.unwrap();
    let err = accept(world, &fresh, &taken_back).await.unwrap_err();
    assert_eq!(reason(&err), "LINK_VOID", "{}", world.engine);
    let late = world.invite_customer(&cast.aare, &cast.w, "spaet@bluewin.example").await;
    world.clock.advance(Duration::days(30) - Duration::microseconds(1));
    preview(world, &late).await.unwrap();
    world.clock.advance(Duration::microseconds(1));
    for is_written in [false, true] {
        if is_written {
            world.deliver().await;
        }
        let fresh = world.anew(baker).await;
        let err = accept(world, &fresh, &late).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_EXPIRED", "written: {is_written} on {}", world.engine);
        assert_eq!(reason(&preview(world, &late).await.unwrap_err()), "LINK_EXPIRED");
    }
}

/// (g): nobody sells to itself, nor to whom its own provider sells through.
async fn refuse_partners(world: &World, cast: &Cast) {
    let aare = world.again(&cast.aare).await;
    let own = customer_invitation(&cast.v, &format!("einkauf@{}", aare.domain));
    let asked = aare.anna.asks(own);
    let err = world.relationships().create_customer_invitation(asked).await.unwrap_err();
    assert_eq!(reason(&err), "SELF_SALE_NOT_ALLOWED", "{}", world.engine);
    let reuss = world.reseller("limmat", "CH", Stage::Active).await;
    let v = world.again(&cast.v).await;
    world.connect(&v, &reuss).await;
    let secret = world.invite_customer(&aare, &v, "limmat@bluewin.example").await;
    let err = accept(world, &reuss.anna, &secret).await.unwrap_err();
    assert_eq!(unmet_in(&err), ["customer.not-partner"], "{}", world.engine);
    preview(world, &secret).await.unwrap();
}

/// (h): a customer that signs in with a directory of its own, as the first thing it does here.
async fn come_from_elsewhere(world: &World, cast: &Cast, issuer: &Issuer) {
    let aare = world.again(&cast.aare).await;
    let secret = world.invite_customer(&aare, &cast.v, "mueller@bluewin.example").await;
    let mueller = issuer.person("mueller", "mueller", world.clock.now());
    let ask = |region_code: &str| AcceptCustomerInvitationRequest {
        link_secret: secret.clone(),
        consent: yes(consent::RESELLER_AND_PROVIDER),
        region_code: region_code.to_owned(),
        display_name: "Müller Holzbau AG".to_owned(),
        ..AcceptCustomerInvitationRequest::default()
    };
    let accept = async |who: &Persona, region_code| {
        let asked = who.asks(ask(region_code));
        world.relationships().accept_customer_invitation(asked).await
    };
    let err = accept(&mueller.persona(), "CH").await.unwrap_err();
    assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    assert_eq!(metadata(&err, "requiredRoles"), "GLOBAL_ADMIN", "{}", world.engine);
    let admin = mueller.clone().as_admin();
    let long_ago = json!({"auth_time": world.clock.now().timestamp() - 901});
    let err = accept(&admin.clone().with(&long_ago).persona(), "CH").await.unwrap_err();
    assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
    let admin = admin.persona();
    for (region_code, why) in [("", "COUNTRY_UNKNOWN"), ("XX", "COUNTRY_UNKNOWN")] {
        let err = accept(&admin, region_code).await.unwrap_err();
        assert_eq!(reason(&err), why, "{}", world.engine);
    }
    // What keeps it from being a customer keeps it from coming to exist, and the link alive.
    let err = accept(&admin, "TR").await.unwrap_err();
    assert_eq!(unmet_in(&err), ["customer.market"], "{}", world.engine);
    let answer = accept(&admin, "CH").await.unwrap().into_inner();
    let customer = answer.customer.unwrap();
    assert_eq!(customer.display_name, "Müller Holzbau AG", "{}", world.engine);
    assert_eq!(customer.relationships.len(), 2, "{}", world.engine);
}

/// (i): the baker leaves V; what V had of it stays as it was, and W comes in beside Aare.
async fn leave_v(world: &World, cast: &Cast, baker: &Persona) {
    let (baker, engine) = (world.anew(baker).await, world.engine);
    let [aare, v, w] = [&cast.aare, &cast.v, &cast.w];
    let [aare, v, w] = [world.again(aare).await, world.again(v).await, world.again(w).await];
    let name = customer_of(&baker);
    let all = partners(world, &baker, false).await;
    let served: Vec<_> =
        all.iter().map(|it| it.partner.as_ref().unwrap().partner.as_str()).collect();
    assert_eq!(served, [aare.partner.as_str(), v.partner.as_str()], "{engine}");
    assert_eq!(end(world, &baker, &row_of(&all, &v)).await.unwrap(), 1, "{engine}");
    let left = partners(world, &baker, false).await;
    assert_eq!(left.len(), 1, "{engine}");
    assert_eq!((listed(world, &v.anna, false).await, listed(world, &v.anna, true).await), (0, 1));
    let unknown = format!("customers/{}", uuid::Uuid::now_v7());
    let of_w = [get(world, &w.anna, &name).await, get(world, &w.anna, &unknown).await];
    let [seen, nothing] = of_w.map(|it| bytes(&it.unwrap_err()));
    assert_eq!(seen, nothing, "{engine}");

    let secret = world.invite_customer(&aare, &w, "zbinden@bluewin.example").await;
    accept(world, &baker, &secret).await.unwrap();
    let now = partners(world, &baker, false).await;
    let served: Vec<_> =
        now.iter().map(|it| it.partner.as_ref().unwrap().partner.as_str()).collect();
    assert_eq!(served, [aare.partner.as_str(), w.partner.as_str()], "{engine}");

    // What a company is called later is not V's business any more.
    let called = get(world, &v.anna, &name).await.unwrap().display_name;
    let started = world.start(&baker).await;
    let profile = LegalProfile { legal_name: "Zbinden Backwaren AG".into(), ..Default::default() };
    let request = UpdateLegalProfileRequest {
        name: started.enrollment.unwrap().name,
        legal_profile: Some(profile),
        ..Default::default()
    };
    world.enrollment().update_legal_profile(baker.asks(request)).await.unwrap();
    let ended = get(world, &v.anna, &name).await.unwrap();
    assert_eq!(ended.display_name, called, "{engine}");
    let states: Vec<_> = ended.relationships.iter().map(|it| it.state()).collect();
    assert_eq!(states, [CustomerRelationshipState::Ended], "{engine}");
}

/// (j): a German customer is of the same market region, a Turkish one is not.
async fn cross_borders(world: &World, cast: &Cast) {
    let aare = world.again(&cast.aare).await;
    for (region, refused) in [("DE", None), ("TR", Some("customer.market"))] {
        let email = format!("{}@bluewin.example", world.label("kunde"));
        let secret = world.invite_customer(&aare, &cast.v, &email).await;
        let customer = world.company("kunde", region).await;
        match (accept(world, &customer, &secret).await, refused) {
            (Ok(_), None) => {}
            (Err(err), Some(id)) => {
                assert_eq!(unmet_in(&err), [id], "{region} on {}", world.engine);
                preview(world, &secret).await.unwrap();
            }
            (answer, _) => panic!("{region}: {answer:?} on {}", world.engine),
        }
    }
}

async fn accept(
    world: &World,
    who: &Persona,
    secret: &str,
) -> Result<AcceptCustomerInvitationResponse, Status> {
    let request = AcceptCustomerInvitationRequest {
        link_secret: secret.to_owned(),
        consent: yes(consent::RESELLER_AND_PROVIDER),
        ..AcceptCustomerInvitationRequest::default()
    };
    let asked = who.asks(request);
    world.relationships().accept_customer_invitation(asked).await.map(|it| it.into_inner())
}

async fn preview(world: &World, secret: &str) -> Result<PreviewCustomerInvitationResponse, Status> {
    let ask = PreviewCustomerInvitationRequest { link_secret: secret.to_owned() };
    world.relationships().preview_customer_invitation(ask).await.map(|it| it.into_inner())
}
