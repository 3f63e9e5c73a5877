//! Versions of agreements are made, published, read and downloaded by those for whom they are.

use std::path::Path;

use api::agreements::v1::{
    Agreement, AgreementVersion, AgreementVersionState, CreateAgreementVersionRequest,
    DownloadAgreementDocumentRequest, GetAgreementRequest, NewDocument,
    PublishAgreementVersionRequest,
};
use domain::Role;
use it::{Persona, World, cast::Stage, metadata, on_each_engine, reason, without_call};
use sha2::{Digest as _, Sha256};
use tonic::Status;

pub fn document(language: &str, media_type: &str, content: &[u8]) -> NewDocument {
    NewDocument {
        language_code: language.to_owned(),
        media_type: media_type.to_owned(),
        content: content.to_vec(),
    }
}

fn version_of(agreement: &str, documents: Vec<NewDocument>) -> CreateAgreementVersionRequest {
    CreateAgreementVersionRequest {
        parent: format!("agreements/{agreement}"),
        display_name: "2026-11".to_owned(),
        documents,
        ..CreateAgreementVersionRequest::default()
    }
}

/// A new DRAFT of one English document.
pub async fn draft(world: &World, agreement: &str, text: &[u8]) -> AgreementVersion {
    let publisher = &world.staff().await.publisher;
    let request = version_of(agreement, vec![document("en", "text/markdown", text)]);
    let made = world.agreements().create_agreement_version(publisher.asks(request)).await;
    made.unwrap().into_inner().agreement_version.unwrap()
}

pub async fn publish(world: &World, name: &str, etag: &str) -> Result<AgreementVersion, Status> {
    let publisher = &world.staff().await.publisher;
    let (name, etag) = (name.to_owned(), etag.to_owned());
    let request = PublishAgreementVersionRequest { name, etag, ..Default::default() };
    let asked = publisher.asks(request);
    let answer = world.agreements().publish_agreement_version(asked).await?;
    Ok(answer.into_inner().agreement_version.unwrap())
}

async fn read(world: &World, who: &Persona, name: &str) -> Result<Agreement, Status> {
    let asked = who.asks(GetAgreementRequest { name: name.to_owned() });
    let answer = world.agreements().get_agreement(asked).await?;
    Ok(answer.into_inner().agreement.unwrap())
}

