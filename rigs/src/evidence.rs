//! Evidence packs altered in every way: both verifiers find each alteration, and no good pack is
//! refused.

use std::collections::BTreeMap;

use agreements::verify_evidence;
use api::agreements::v1::AcceptCustomerAgreementRequest;
use domain::{Role, consent};
use it::{
    World,
    cast::{Stage, yes},
    packs::{ALTERATIONS, altered},
    verifier::second_opinion,
};

use crate::engines;

/// How many packs the second verifier reads at a time.
const BATCH: usize = 500;

pub async fn run(n: usize) {
    for world in engines().await {
        let packs = packs(&world).await;
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
                let (pack, other) = (&packs[n % packs.len()], &packs[(n + 1) % packs.len()]);
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

/// Packs of a reseller, a provider and a customer.
async fn packs(world: &World) -> Vec<Vec<u8>> {
    world.reseller("one", "ES", Stage::Active).await;
    world.provider("two", "MX", Stage::Active).await;
    let customer = world.company("zbinden", "CH").await;
    let version = world.version_in_force(&customer, "customer").await;
    let request = AcceptCustomerAgreementRequest {
        name: version.name,
        document_sha256: version.documents[0].content_sha256.clone(),
        consent: yes(consent::AGREEMENT),
        ..Default::default()
    };
    world.agreements().accept_customer_agreement(customer.asks(request)).await.unwrap();
    world.packs(&world.platform(&[Role::Auditor]).await).await
}
