//! A company becomes the customer of a reseller and its provider together, and they see it.

use api::{
    relationships::v1::{
        AcceptCustomerInvitationRequest, CreateCustomerInvitationRequest, Customer,
        CustomerInvitation, InvitationState, ListCustomersRequest,
    },
    types::v1::Consent,
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, customer_invitation, yes},
    metadata, on_each_engine, reason, requirements, unmet, without_call,
};
use tonic::Status;

use crate::invitations::only;

async fn invite(
    world: &World,
    who: &Persona,
    request: CreateCustomerInvitationRequest,
) -> Result<CustomerInvitation, Status> {
    let answer = world.relationships().create_customer_invitation(who.asks(request)).await?;
    Ok(answer.into_inner().customer_invitation.unwrap())
}

pub fn acceptance(link_secret: &str) -> AcceptCustomerInvitationRequest {
    AcceptCustomerInvitationRequest {
        link_secret: link_secret.to_owned(),
        consent: yes(consent::RESELLER_AND_PROVIDER),
        ..AcceptCustomerInvitationRequest::default()
    }
}

async fn accept(
    world: &World,
    who: &Persona,
    request: AcceptCustomerInvitationRequest,
) -> Result<Customer, Status> {
    let answer = world.relationships().accept_customer_invitation(who.asks(request)).await?;
    Ok(answer.into_inner().customer.unwrap())
}

/// `customers/{customer}` of a company.
pub fn customer_of(company: &Persona) -> String {
    company.company.replace("companies", "customers")
}

