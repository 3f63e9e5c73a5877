//! Evidence packs altered in every way: both verifiers find each alteration, and no good pack is
//! refused.

use std::collections::BTreeMap;

use agreements::verify_evidence;
use api::{
    agreements::v1::{
        AcceptAgreementRequest, AcceptCustomerAgreementRequest, CreateAgreementVersionRequest,
        DownloadAgreementDocumentRequest, NewDocument, PublishAgreementVersionRequest,
    },
    enrollment::v1::StartEnrollmentRequest,
    types::v1::Consent,
};
use chrono::Duration;
use domain::{Language, Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, yes},
    oidc::Issuer,
    packs::{ALTERATIONS, altered},
    verifier::second_opinion,
};

/// How many packs the second verifier reads at a time.
const BATCH: usize = 500;

pub async fn run(n: usize) {
    let issuer = Issuer::start();
    for world in [World::sqlite_believing(&issuer).await, World::postgres_believing(&issuer).await]
    {
        let packs = packs(&world, &issuer).await;
        let (path, known) = world.key_set();
        let statements: Vec<String> =
            packs.iter().map(|it| verify_evidence(it, &known).unwrap().acceptance).collect();
        for (statement, said) in statements.iter().zip(second_opinion(&path, &packs)) {
            assert_eq!(said, format!("good {statement}"), "{}", world.engine);
        }
        let mut dice = fastrand::Rng::with_seed(1);
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        let numbers: Vec<usize> = (0..n).collect();
        for batch in numbers.chunks(BATCH) {
            let (mut done, mut tried) = (Vec::new(), Vec::new());
            for n in batch {
                // Every kind of alteration to every pack.
                let at = n / ALTERATIONS;
                let (pack, other) = (&packs[at % packs.len()], &packs[(at + 1) % packs.len()]);
                let (what, bytes) = altered(pack, other, n % ALTERATIONS, &mut dice);
                let flaw = verify_evidence(&bytes, &known).expect_err(&what);
                *reasons.entry(kind(&flaw)).or_default() += 1;
                done.push(what);
                tried.push(bytes);
            }
            for (what, said) in done.iter().zip(second_opinion(&path, &tried)) {
                assert!(said.starts_with("bad "), "{what}: {said} on {}", world.engine);
            }
        }
        println!(
            "evidence     {:8}  {} packs good for both verifiers; {n} alterations found by both: \
             {reasons:?}",
            world.engine,
            packs.len()
        );
    }
}

fn kind(flaw: &agreements::Flaw) -> String {
    let words = format!("{flaw:?}");
    words.split('(').next().unwrap_or_default().to_owned()
}

/// Packs of acceptances of every kind: plain ones of a reseller, a provider and a customer, which has
/// no authority to state; after a download, of a text in Spanish agreed to in English; of a second
/// version; with a second factor; by a person of an external directory.
async fn packs(world: &World, issuer: &Issuer) -> Vec<Vec<u8>> {
    let firm = world.reseller("one", "ES", Stage::Active).await;
    world.provider("two", "MX", Stage::Active).await;
    let customer = world.company("zbinden", "CH").await;
    accept(world, &customer).await;
    downloaded(world).await;

    let strong = world.company("caution", "ES").await;
    let strong = world.with_second_factor(&strong).await;
    accept(world, &strong).await;

    let elsa = issuer.person("ibanez", "elsa", world.clock.now()).as_admin().persona();
    let request = StartEnrollmentRequest {
        region_code: "ES".to_owned(),
        display_name: "Muebles Ibáñez".to_owned(),
        ..Default::default()
    };
    world.enrollment().start_enrollment(elsa.asks(request)).await.unwrap();
    accept(world, &elsa).await;

    again(world, &firm).await;
    let packs = world.packs(&world.platform(&[Role::Auditor]).await).await;
    assert_eq!(packs.len(), 7, "{}", world.engine);
    packs
}

async fn accept(world: &World, customer: &Persona) {
    let version = world.version_in_force(customer, "customer").await;
    let request = AcceptCustomerAgreementRequest {
        name: version.name,
        document_sha256: version.documents[0].content_sha256.clone(),
        consent: yes(consent::AGREEMENT),
        ..Default::default()
    };
    world.agreements().accept_customer_agreement(customer.asks(request)).await.unwrap();
}

/// A signature after the document was read, in other languages than the first.
async fn downloaded(world: &World) {
    let firm = world.reseller("reader", "ES", Stage::Tied).await;
    let version = world.version_in_force(&firm.anna, "reseller").await;
    let document = version.documents.iter().find(|it| it.language_code == "es").unwrap();
    let (name, document_sha256) = (version.name.clone(), document.content_sha256.clone());
    let ask = DownloadAgreementDocumentRequest {
        name: name.clone(),
        document_sha256: document_sha256.clone(),
    };
    world.agreements().download_agreement_document(firm.anna.asks(ask)).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    let text_sha256 = consent::AGREEMENT.sha256(Language::English);
    let consent = Some(Consent { given: true, text_sha256 });
    let request = AcceptAgreementRequest { name, document_sha256, consent, ..Default::default() };
    world.agreements().accept_agreement(firm.anna.asks(request)).await.unwrap();
}

/// A new version takes effect, and the firm signs that, too.
async fn again(world: &World, firm: &Firm) {
    let publisher = &world.staff().await.publisher;
    let document = NewDocument {
        language_code: "en".to_owned(),
        media_type: "text/markdown".to_owned(),
        content: b"other terms".to_vec(),
    };
    let request = CreateAgreementVersionRequest {
        parent: "agreements/reseller".to_owned(),
        display_name: "2026-12".to_owned(),
        documents: vec![document],
        ..Default::default()
    };
    let made = world.agreements().create_agreement_version(publisher.asks(request)).await;
    let name = made.unwrap().into_inner().agreement_version.unwrap().name;
    let request = PublishAgreementVersionRequest { name, ..Default::default() };
    world.agreements().publish_agreement_version(publisher.asks(request)).await.unwrap();
    world.sign(firm).await;
}
