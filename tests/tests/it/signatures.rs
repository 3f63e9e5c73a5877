//! A partner signs its agreement and takes part from then on.

use api::{
    agreements::v1::{
        AcceptAgreementRequest, AcceptAgreementResponse, DownloadAgreementDocumentRequest,
    },
    enrollment::v1::{GetPartnerRequest, Partner, ProgrammeStatus},
    types::v1::Consent,
};
use chrono::Duration;
use domain::{Role, consent};
use it::{
    Persona, World,
    cast::{Firm, Stage, yes},
    happened, metadata, on_each_engine, reason, unmet,
};
use tonic::{Code, Status};

use crate::agreements::{draft, publish};

async fn sign(
    world: &World,
    who: &Persona,
    request: AcceptAgreementRequest,
) -> Result<AcceptAgreementResponse, Status> {
    Ok(world.agreements().accept_agreement(who.asks(request)).await?.into_inner())
}

async fn partner(world: &World, who: &Persona, name: &str) -> Partner {
    let asked = who.asks(GetPartnerRequest { name: name.to_owned() });
    world.enrollment().get_partner(asked).await.unwrap().into_inner().partner.unwrap()
}

/// How many mails an address has got.
async fn n_mails(world: &World, address: &str) -> usize {
    world.deliver().await;
    world.mailbox().list().unwrap().iter().filter(|it| it.to == address).count()
}