/// Partner and via of every row that the caller sees, customer by customer.
async fn customers(world: &World, who: &Persona) -> Vec<(String, Vec<(String, String)>)> {
    let asked = who.asks(ListCustomersRequest::default());
    let answer = world.relationships().list_customers(asked).await.unwrap().into_inner();
    let rows = |it: Customer| {
        let rows = it.relationships.into_iter().map(|it| (it.partner, it.via_reseller));
        (it.name, rows.collect())
    };
    answer.customers.into_iter().map(rows).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r9_a_customer_invitation_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let stranger = world.provider("cierzo", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let anna = &reseller.anna;
        let base = customer_invitation(&provider, "beat@bluewin.example");
        let first = invite(&world, anna, base.clone()).await.unwrap();
        assert_eq!(first.state(), InvitationState::Pending, "{}", world.engine);
        let customer = world.company("zbinden", "CH").await;
        let email = "maria@bluewin.example";
        let secret = world.invite_customer(&reseller, &provider, email).await;
        accept(&world, &customer, acceptance(&secret)).await.unwrap();

        let to = |email: &str| customer_invitation(&provider, email);
        let (_, directory) = anna.sign_in_name.split_once('@').unwrap();
        let message = "ver http://x".to_owned();
        for (request, why) in [
            (CreateCustomerInvitationRequest { message, ..base.clone() }, "MESSAGE_NOT_ALLOWED"),
            (to(&reseller.contact()), "SELF_SALE_NOT_ALLOWED"),
            (to(&provider.contact()), "SELF_SALE_NOT_ALLOWED"),
            (to(&format!("eva@{}", provider.domain)), "SELF_SALE_NOT_ALLOWED"),
            (to(&format!("eva@{directory}")), "SELF_SALE_NOT_ALLOWED"),
            (to("Beat@BlueWin.example"), "DUPLICATE_INVITATION"),
            (to(email), "CUSTOMER_ALREADY_AUTHORISED"),
        ] {
            let err = invite(&world, anna, request.clone()).await.unwrap_err();
            assert_eq!(reason(&err), why, "{request:?} on {}", world.engine);
            match why {
                "DUPLICATE_INVITATION" => assert_eq!(metadata(&err, "invitation"), first.name),
                "CUSTOMER_ALREADY_AUTHORISED" => {
                    assert_eq!(metadata(&err, "customer"), customer_of(&customer));
                }
                _ => {}
            }
        }
        let unknown = "partners/01a20b5b-b9c7-74cf-9d60-da1cf728799d".to_owned();
        let mut answers = Vec::new();
        for provider in [unknown, stranger.partner, reseller.partner.clone()] {
            let request = CreateCustomerInvitationRequest { provider, ..base.clone() };
            let err = invite(&world, anna, request).await.unwrap_err();
            assert_eq!(unmet(&err), ["relationship.active"], "{}", world.engine);
            answers.push(without_call(&err));
        }
        assert!(answers.iter().all(|it| *it == answers[0]), "{}", world.engine);
        let err = invite(&world, &provider.anna, base).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r9_an_acceptance_is_refused_for_each_reason_and_the_link_stays_good() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        let relationship = world.connect(&provider, &reseller).await;
        world.connect(&provider, &other).await;
        let turk = world.company("bogazici", "TR").await;
        let customer = world.company("zbinden", "CH").await;
        let agent = world.colleague(&customer, "berta", &[Role::HelpdeskAgent]).await;
        let secret = world.invite_customer(&reseller, &provider, "beat@bluewin.example").await;
        let good = acceptance(&secret);
        let saying =
            |consent: Option<Consent>| AcceptCustomerInvitationRequest { consent, ..good.clone() };
        let no = Consent { given: false, ..yes(consent::RESELLER_AND_PROVIDER).unwrap() };
        for (case, who, request, why) in [
            ("a no", &customer, saying(Some(no)), "CONSENT_REQUIRED"),
            ("silence", &customer, saying(None), "CONSENT_REQUIRED"),
            ("another text", &customer, saying(yes(consent::PROVIDER)), "CONSENT_REQUIRED"),
            ("a random secret", &customer, acceptance("made-up"), "LINK_INVALID"),
            ("no global admin", &agent, good.clone(), "ROLE_MISSING"),
            ("the reseller", &reseller.anna, good.clone(), "customer.not-partner"),
            ("the provider", &provider.anna, good.clone(), "customer.not-partner"),
            ("its other reseller", &other.anna, good.clone(), "customer.not-partner"),
            ("another market", &turk, good.clone(), "customer.market"),
        ] {
            let err = accept(&world, who, request).await.unwrap_err();
            let case = format!("{case} on {}", world.engine);
            match why.contains('.') {
                false => assert_eq!(reason(&err), why, "{case}"),
                true => {
                    assert_eq!(unmet(&err), [why], "{case}");
                    assert!(requirements(&err)[0].permanent, "{case}");
                }
            }
        }
        world.suspend(&provider.partner, Some("UNPAID")).await;
        let err = accept(&world, &customer, good.clone()).await.unwrap_err();
        assert_eq!(unmet(&err), ["provider.active"], "{}", world.engine);
        assert!(requirements(&err)[0].cure.is_none(), "{}", world.engine);
        world.suspend(&provider.partner, None).await;

        world.clock.advance(Duration::seconds(900) + Duration::microseconds(1));
        let err = accept(&world, &customer, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
        let customer = world.sign_in(&customer.sign_in_name).await;
        let made = accept(&world, &customer, good.clone()).await.unwrap();
        assert_eq!(made.name, customer_of(&customer), "{}", world.engine);
        let err = accept(&world, &customer, good).await.unwrap_err();
        assert_eq!(reason(&err), "LINK_USED", "{}", world.engine);

        // Another address of a company that has accepted both already.
        let secret = world.invite_customer(&reseller, &provider, "eva@bluewin.example").await;
        let err = accept(&world, &customer, acceptance(&secret)).await.unwrap_err();
        assert_eq!(reason(&err), "CUSTOMER_ALREADY_AUTHORISED", "{}", world.engine);
        assert_eq!(metadata(&err, "customer"), made.name, "{}", world.engine);

        let name = relationship.name;
        let request = api::relationships::v1::RevokeGrantRequest {
            name,
            grant_type: api::relationships::v1::GrantType::OrderOnBehalf.into(),
            ..Default::default()
        };
        world.relationships().revoke_grant(reseller.anna.asks(request)).await.unwrap();
        let next = world.sign_in(&turk.sign_in_name).await;
        let err = accept(&world, &next, acceptance(&secret)).await.unwrap_err();
        let expected = ["grant.order-on-behalf", "customer.market"];
        assert_eq!(unmet(&err), expected, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m8_a_second_provider_adds_one_row_and_each_party_sees_its_own() {
    on_each_engine(async |world| {
        let first = world.provider("anahuac", "ES", Stage::Active).await;
        let second = world.provider("cierzo", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.reseller("meseta", "ES", Stage::Active).await;
        world.connect(&first, &reseller).await;
        world.connect(&second, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        for (provider, n) in [(&first, 2), (&second, 3)] {
            let answer = world.authorise(&customer, &reseller, provider).await;
            assert_eq!(answer.relationships.len(), n, "{}", world.engine);
        }

        let row = |of: &Firm| (of.partner.clone(), reseller.partner.clone());
        let order_system = &world.staff().await.order_system;
        for (case, who, expected) in [
            ("the reseller", &reseller.anna, vec![row(&reseller), row(&first), row(&second)]),
            ("the customer", &customer, vec![row(&reseller), row(&first), row(&second)]),
            ("the order system", order_system, vec![row(&reseller), row(&first), row(&second)]),
            ("the first provider", &first.anna, vec![row(&first)]),
            ("the second provider", &second.anna, vec![row(&second)]),
            ("a stranger", &stranger.anna, vec![]),
        ] {
            let expected = match expected.is_empty() {
                true => vec![],
                false => vec![(customer_of(&customer), expected)],
            };
            assert_eq!(customers(&world, who).await, expected, "{case} on {}", world.engine);
        }
        for (case, who, n) in [
            ("the customer", &customer, 3),
            ("the reseller", &reseller.anna, 3),
            ("the first provider", &first.anna, 1),
            ("the second provider", &second.anna, 1),
        ] {
            let ledger = world.ledger(who).await;
            let found = only(&ledger, "CustomerAuthorised").len();
            assert_eq!(found, n, "{case} on {}", world.engine);
        }
    })
    .await;
}
