//! Acceptances are read by whom they concern; a customer accepts for itself, whoever serves it.

use api::{
    agreements::v1::{
        AcceptAgreementRequest, AcceptCustomerAgreementRequest, Acceptance, GetAcceptanceRequest,
        GetAgreementRequest, GetCustomerAgreementStatusRequest, GetCustomerAgreementStatusResponse,
        ListAcceptancesRequest,
    },
    relationships::v1::OrderOperation,
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, yes},
    metadata, on_each_engine, reason, without_call,
};
use tonic::{Code, Status};

use crate::{
    agreements::{draft, publish},
    attestations::attest_for,
    customers::customer_of,
    parting,
    thread::blockers,
};

async fn get(world: &World, who: &Persona, name: &str) -> Result<Acceptance, Status> {
    let asked = who.asks(GetAcceptanceRequest { name: name.to_owned() });
    let answer = world.agreements().get_acceptance(asked).await?;
    Ok(answer.into_inner().acceptance.unwrap())
}

/// Every page of the list, two rows each.
async fn list(world: &World, who: &Persona, filter: ListAcceptancesRequest) -> Vec<Acceptance> {
    let (mut all, mut page_token) = (Vec::new(), String::new());
    for _ in 0..50 {
        let request = ListAcceptancesRequest { page_size: 2, page_token, ..filter.clone() };
        let answer = world.agreements().list_acceptances(who.asks(request)).await.unwrap();
        let answer = answer.into_inner();
        assert!(answer.acceptances.len() <= 2);
        all.extend(answer.acceptances);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return all;
        }
    }
    panic!("the list does not end");
}

/// What accepts the customer agreement in force.
pub async fn customers_signature(
    world: &World,
    customer: &Persona,
) -> AcceptCustomerAgreementRequest {
    let version = world.version_in_force(customer, "customer").await;
    AcceptCustomerAgreementRequest {
        name: version.name,
        document_sha256: version.documents[0].content_sha256.clone(),
        consent: yes(consent::AGREEMENT),
        ..AcceptCustomerAgreementRequest::default()
    }
}

pub async fn accept(
    world: &World,
    who: &Persona,
    request: &AcceptCustomerAgreementRequest,
) -> Result<Acceptance, Status> {
    let asked = who.asks(request.clone());
    let answer = world.agreements().accept_customer_agreement(asked).await?;
    Ok(answer.into_inner().acceptance.unwrap())
}

