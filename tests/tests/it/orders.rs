//! Whether an order may be placed, as far as the one who asks may know.

use api::{
    relationships::v1::{
        CheckOrderAuthorizationRequest, CheckOrderAuthorizationResponse, GrantType, OrderOperation,
        RevokeGrantRequest,
    },
    types::v1::Requirement,
};
use domain::Role;
use it::{Persona, World, cast::Stage, on_each_engine};
use prost::Message as _;

use crate::{
    customers::customer_of,
    invitations::{acceptance, invite, named},
    thread::blockers,
};

const UNKNOWN: &str = "01a20b5b-b9c7-74cf-9d60-da1cf728799d";

async fn ask(
    world: &World,
    who: &Persona,
    (provider, reseller, customer): (&str, &str, &str),
    operation: OrderOperation,
) -> CheckOrderAuthorizationResponse {
    let request = CheckOrderAuthorizationRequest {
        provider: provider.to_owned(),
        reseller: reseller.to_owned(),
        customer: customer.to_owned(),
        operation: operation.into(),
        as_of: None,
    };
    let answer = world.relationships().check_order_authorization(who.asks(request)).await;
    answer.unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_what_blocks_an_order_shrinks_step_by_step() {
    on_each_engine(async |world| {
        let order_system = world.staff().await.order_system.clone();
        let provider = world.provider("anahuac", "ES", Stage::Tied).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Tied).await;
        let customer = world.company("zbinden", "CH").await;
        let name = customer_of(&customer);
        let catalogue = [
            "provider.active",
            "reseller.active",
            "relationship.active",
            "grant.order-on-behalf",
            "customer.reseller-authorised",
            "customer.provider-authorised",
            "customer.agreement",
        ];
        let check = async |step: &str, expected: &[&str], manages: bool| {
            let all = (&provider, &reseller, name.as_str());
            let found = blockers(&world, &order_system, all, OrderOperation::NewPurchase).await;
            assert_eq!(found, expected, "{step} on {}", world.engine);
            let found = blockers(&world, &order_system, all, OrderOperation::ManageExisting).await;
            let row: &[&str] = if manages { &[] } else { &["customer.provider-authorised"] };
            assert_eq!(found, row, "{step} on {}", world.engine);
        };
        check("at first", &catalogue, false).await;
        world.sign(&provider).await;
        check("the provider signed", &catalogue[1..], false).await;
        invite(&world, &provider.anna, named(&reseller.contact(), &reseller)).await.unwrap();
        let secret = world.secret_to(&reseller.contact()).await;
        check("the reseller is invited", &catalogue[1..], false).await;
        world.sign(&reseller).await;
        check("the reseller signed", &catalogue[2..], false).await;
        let asked = reseller.anna.asks(acceptance(&secret));
        world.relationships().accept_invitation(asked).await.unwrap();
        check("they are connected", &catalogue[4..], false).await;
        world.authorise(&customer, &reseller, &provider).await;
        check("the customer accepted both", &catalogue[6..], true).await;
        let attest = api::agreements::v1::AttestCustomerAgreementRequest {
            customer: name.clone(),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: "Zbinden".to_owned(),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..Default::default()
        };
        let asked = provider.anna.asks(attest);
        world.agreements().attest_customer_agreement(asked).await.unwrap();
        check("its agreement is attested", &[], true).await;
        world.suspend(&reseller.partner, Some("UNPAID")).await;
        check("the reseller is suspended", &catalogue[1..2], true).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_who_is_no_party_and_who_names_something_unknown_get_one_answer() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let stranger = world.provider("cierzo", "ES", Stage::Active).await;
        let far = world.reseller("meseta", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let nobodys = customer_of(&world.company("alpine", "CH").await);
        invite(&world, &provider.anna, named(&far.contact(), &far)).await.unwrap();
        let name = customer_of(&customer);
        let (partner, no_customer) =
            (format!("partners/{UNKNOWN}"), format!("customers/{UNKNOWN}"));
        let (p, r, c) = (provider.partner.as_str(), reseller.partner.as_str(), name.as_str());
        let others = [
            ("a strange provider", &stranger, (p, r, c)),
            ("a strange reseller", &far, (p, r, c)),
            ("an unknown provider", &reseller, (partner.as_str(), r, c)),
            ("an unknown reseller", &provider, (p, partner.as_str(), c)),
            ("an unknown customer", &provider, (p, r, no_customer.as_str())),
            ("an unknown customer, by the reseller", &reseller, (p, r, no_customer.as_str())),
            ("nobody's customer", &provider, (p, r, nobodys.as_str())),
            ("nobody's customer, by the reseller", &reseller, (p, r, nobodys.as_str())),
            ("a strange provider, by the reseller", &reseller, (stranger.partner.as_str(), r, c)),
            ("an invited reseller, by the provider", &provider, (p, far.partner.as_str(), c)),
            ("the invited reseller itself", &far, (p, far.partner.as_str(), c)),
            ("reseller and provider swapped", &reseller, (r, p, c)),
        ];
        for operation in [OrderOperation::NewPurchase, OrderOperation::ManageExisting] {
            let mut answers = Vec::new();
            for (case, who, all) in others {
                let mut answer = ask(&world, &who.anna, all, operation).await;
                assert!(answer.check_time.take().is_some() && !answer.authorized, "{case}");
                let ids: Vec<_> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
                assert_eq!(ids, ["relationship.active"], "{case} on {}", world.engine);
                answers.push((case, answer.encode_to_vec()));
            }
            for (case, answer) in &answers {
                assert_eq!(*answer, answers[0].1, "{case} on {}", world.engine);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r8_connecting_shares_no_existing_customer() {
    on_each_engine(async |world| {
        let first = world.provider("anahuac", "ES", Stage::Active).await;
        let second = world.provider("cierzo", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let other = world.reseller("meseta", "ES", Stage::Active).await;
        for (provider, reseller) in [(&first, &reseller), (&second, &reseller), (&first, &other)] {
            world.connect(provider, reseller).await;
        }
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &first).await;
        let name = customer_of(&customer);
        let buy = OrderOperation::NewPurchase;
        let rows = ["customer.provider-authorised", "customer.agreement"];
        let alone = ["relationship.active"];
        for (case, who, provider, reseller, expected) in [
            ("the reseller of its own", &reseller, &second, &reseller, &rows[..]),
            ("a provider of its reseller's", &second, &second, &reseller, &alone),
            ("a reseller of its provider's", &other, &first, &other, &alone),
            (
                "the provider via the other",
                &first,
                &first,
                &other,
                &[
                    "customer.reseller-authorised",
                    "customer.provider-authorised",
                    "customer.agreement",
                ],
            ),
        ] {
            let all = (provider, reseller, name.as_str());
            let found = blockers(&world, &who.anna, all, buy).await;
            assert_eq!(found, expected, "{case} on {}", world.engine);
        }
        // Existing things are managed by the provider's row via this very reseller.
        let order_system = &world.staff().await.order_system;
        for (provider, reseller, n) in
            [(&first, &reseller, 0), (&second, &reseller, 1), (&first, &other, 1)]
        {
            let all = (provider, reseller, name.as_str());
            let found = blockers(&world, order_system, all, OrderOperation::ManageExisting).await;
            assert_eq!(found.len(), n, "{found:?} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r10_a_party_reads_of_other_companies_conditions_only_id_and_turn() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        let relationship = world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let request = RevokeGrantRequest {
            name: relationship.name,
            grant_type: GrantType::OrderOnBehalf.into(),
            ..RevokeGrantRequest::default()
        };
        world.relationships().revoke_grant(reseller.anna.asks(request)).await.unwrap();
        let name = customer_of(&customer);
        let all = (provider.partner.as_str(), reseller.partner.as_str(), name.as_str());
        let order_system = world.staff().await.order_system.clone();
        let operator = world.platform(&[Role::Operator]).await;
        let is_opaque = |it: &Requirement| {
            let mut rest = it.clone();
            (rest.id, rest.turn, rest.blocked_goals) = (String::new(), 0, Vec::new());
            rest == Requirement { blocking: true, ..Requirement::default() }
        };
        // Of the grant, which is the reseller's turn, and of the agreement, which is the customer's.
        for (case, who, opaque) in [
            ("the order system", &order_system, [false, false]),
            ("an operator", &operator, [false, false]),
            ("the reseller", &reseller.anna, [false, true]),
            ("the provider", &provider.anna, [true, true]),
        ] {
            let answer = ask(&world, who, all, OrderOperation::NewPurchase).await;
            let ids: Vec<_> = answer.blockers.iter().map(|it| it.id.as_str()).collect();
            let expected = ["grant.order-on-behalf", "customer.agreement"];
            assert_eq!(ids, expected, "{case} on {}", world.engine);
            let found: Vec<bool> = answer.blockers.iter().map(is_opaque).collect();
            assert_eq!(found, opaque, "{case} on {}", world.engine);
        }
    })
    .await;
}