/// The chunks of a document.
async fn download(
    world: &World,
    who: &Persona,
    version: &str,
    document_sha256: &[u8],
) -> Result<Vec<Vec<u8>>, Status> {
    let (name, document_sha256) = (version.to_owned(), document_sha256.to_vec());
    let asked = who.asks(DownloadAgreementDocumentRequest { name, document_sha256 });
    let mut stream = world.agreements().download_agreement_document(asked).await?.into_inner();
    let first = stream.message().await?.unwrap();
    let document = first.document.unwrap();
    assert!(first.chunk.is_empty());
    let mut chunks = Vec::new();
    while let Some(it) = stream.message().await? {
        assert!(it.document.is_none());
        chunks.push(it.chunk);
    }
    assert_eq!(document.size_bytes, i64::try_from(chunks.concat().len()).unwrap());
    assert_eq!(document.content_sha256, Sha256::digest(chunks.concat()).to_vec());
    Ok(chunks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_refused_for_each_reason() {
    on_each_engine(async |world| {
        let publisher = &world.staff().await.publisher;
        let (pdf, text) = ("application/pdf", "text/markdown");
        let english = document("en", text, b"terms");
        for (agreement, documents, why) in [
            (
                "reseller",
                vec![english.clone(), document("EN", text, b"others")],
                "DOCUMENT_DUPLICATE",
            ),
            (
                "reseller",
                vec![english.clone(), document("es", pdf, b"terms")],
                "DOCUMENT_DUPLICATE",
            ),
            ("reseller", vec![document("es", text, b"condiciones")], "LANGUAGE_MISSING"),
            ("reseller", vec![document("fr", text, b"conditions")], "LANGUAGE_MISSING"),
            ("reseller", vec![], "FIELD_INVALID"),
            ("referrer", vec![english.clone()], "RESOURCE_NOT_FOUND"),
        ] {
            let asked = publisher.asks(version_of(agreement, documents.clone()));
            let err = world.agreements().create_agreement_version(asked).await.unwrap_err();
            assert_eq!(reason(&err), why, "{documents:?} on {}", world.engine);
        }
        let two = vec![english, document("es", text, b"condiciones")];
        let asked = publisher.asks(version_of("reseller", two));
        let made = world.agreements().create_agreement_version(asked).await.unwrap();
        let made = made.into_inner().agreement_version.unwrap();
        assert_eq!(made.state(), AgreementVersionState::Draft, "{}", world.engine);
        assert_eq!(made.documents.len(), 2, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn m5_only_a_draft_is_published_and_its_predecessor_is_superseded() {
    on_each_engine(async |world| {
        let publisher = &world.staff().await.publisher;
        let first = read(&world, publisher, "agreements/reseller").await.unwrap().effective_version;
        let made = draft(&world, "reseller", b"new terms").await;
        let err = publish(&world, &made.name, "7").await.unwrap_err();
        assert_eq!(reason(&err), "ETAG_MISMATCH", "{}", world.engine);
        let published = publish(&world, &made.name, &made.etag).await.unwrap();
        assert_eq!(published.state(), AgreementVersionState::Effective, "{}", world.engine);

        let agreement = read(&world, publisher, "agreements/reseller").await.unwrap();
        assert_eq!(agreement.effective_version, made.name, "{}", world.engine);
        let states: Vec<_> =
            agreement.versions.iter().map(|it| (it.name.as_str(), it.state())).collect();
        let expected = [
            (made.name.as_str(), AgreementVersionState::Effective),
            (first.as_str(), AgreementVersionState::Superseded),
        ];
        assert_eq!(states, expected, "{}", world.engine);
        for (name, state) in [(&made.name, "EFFECTIVE"), (&first, "SUPERSEDED")] {
            let err = publish(&world, name, "").await.unwrap_err();
            assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{state} on {}", world.engine);
            assert_eq!(metadata(&err, "currentState"), state, "{}", world.engine);
            assert_eq!(metadata(&err, "allowedStates"), "DRAFT", "{}", world.engine);
        }
        let unknown = "agreements/reseller/versions/01a20b5b-b9c7-74cf-9d60-da1cf728799d";
        // A version of another agreement is unknown under this one's name.
        let foreign = made.name.replace("reseller", "provider");
        for name in [unknown, foreign.as_str()] {
            let err = publish(&world, name, "").await.unwrap_err();
            assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{name} on {}", world.engine);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a1_an_agreement_is_shown_to_those_for_whom_it_is() {
    on_each_engine(async |world| {
        let staff = world.staff().await.clone();
        let reseller = world.reseller("diagonal", "ES", Stage::Draft).await.anna;
        let provider = world.provider("anahuac", "ES", Stage::Draft).await.anna;
        let agent = world.colleague(&reseller, "berta", &[Role::AdminAgent]).await;
        let stranger = world.company("zbinden", "CH").await;
        let auditor = world.platform(&[Role::Auditor]).await;
        let agreements = ["reseller", "provider", "customer"];
        let mut drafts = Vec::new();
        let mut published = Vec::new();
        for it in agreements {
            published.push(world.version_in_force(&staff.publisher, it).await);
            drafts.push(draft(&world, it, it.as_bytes()).await);
        }
        let unknown = read(&world, &staff.publisher, "agreements/referrer").await.unwrap_err();
        let unknown = without_call(&unknown);

        // How many versions of each agreement: one is in force, the other a draft.
        for (name, who, expected) in [
            ("reseller", &reseller, [1, 0, 1]),
            ("its admin agent", &agent, [0, 0, 1]),
            ("provider", &provider, [0, 1, 1]),
            ("stranger", &stranger, [0, 0, 1]),
            ("reviewer", &staff.reviewer, [0, 0, 1]),
            ("order system", &staff.order_system, [0, 0, 1]),
            ("publisher", &staff.publisher, [2, 2, 2]),
            ("operator", &staff.operator, [2, 2, 2]),
            ("auditor", &auditor, [2, 2, 2]),
        ] {
            for (i, agreement) in agreements.iter().enumerate() {
                let case = format!("{name} reads {agreement} on {}", world.engine);
                match read(&world, who, &format!("agreements/{agreement}")).await {
                    Ok(it) => assert_eq!(it.versions.len(), expected[i], "{case}"),
                    Err(err) => {
                        assert_eq!(
                            (without_call(&err), 0),
                            (unknown.clone(), expected[i]),
                            "{case}"
                        );
                    }
                }
                for (version, n) in [(&published[i], 1), (&drafts[i], 2)] {
                    let hash = &version.documents[0].content_sha256;
                    match download(&world, who, &version.name, hash).await {
                        Ok(_) => assert!(n <= expected[i], "{case}"),
                        Err(err) => {
                            assert!(expected[i] < n, "{case}");
                            assert_eq!(without_call(&err), unknown, "{case}");
                        }
                    }
                }
            }
        }
        let nobody = Persona::stranger();
        let err = read(&world, &nobody, "agreements/customer").await.unwrap_err();
        assert_eq!(reason(&err), "CREDENTIAL_MISSING", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_downloaded_as_it_was_handed_in() {
    on_each_engine(async |world| {
        let anna = world.reseller("diagonal", "ES", Stage::Draft).await.anna;
        let specimens = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specimens");
        let version = world.version_in_force(&anna, "reseller").await;
        for file in ["reseller.en.md", "reseller.en.pdf", "reseller.es.md", "reseller.es.pdf"] {
            let bytes = std::fs::read(specimens.join(file)).unwrap();
            let hash = Sha256::digest(&bytes);
            let chunks = download(&world, &anna, &version.name, &hash).await.unwrap();
            assert!(chunks.concat() == bytes, "{file} on {}", world.engine);
        }
        let err = download(&world, &anna, &version.name, &[7; 32]).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);

        let chunk = 64 * 1024;
        let bytes: Vec<u8> = (0..2 * chunk + 1).map(|it| (it % 251) as u8).collect();
        let large = draft(&world, "reseller", &bytes).await;
        publish(&world, &large.name, "").await.unwrap();
        let hash = Sha256::digest(&bytes);
        let chunks = download(&world, &anna, &large.name, &hash).await.unwrap();
        let sizes: Vec<usize> = chunks.iter().map(Vec::len).collect();
        assert_eq!(sizes, [chunk, chunk, 1], "{}", world.engine);
        assert!(chunks.concat() == bytes, "{}", world.engine);

        // The one before is no longer shown, yet who knows it still gets it.
        let hash = &version.documents[0].content_sha256;
        download(&world, &anna, &version.name, hash).await.unwrap();
    })
    .await;
}