async fn status(
    world: &World,
    who: &Persona,
    customer: &Persona,
    provider: Option<&Firm>,
) -> Result<GetCustomerAgreementStatusResponse, Status> {
    let request = GetCustomerAgreementStatusRequest {
        customer: customer_of(customer),
        provider: provider.map(|it| it.partner.clone()).unwrap_or_default(),
    };
    let answer = world.agreements().get_customer_agreement_status(who.asks(request)).await?;
    Ok(answer.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_reads_its_own_acceptances_and_the_platform_all() {
    on_each_engine(async |world| {
        let one = world.reseller("one", "ES", Stage::Active).await;
        let two = world.provider("two", "ES", Stage::Active).await;
        let made = draft(&world, "reseller", b"new terms").await;
        publish(&world, &made.name, "").await.unwrap();
        world.sign(&one).await;
        accept(&world, &one.anna, &customers_signature(&world, &one.anna).await).await.unwrap();
        let auditor = world.platform(&[Role::Auditor]).await;

        let ones = list(&world, &one.anna, ListAcceptancesRequest::default()).await;
        let kinds: Vec<_> = ones.iter().map(|it| (!it.partner.is_empty(), &it.version)).collect();
        assert_eq!(kinds.iter().map(|it| it.0).collect::<Vec<_>>(), [true, true, false]);
        assert_eq!(kinds[1].1, &made.name, "{}", world.engine);
        assert_eq!(ones[2].customer, customer_of(&one.anna), "{}", world.engine);
        let twos = list(&world, &two.anna, ListAcceptancesRequest::default()).await;
        assert_eq!(twos.len(), 1, "{}", world.engine);
        let all = list(&world, &auditor, ListAcceptancesRequest::default()).await;
        assert_eq!(all.len(), 4, "{}", world.engine);
        let of_version =
            ListAcceptancesRequest { version: made.name.clone(), ..Default::default() };
        assert_eq!(list(&world, &auditor, of_version.clone()).await, ones[1..2].to_vec());
        assert!(list(&world, &two.anna, of_version).await.is_empty(), "{}", world.engine);
        let of_partner =
            ListAcceptancesRequest { partner: one.partner.clone(), ..Default::default() };
        assert_eq!(list(&world, &auditor, of_partner.clone()).await, ones[..2].to_vec());
        assert!(list(&world, &two.anna, of_partner).await.is_empty(), "{}", world.engine);

        // Lists equal the Gets that succeed; foreign is unknown, byte for byte.
        let unknown = "acceptances/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let unknown = without_call(&get(&world, &two.anna, unknown).await.unwrap_err());
        for it in &ones {
            assert_eq!(&get(&world, &one.anna, &it.name).await.unwrap(), it, "{}", world.engine);
            assert_eq!(&get(&world, &auditor, &it.name).await.unwrap(), it, "{}", world.engine);
            let err = get(&world, &two.anna, &it.name).await.unwrap_err();
            assert_eq!(without_call(&err), unknown, "{}", world.engine);
        }
        let token = ListAcceptancesRequest { page_size: 1, ..Default::default() };
        let answer = world.agreements().list_acceptances(one.anna.asks(token)).await.unwrap();
        let page_token = answer.into_inner().next_page_token;
        let stolen = ListAcceptancesRequest { page_token, ..Default::default() };
        let err = world.agreements().list_acceptances(two.anna.asks(stolen)).await.unwrap_err();
        assert_eq!(reason(&err), "PAGE_TOKEN_INVALID", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_an_acceptance_remembers_when_the_agreement_was_shown() {
    on_each_engine(async |world| {
        let firm = world.reseller("shown", "ES", Stage::Tied).await;
        let shown = world.clock.now();
        let name = "agreements/reseller".to_owned();
        let asked = firm.anna.asks(GetAgreementRequest { name });
        let version = world.agreements().get_agreement(asked).await.unwrap().into_inner();
        let version = version.agreement.unwrap().versions.remove(0);
        world.clock.advance(Duration::minutes(3));
        let request = AcceptAgreementRequest {
            name: version.name,
            document_sha256: version.documents[0].content_sha256.clone(),
            consent: yes(consent::AGREEMENT),
            ..Default::default()
        };
        let signed = world.agreements().accept_agreement(firm.anna.asks(request)).await.unwrap();
        let signed = signed.into_inner().acceptance.unwrap();
        let expected = api::time(shown.timestamp(), shown.timestamp_subsec_nanos());
        assert_eq!(signed.present_time, Some(expected), "{}", world.engine);
        assert_eq!(signed.download_time, None, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_a_customer_accepts_by_itself_or_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let staff = world.staff().await.clone();
        let customer = world.company("zbinden", "CH").await;
        let agent = world.colleague(&customer, "berta", &[Role::AdminAgent]).await;
        let good = customers_signature(&world, &customer).await;
        let made = draft(&world, "customer", b"new terms").await;
        let resellers = world.version_in_force(&staff.publisher, "reseller").await;
        let hash = made.documents[0].content_sha256.clone();
        let of = |name: &str, hash: &[u8]| AcceptCustomerAgreementRequest {
            name: name.to_owned(),
            document_sha256: hash.to_vec(),
            ..good.clone()
        };
        let silent = AcceptCustomerAgreementRequest { consent: None, ..good.clone() };
        let of_resellers = of(&resellers.name, &resellers.documents[0].content_sha256);
        for (case, request, why) in [
            ("silence", silent, "CONSENT_REQUIRED"),
            ("another document", of(&good.name, &[7; 32]), "DOCUMENT_HASH_MISMATCH"),
            ("a draft", of(&made.name, &hash), "AGREEMENT_NOT_EFFECTIVE"),
            ("the resellers'", of_resellers, "RESOURCE_NOT_FOUND"),
        ] {
            let err = accept(&world, &customer, &request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{case} on {}", world.engine);
        }
        let err = accept(&world, &agent, &good).await.unwrap_err();
        assert_eq!(reason(&err), "ROLE_MISSING", "{}", world.engine);

        let first = accept(&world, &customer, &good).await.unwrap();
        assert_eq!(first.customer, customer_of(&customer), "{}", world.engine);
        assert_eq!(first.signer, customer.user, "{}", world.engine);
        let err = accept(&world, &customer, &good).await.unwrap_err();
        assert_eq!(err.code(), Code::AlreadyExists, "{}", world.engine);
        assert_eq!(metadata(&err, "acceptance"), first.name, "{}", world.engine);

        publish(&world, &made.name, "").await.unwrap();
        let other = world.company("alpine", "CH").await;
        let err = accept(&world, &other, &good).await.unwrap_err();
        assert_eq!(reason(&err), "AGREEMENT_VERSION_SUPERSEDED", "{}", world.engine);
        let seen = status(&world, &customer, &customer, None).await.unwrap();
        assert_eq!(seen.accepted_version, good.name, "stays good, on {}", world.engine);
        accept(&world, &customer, &of(&made.name, &hash)).await.unwrap();
        let seen = status(&world, &customer, &customer, None).await.unwrap();
        assert_eq!(seen.accepted_version, made.name, "{}", world.engine);

        world.clock.advance(Duration::seconds(901));
        let err = accept(&world, &other, &of(&made.name, &hash)).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_accept_for_a_customer_at_once_one_does() {
    on_each_engine(async |world| {
        world.staff().await;
        let customer = world.company("zbinden", "CH").await;
        let berta = world.colleague(&customer, "berta", &[Role::GlobalAdmin]).await;
        let request = customers_signature(&world, &customer).await;
        let tries: Vec<_> = [&customer, &berta]
            .into_iter()
            .map(|who| {
                let (mut client, asked) = (world.agreements(), who.asks(request.clone()));
                tokio::spawn(async move { client.accept_customer_agreement(asked).await })
            })
            .collect();
        let mut n_made = 0;
        for it in tries {
            match it.await.unwrap() {
                Ok(_) => n_made += 1,
                Err(err) => assert_eq!(reason(&err), "AGREEMENT_ALREADY_ACCEPTED"),
            }
        }
        assert_eq!(n_made, 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_what_a_customer_accepted_itself_survives_every_change_of_partner() {
    on_each_engine(async |world| {
        let all = parting::served(&world).await;
        let name = customer_of(&all.customer);
        let order_system = world.staff().await.order_system.clone();
        let buy = OrderOperation::NewPurchase;
        let ask = async |provider: &Firm| {
            blockers(&world, &order_system, (provider, &all.reseller, &name), buy).await
        };
        assert_eq!(ask(&all.one).await, ["customer.agreement"], "{}", world.engine);
        let signature = customers_signature(&world, &all.customer).await;
        accept(&world, &all.customer, &signature).await.unwrap();
        let none: [&str; 0] = [];
        for provider in [&all.one, &all.two] {
            assert_eq!(ask(provider).await, none, "{}", world.engine);
        }
        attest_for(&world, &all.one, &all.customer).await;
        // All partners go, another one comes.
        let rows = parting::partners(&world, &all.customer, false).await;
        let row = parting::row_of(&rows, &all.reseller);
        parting::end(&world, &all.customer, &row).await.unwrap();
        let three = world.provider("three", "ES", Stage::Active).await;
        let other = world.reseller("other", "ES", Stage::Active).await;
        world.connect(&three, &other).await;
        world.authorise(&all.customer, &other, &three).await;
        let found = blockers(&world, &order_system, (&three, &other, &name), buy).await;
        assert_eq!(found, none, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r8_each_reads_its_own_share_of_what_stands_for_a_customer() {
    on_each_engine(async |world| {
        let all = parting::served(&world).await;
        let stranger = world.provider("stranger", "ES", Stage::Active).await;
        for provider in [&all.one, &all.two] {
            attest_for(&world, provider, &all.customer).await;
        }
        let signature = customers_signature(&world, &all.customer).await;
        accept(&world, &all.customer, &signature).await.unwrap();
        let order_system = &world.staff().await.order_system;
        let both = vec![all.one.partner.clone(), all.two.partner.clone()];
        for (case, who, named, expected) in [
            ("itself", &all.customer, None, both.clone()),
            ("itself about one", &all.customer, Some(&all.one), both[..1].to_vec()),
            ("one", &all.one.anna, None, both[..1].to_vec()),
            ("one about the other", &all.one.anna, Some(&all.two), Vec::new()),
            ("two", &all.two.anna, None, both[1..].to_vec()),
            ("the reseller", &all.reseller.anna, None, both.clone()),
            ("the order system", order_system, None, both.clone()),
            ("the order system about two", order_system, Some(&all.two), both[1..].to_vec()),
        ] {
            let seen = status(&world, who, &all.customer, named).await.unwrap();
            assert!(seen.accepted, "{case} on {}", world.engine);
            let found: Vec<_> = seen.attestations.iter().map(|it| it.provider.clone()).collect();
            assert_eq!(found, expected, "{case} on {}", world.engine);
        }
        let nobody = world.company("nobody", "CH").await;
        let unknown = status(&world, &stranger.anna, &nobody, None).await.unwrap_err();
        let foreign = status(&world, &stranger.anna, &all.customer, None).await.unwrap_err();
        assert_eq!(without_call(&unknown), without_call(&foreign), "{}", world.engine);
        // Who serves the customer no longer reads nothing of it.
        let rows = parting::partners(&world, &all.customer, false).await;
        let row = parting::row_of(&rows, &all.one);
        parting::end(&world, &all.customer, &row).await.unwrap();
        let gone = status(&world, &all.one.anna, &all.customer, None).await.unwrap_err();
        assert_eq!(without_call(&gone), without_call(&foreign), "{}", world.engine);
    })
    .await;
}
