//! Every acceptance is evidence that verifies off-line, by two verifiers that share nothing (A5).

use std::fs;

use agreements::verify_evidence;
use api::agreements::v1::{
    DownloadAgreementDocumentRequest, EvidenceStatement, GetAgreementRequest,
    ListEvidenceKeysRequest,
};
use chrono::Duration;
use domain::{Language, Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage},
    happened, on_each_engine,
    packs::{ALTERATIONS, altered},
    verifier::second_opinion,
    without_call,
};
use prost::Message as _;
use prost_reflect::{DescriptorPool, Kind};
use sha2::{Digest as _, Sha256};

use crate::acceptances::{accept, customers_signature};

/// A reseller that read, downloaded and signed, a minute apart; its acceptance.
async fn signed(world: &World) -> (Firm, String, [prost_types::Timestamp; 3]) {
    let firm = world.reseller("signer", "ES", Stage::Tied).await;
    let moment = || {
        let now = world.clock.now();
        api::time(now.timestamp(), now.timestamp_subsec_nanos())
    };
    let name = "agreements/reseller".to_owned();
    let presented = moment();
    let asked = firm.anna.asks(GetAgreementRequest { name });
    let shown = world.agreements().get_agreement(asked).await;
    let version = shown.unwrap().into_inner().agreement.unwrap().versions.remove(0);
    world.clock.advance(Duration::minutes(1));
    let downloaded = moment();
    let document_sha256 = version.documents[0].content_sha256.clone();
    let name = version.name;
    let ask = DownloadAgreementDocumentRequest { name: name.clone(), document_sha256 };
    let document_sha256 = ask.document_sha256.clone();
    world.agreements().download_agreement_document(firm.anna.asks(ask)).await.unwrap();
    world.clock.advance(Duration::minutes(1));
    let accepted = moment();
    let request = api::agreements::v1::AcceptAgreementRequest {
        name,
        document_sha256,
        consent: it::cast::yes(consent::AGREEMENT),
        ..Default::default()
    };
    let answer = world.agreements().accept_agreement(firm.anna.asks(request)).await.unwrap();
    let acceptance = answer.into_inner().acceptance.unwrap().name;
    (firm, acceptance, [presented, downloaded, accepted])
}

