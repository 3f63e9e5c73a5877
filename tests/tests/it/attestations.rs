//! A provider states that a customer has signed the customer agreement.

use api::{
    agreements::v1::{AttestCustomerAgreementRequest, CustomerAgreement, CustomerAgreementState},
    relationships::v1::OrderOperation,
};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    metadata, on_each_engine, reason, without_call,
};
use tonic::{Code, Status};

use crate::{customers::customer_of, invitations::only, thread::blockers};

async fn attest(
    world: &World,
    who: &Persona,
    request: &AttestCustomerAgreementRequest,
) -> Result<CustomerAgreement, Status> {
    let asked = who.asks(request.clone());
    let answer = world.agreements().attest_customer_agreement(asked).await?;
    Ok(answer.into_inner().customer_agreement.unwrap())
}

/// A provider attests its customer's signature.
pub async fn attest_for(world: &World, provider: &Firm, customer: &Persona) -> CustomerAgreement {
    let request = AttestCustomerAgreementRequest {
        customer: customer_of(customer),
        signer_given_name: "Beat".to_owned(),
        signer_family_name: "Zbinden".to_owned(),
        signer_email: "beat@bluewin.example".to_owned(),
        sign_date: "2026-11-24".to_owned(),
        ..AttestCustomerAgreementRequest::default()
    };
    attest(world, &provider.anna, &request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_an_attestation_is_refused_for_each_reason_and_other_data_replace_it() {
    on_each_engine(async |world| {
        let provider = world.provider("anahuac", "ES", Stage::Active).await;
        let reseller = world.reseller("diagonal", "ES", Stage::Active).await;
        world.connect(&provider, &reseller).await;
        let customer = world.company("zbinden", "CH").await;
        world.authorise(&customer, &reseller, &provider).await;
        let stranger = world.company("alpine", "CH").await;
        let base = AttestCustomerAgreementRequest {
            customer: customer_of(&customer),
            signer_given_name: "Beat".to_owned(),
            signer_family_name: "Zbinden".to_owned(),
            signer_email: "beat@bluewin.example".to_owned(),
            sign_date: "2026-11-24".to_owned(),
            ..AttestCustomerAgreementRequest::default()
        };
        let dated = |sign_date: &str| AttestCustomerAgreementRequest {
            sign_date: sign_date.to_owned(),
            ..base.clone()
        };
        let of = |customer: &str| AttestCustomerAgreementRequest {
            customer: customer.to_owned(),
            ..base.clone()
        };
        for (request, why) in
            [(dated("2026-11-25"), "SIGN_DATE_IN_FUTURE"), (dated("2026-02-30"), "FIELD_INVALID")]
        {
            let err = attest(&world, &provider.anna, &request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{request:?} on {}", world.engine);
        }
        let unknown = "customers/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let mut answers = Vec::new();
        for name in [&customer_of(&stranger), unknown] {
            let err = attest(&world, &provider.anna, &of(name)).await.unwrap_err();
            assert_eq!(err.code(), Code::NotFound, "{name} on {}", world.engine);
            answers.push(without_call(&err));
        }
        assert_eq!(answers[0], answers[1], "{}", world.engine);
        let err = attest(&world, &reseller.anna, &base).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);

        let first = attest(&world, &provider.anna, &base).await.unwrap();
        assert_eq!(first.state(), CustomerAgreementState::Attested, "{}", world.engine);
        let err = attest(&world, &provider.anna, &base).await.unwrap_err();
        let why = "CUSTOMER_AGREEMENT_ALREADY_ATTESTED";
        assert_eq!(reason(&err), why, "{}", world.engine);
        assert_eq!(metadata(&err, "customerAgreement"), first.name, "{}", world.engine);
        let second = attest(&world, &provider.anna, &dated("2026-11-20")).await.unwrap();
        assert_eq!(second.name, first.name, "{}", world.engine);
        assert_ne!(second.etag, first.etag, "{}", world.engine);
        assert_eq!(second.sign_date, "2026-11-20", "{}", world.engine);

        // The customer's global admin reads both in its mail and in its ledger.
        world.deliver().await;
        let (label, _) = customer.sign_in_name.split_once('@').unwrap().1.split_once('.').unwrap();
        let address = format!("anna@{label}.example");
        let mails = world.mailbox().list().unwrap();
        let texts: Vec<_> = mails.iter().filter(|it| it.to == address).map(|it| &it.text).collect();
        assert_eq!(texts.len(), 2, "{}", world.engine);
        assert!(texts.iter().all(|it| it.contains("Beat Zbinden")), "{texts:?}");
        let ledger = world.ledger(&customer).await;
        let n = only(&ledger, "CustomerAgreementAttested").len();
        assert_eq!(n, 2, "{}", world.engine);
        let (customer, order_system) = (customer_of(&customer), &world.staff().await.order_system);
        let all = (&provider, &reseller, customer.as_str());
        let found = blockers(&world, order_system, all, OrderOperation::NewPurchase).await;
        assert!(found.is_empty(), "{found:?} on {}", world.engine);
    })
    .await;
}
