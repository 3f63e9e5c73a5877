//! The main job, end to end: from no account to an authorised order.

use api::{
    agreements::v1::AttestCustomerAgreementRequest,
    relationships::v1::{CheckOrderAuthorizationRequest, OrderOperation},
};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    on_each_engine,
};

/// Ids of what blocks a new purchase, as the caller reads them.
pub async fn blockers(
    world: &World,
    who: &Persona,
    (provider, reseller, customer): (&Firm, &Firm, &str),
    operation: OrderOperation,
) -> Vec<String> {
    let ask = CheckOrderAuthorizationRequest {
        provider: provider.partner.clone(),
        reseller: reseller.partner.clone(),
        customer: customer.to_owned(),
        operation: operation.into(),
        as_of: None,
    };
    let asked = who.asks(ask);
    let answer = world.relationships().check_order_authorization(asked).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.authorized, answer.blockers.is_empty());
    answer.blockers.into_iter().map(|it| it.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_no_account_to_an_authorised_order() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        let order_system = &world.staff().await.order_system;
        let name = customer.company.replace("companies", "customers");
        let buy = OrderOperation::NewPurchase;
        let all = (&provider, &reseller, name.as_str());
        let rows =
            ["customer.reseller-authorised", "customer.provider-authorised", "customer.agreement"];
        assert_eq!(blockers(&world, order_system, all, buy).await, rows, "{}", world.engine);
        world.authorise(&customer, &reseller, &provider).await;
        assert_eq!(blockers(&world, order_system, all, buy).await, ["customer.agreement"]);

        let attest = AttestCustomerAgreementRequest {
            customer: name.clone(),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: "Zbinden".to_owned(),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..Default::default()
        };
        let asked = provider.anna.asks(attest);
        world.agreements().attest_customer_agreement(asked).await.unwrap();
        let none: [&str; 0] = [];
        for who in [order_system, &provider.anna, &reseller.anna] {
            assert_eq!(blockers(&world, who, all, buy).await, none, "{}", world.engine);
        }
    })
    .await;
}