#[tokio::test(flavor = "multi_thread")]
async fn a5_a_pack_states_all_that_was_so_and_is_the_same_each_time() {
    on_each_engine(async |world| {
        let (firm, acceptance, times) = signed(&world).await;
        let auditor = world.platform(&[Role::Auditor]).await;
        let (path, known) = world.key_set();
        let pack = world.pack(&firm.anna, &acceptance).await.unwrap();
        // Later names, roles and versions change nothing of it.
        world.clock.advance(Duration::hours(1));
        let made = crate::agreements::draft(&world, "reseller", b"new terms").await;
        crate::agreements::publish(&world, &made.name, "").await.unwrap();
        world.suspend(&firm.partner, Some("audit")).await;
        for who in [&firm.anna, &auditor] {
            assert_eq!(world.pack(who, &acceptance).await.unwrap(), pack, "{}", world.engine);
        }

        let it: EvidenceStatement = verify_evidence(&pack, &known).unwrap();
        assert_eq!(it.acceptance, acceptance, "{}", world.engine);
        let signer = it.signer.unwrap();
        assert_eq!(signer.user, firm.anna.user, "{}", world.engine);
        assert_eq!(signer.issuer, "work.pacta.example", "{}", world.engine);
        assert!(firm.anna.user.ends_with(&signer.subject), "{}", world.engine);
        let name = (signer.given_name.as_str(), signer.family_name.as_str());
        assert_eq!(name, ("Anna", "Ferrer"), "{}", world.engine);
        assert_eq!(signer.email, firm.anna_mail(), "{}", world.engine);
        assert_eq!(signer.roles, ["GLOBAL_ADMIN"], "{}", world.engine);
        let company = it.company.unwrap();
        assert_eq!(company.partner, firm.partner, "{}", world.engine);
        assert_eq!(company.partner_id, firm.number, "{}", world.engine);
        assert_eq!(company.region_code, "ES", "{}", world.engine);
        assert_eq!(company.legal_name, format!("{} S.L.", firm.domain), "{}", world.engine);
        let authority = it.authority.unwrap();
        assert_eq!(authority.text_sha256, consent::AUTHORITY.sha256(Language::English));
        assert_eq!(authority.user, firm.anna.user, "{}", world.engine);
        assert!(authority.submit_time.is_some(), "{}", world.engine);
        let authentication = it.authentication.unwrap();
        assert_eq!(authentication.methods, ["pwd"], "{}", world.engine);
        assert!(authentication.auth_time.is_some(), "{}", world.engine);
        assert_eq!(it.consent_text_sha256, consent::AGREEMENT.sha256(Language::Spanish));
        let found = [it.present_time, it.download_time, it.accept_time].map(Option::unwrap);
        assert_eq!(found, times, "{}", world.engine);
        assert_eq!(it.peer_address, "127.0.0.1", "{}", world.engine);
        assert!(it.user_agent.starts_with("tonic/"), "{} on {}", it.user_agent, world.engine);

        // Where the ledger has it, and what it has there.
        let place = it.ledger.unwrap();
        let ledger = world.ledger(&firm.anna).await;
        let entry = ledger.iter().find(|it| it.name == place.entry).unwrap();
        assert_eq!(happened(entry), "AgreementAccepted", "{}", world.engine);
        let event = entry.event.as_ref().unwrap().encode_to_vec();
        assert_eq!(place.event_sha256, Sha256::digest(event).to_vec(), "{}", world.engine);
        assert!(place.sequence > 0, "{}", world.engine);

        // Off-line, by the command and by the second verifier.
        let file = path.with_extension("pack");
        fs::write(&file, &pack).unwrap();
        let specimens = concat!(env!("CARGO_MANIFEST_DIR"), "/../specimens/reseller.en");
        for (document, is_good) in [(None, true), (Some("pdf"), true), (Some("md"), false)] {
            let document = document.map(|it| format!("{specimens}.{it}").into());
            let (file, keys) = (file.clone(), path.clone());
            let what = server::verify::VerifyCommand::Evidence { file, keys, document };
            assert_eq!(server::verify::run(&what).is_ok(), is_good, "{what:?}");
        }
        assert_eq!(second_opinion(&path, &[pack]), [format!("good {acceptance}")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_acceptance_verifies_by_both_and_each_alteration_is_found_by_both() {
    on_each_engine(async |world| {
        world.reseller("one", "ES", Stage::Active).await;
        world.provider("two", "MX", Stage::Active).await;
        let customer = world.company("zbinden", "CH").await;
        accept(&world, &customer, &customers_signature(&world, &customer).await).await.unwrap();
        let auditor = world.platform(&[Role::Auditor]).await;
        let packs = world.packs(&auditor).await;
        assert_eq!(packs.len(), 3, "{}", world.engine);
        let (path, known) = world.key_set();
        for (pack, said) in packs.iter().zip(second_opinion(&path, &packs)) {
            let statement = verify_evidence(pack, &known).unwrap();
            assert_eq!(said, format!("good {}", statement.acceptance), "{}", world.engine);
        }
        let mut dice = fastrand::Rng::with_seed(1);
        let (mut done, mut tried) = (Vec::new(), Vec::new());
        for n in 0..20 * ALTERATIONS {
            let at = n / ALTERATIONS;
            let (pack, other) = (&packs[at % 3], &packs[(at + 1) % 3]);
            let (what, bytes) = altered(pack, other, n % ALTERATIONS, &mut dice);
            assert!(verify_evidence(&bytes, &known).is_err(), "{what} on {}", world.engine);
            done.push(what);
            tried.push(bytes);
        }
        for (what, said) in done.iter().zip(second_opinion(&path, &tried)) {
            assert!(said.starts_with("bad "), "{what}: {said} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_is_for_whom_it_concerns_and_its_keys_are_for_everybody() {
    on_each_engine(async |world| {
        let (firm, acceptance, _) = signed(&world).await;
        let other = world.reseller("other", "ES", Stage::Active).await;
        let unknown = "acceptances/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let unknown = world.pack(&other.anna, unknown).await.unwrap_err();
        let foreign = world.pack(&other.anna, &acceptance).await.unwrap_err();
        assert_eq!(without_call(&foreign), without_call(&unknown), "{}", world.engine);
        world.pack(&firm.anna, &acceptance).await.unwrap();

        let asked = Persona::stranger().asks(ListEvidenceKeysRequest {});
        let keys = world.agreements().list_evidence_keys(asked).await.unwrap().into_inner().keys;
        assert_eq!(keys.len(), 1, "{}", world.engine);
        assert!(keys[0].current, "{}", world.engine);
        let hash = Sha256::digest(&keys[0].public_key);
        let id: String = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
        assert_eq!(keys[0].key_id, id, "{}", world.engine);
        let pack = world.pack(&firm.anna, &acceptance).await.unwrap();
        let pack = api::agreements::v1::EvidencePack::decode(pack.as_slice()).unwrap();
        assert_eq!(pack.key_id, id, "{}", world.engine);
    })
    .await;
}

#[test]
fn the_format_names_every_field_that_repeats() {
    let pool = DescriptorPool::decode(api::DESCRIPTOR).unwrap();
    let shape = pool.get_message_by_name("pacta.agreements.v1.EvidenceStatement").unwrap();
    let (mut left, mut repeating) = (vec![shape], Vec::new());
    while let Some(message) = left.pop() {
        for field in message.fields() {
            if field.is_list() {
                repeating.push(format!("`{}`", field.name()));
            } else if let Kind::Message(inner) = field.kind() {
                left.push(inner);
            }
        }
    }
    repeating.sort();
    assert_eq!(repeating, ["`methods`", "`roles`"]);
    let format = include_str!("../../../docs/evidence.md");
    let lines = format.lines().filter(|it| it.contains("repeat") || it.contains("an item of"));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        assert!(repeating.iter().all(|it| line.contains(it)), "{line}");
    }
}