/// Anna's own address; not the contact's.
fn annas(firm: &Firm) -> String {
    format!("anna@{}", firm.domain)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_started_and_is_gone_for_good_keeps_nobody_from_signing() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let berta = world.colleague(&firm.anna, "berta", &[Role::GlobalAdmin]).await;
        world.remove(&firm.anna, &firm.anna.user).await.unwrap();
        world.clock.advance(Duration::days(30));
        world.deliver().await;
        let berta = world.session(&berta.sign_in_name).await;
        let firm = Firm { anna: berta.clone(), ..firm };
        let signed = sign(&world, &berta, world.signature(&firm).await).await.unwrap();
        assert!(signed.active, "{}", world.engine);
        assert_eq!(signed.new_admin_agents, [berta.user.as_str()], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_refused_for_each_reason_and_then_writes_nothing() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let good = world.signature(&firm).await;
        let made = draft(&world, "reseller", b"new terms").await;
        let publisher = &world.staff().await.publisher;
        let providers = world.version_in_force(publisher, "provider").await;
        let unknown = "agreements/reseller/versions/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        let before = world.ledger(&firm.anna).await;

        let no = Consent { given: false, ..yes(consent::AGREEMENT).unwrap() };
        let by_consent =
            |consent: Option<Consent>| AcceptAgreementRequest { consent, ..good.clone() };
        let of = |name: &str, hash: &[u8]| AcceptAgreementRequest {
            name: name.to_owned(),
            document_sha256: hash.to_vec(),
            ..good.clone()
        };
        let hash =
            |it: &api::agreements::v1::AgreementVersion| it.documents[0].content_sha256.clone();
        for (case, request, why) in [
            ("a no", by_consent(Some(no)), "CONSENT_REQUIRED"),
            ("silence", by_consent(None), "CONSENT_REQUIRED"),
            ("another text", by_consent(yes(consent::PROVIDER)), "CONSENT_REQUIRED"),
            ("another document", of(&good.name, &[7; 32]), "DOCUMENT_HASH_MISMATCH"),
            ("a draft's document", of(&good.name, &hash(&made)), "DOCUMENT_HASH_MISMATCH"),
            ("a draft", of(&made.name, &hash(&made)), "AGREEMENT_NOT_EFFECTIVE"),
            ("a provider's", of(&providers.name, &hash(&providers)), "RESOURCE_NOT_FOUND"),
            ("unknown", of(unknown, &good.document_sha256), "RESOURCE_NOT_FOUND"),
        ] {
            let err = sign(&world, &firm.anna, request).await.unwrap_err();
            assert_eq!(reason(&err), why, "{case} on {}", world.engine);
        }
        publish(&world, &made.name, "").await.unwrap();
        let err = sign(&world, &firm.anna, good.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "AGREEMENT_VERSION_SUPERSEDED", "{}", world.engine);
        assert_eq!(metadata(&err, "currentVersion"), made.name, "{}", world.engine);

        world.clock.advance(Duration::seconds(900) + Duration::microseconds(1));
        let current = of(&made.name, &hash(&made));
        let err = sign(&world, &firm.anna, current.clone()).await.unwrap_err();
        assert_eq!(reason(&err), "FRESH_AUTHENTICATION_REQUIRED", "{}", world.engine);
        assert_eq!(metadata(&err, "maxAgeSeconds"), "900", "{}", world.engine);
        assert_eq!(world.ledger(&firm.anna).await, before, "{}", world.engine);
        let seen = partner(&world, &firm.anna, &firm.partner).await;
        assert_eq!(seen.programme_status(), ProgrammeStatus::Qualified, "{}", world.engine);

        let anna = world.sign_in(&firm.anna.sign_in_name).await;
        world.clock.advance(Duration::seconds(900));
        let first = sign(&world, &anna, current.clone()).await.unwrap().acceptance.unwrap();
        for request in [current, AcceptAgreementRequest { ..of(&made.name, &[7; 32]) }] {
            let err = sign(&world, &anna, request).await.unwrap_err();
            assert_eq!(err.code(), Code::AlreadyExists, "{}", world.engine);
            assert_eq!(reason(&err), "AGREEMENT_ALREADY_ACCEPTED", "{}", world.engine);
            assert_eq!(metadata(&err, "acceptance"), first.name, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a2_who_is_approved_signs_only_with_a_partner_id() {
    on_each_engine(async |world| {
        let reseller = world.reseller("diagonal", "ES", Stage::Approved).await;
        let provider = world.provider("anahuac", "MX", Stage::Approved).await;
        for firm in [&reseller, &provider] {
            let request = world.signature(firm).await;
            let err = sign(&world, &firm.anna, request.clone()).await.unwrap_err();
            let expected = ["partner-id.associated", "partner-id.active"];
            assert_eq!(unmet(&err), expected, "{}", world.engine);
            world.tie(firm).await;
            assert!(sign(&world, &firm.anna, request).await.unwrap().active, "{}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_u2_signing_makes_the_partner_active_and_its_signer_an_admin_agent_once() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let anna = &firm.anna;
        let request = world.signature(&firm).await;
        let (name, document_sha256) = (request.name.clone(), request.document_sha256.clone());
        let asked = anna.asks(DownloadAgreementDocumentRequest { name, document_sha256 });
        world.agreements().download_agreement_document(asked).await.unwrap();

        let plan = AcceptAgreementRequest { validate_only: true, ..request.clone() };
        let plan = sign(&world, anna, plan).await.unwrap();
        assert!(plan.acceptance.is_none() && !plan.active, "{}", world.engine);
        let events = plan.plan.unwrap().events;
        assert_eq!(events, ["AgreementAccepted", "PartnerActivated"], "{}", world.engine);

        let signed = sign(&world, anna, request.clone()).await.unwrap();
        assert!(signed.active, "{}", world.engine);
        assert_eq!(signed.new_admin_agents, [anna.user.as_str()], "{}", world.engine);
        let acceptance = signed.acceptance.unwrap();
        assert_eq!(acceptance.signer, anna.user, "{}", world.engine);
        assert_eq!(acceptance.partner, firm.partner, "{}", world.engine);
        assert_eq!(acceptance.version, request.name, "{}", world.engine);
        assert_eq!(acceptance.download_time, acceptance.accept_time, "{}", world.engine);
        let seen = partner(&world, anna, &firm.partner).await;
        assert_eq!(seen.programme_status(), ProgrammeStatus::Active, "{}", world.engine);
        assert_eq!(seen.agreement.unwrap().version, request.name, "{}", world.engine);
        assert_eq!(n_mails(&world, &annas(&firm)).await, 1, "{}", world.engine);

        // A newer version asks nobody to sign again, but anybody may; that makes nobody anything.
        let made = draft(&world, "reseller", b"new terms").await;
        publish(&world, &made.name, "").await.unwrap();
        let seen = partner(&world, anna, &firm.partner).await;
        assert_eq!(seen.programme_status(), ProgrammeStatus::Active, "{}", world.engine);
        let request = world.signature(&firm).await;
        assert_eq!(request.name, made.name, "{}", world.engine);
        let again = sign(&world, anna, request).await.unwrap();
        assert!(again.active && again.new_admin_agents.is_empty(), "{}", world.engine);
        let seen = partner(&world, anna, &firm.partner).await;
        assert_eq!(seen.agreement.unwrap().version, made.name, "{}", world.engine);
        assert_eq!(n_mails(&world, &annas(&firm)).await, 1, "{}", world.engine);
        let ledger = world.ledger(anna).await;
        let count = |name: &str| ledger.iter().filter(|it| happened(it) == name).count();
        let counts = (count("AgreementAccepted"), count("PartnerActivated"));
        assert_eq!(counts, (2, 1), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn u2_who_started_the_enrolment_becomes_admin_agent_with_the_signer() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let berta = world.colleague(&firm.anna, "berta", &[Role::GlobalAdmin]).await;
        let request = world.signature(&firm).await;
        let signed = sign(&world, &berta, request).await.unwrap();
        let mut expected = [berta.user.as_str(), firm.anna.user.as_str()];
        expected.sort_unstable();
        let mut found = signed.new_admin_agents.clone();
        found.sort_unstable();
        assert_eq!(found, expected, "{}", world.engine);
        for address in [annas(&firm), berta.sign_in_name] {
            assert_eq!(n_mails(&world, &address).await, 1, "{address} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_global_admins_who_sign_at_once_one_does() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Tied).await;
        let berta = world.colleague(&firm.anna, "berta", &[Role::GlobalAdmin]).await;
        let request = world.signature(&firm).await;
        let tries: Vec<_> = [&firm.anna, &berta]
            .into_iter()
            .map(|who| {
                let (mut client, asked) = (world.agreements(), who.asks(request.clone()));
                tokio::spawn(async move { client.accept_agreement(asked).await })
            })
            .collect();
        let (mut made, mut named) = (Vec::new(), Vec::new());
        for it in tries {
            match it.await.unwrap() {
                Ok(answer) => made.push(answer.into_inner().acceptance.unwrap().name),
                Err(err) => {
                    assert_eq!(reason(&err), "AGREEMENT_ALREADY_ACCEPTED", "{}", world.engine);
                    named.push(metadata(&err, "acceptance"));
                }
            }
        }
        assert_eq!(made.len(), 1, "{}", world.engine);
        assert_eq!(named, made, "{}", world.engine);
        let ledger = world.ledger(&firm.anna).await;
        let n = ledger.iter().filter(|it| happened(it) == "AgreementAccepted").count();
        assert_eq!(n, 1, "{}", world.engine);
    })
    .await;
}
