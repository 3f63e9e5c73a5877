//! Documents come in whole or not at all, and go out as they came.

use api::enrollment::v1::{
    CheckDecision, CheckKind, DownloadEvidenceRequest, Evidence, EvidenceState, GetEvidenceRequest,
    ListEvidenceRequest, UploadEvidenceMetadata, UploadEvidenceRequest,
    enrollment_service_client::EnrollmentServiceClient,
};
use domain::Role;
use it::{
    Persona, World,
    cast::{Firm, Stage, ruling},
    fields, metadata as told, on_each_engine,
    papers::{chunk, first, messages, metadata, pdf},
    reason, without_call,
};
use tonic::{Code, Status};

const MOST: usize = 10 * 1024 * 1024;

async fn list(world: &World, who: &Persona, firm: &Firm) -> Result<Vec<Evidence>, Status> {
    let ask = ListEvidenceRequest { parent: firm.partner.clone(), ..Default::default() };
    Ok(world.enrollment().list_evidence(who.asks(ask)).await?.into_inner().evidence)
}

async fn get(world: &World, who: &Persona, name: &str) -> Result<Evidence, Status> {
    let ask = GetEvidenceRequest { name: name.to_owned() };
    let answer = world.enrollment().get_evidence(who.asks(ask)).await?;
    Ok(answer.into_inner().evidence.unwrap())
}

async fn download(world: &World, who: &Persona, name: &str) -> Result<Vec<u8>, Status> {
    let ask = DownloadEvidenceRequest { name: name.to_owned() };
    let mut stream = world.enrollment().download_evidence(who.asks(ask)).await?.into_inner();
    let first = stream.message().await?.unwrap();
    assert!(first.chunk.is_empty() && first.evidence.is_some_and(|it| it.name == name));
    let mut bytes = Vec::new();
    while let Some(message) = stream.message().await? {
        assert!(message.evidence.is_none() && (1..=64 * 1024).contains(&message.chunk.len()));
        bytes.extend(message.chunk);
    }
    Ok(bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_a_document_is_kept_as_it_came_and_shown_to_its_own_and_to_reviewers() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let other = world.reseller("anahuac", "ES", Stage::Draft).await;
        let auditor = world.platform(&[Role::Auditor]).await;
        let reviewer = &world.staff().await.reviewer;
        let operator = &world.staff().await.operator;
        // As large as may be, to the byte, and one byte.
        let large = pdf(MOST, 7);
        let small = b"%PDF-".to_vec();
        let mut names = Vec::new();
        for bytes in [&large, &small] {
            let sent = world.send(&firm.anna, messages(metadata(&firm, bytes), bytes)).await;
            let document = sent.unwrap();
            assert_eq!(document.state(), EvidenceState::Received, "{}", world.engine);
            assert_eq!(document.content_sha256, metadata(&firm, bytes).content_sha256);
            for who in [&firm.anna, reviewer, &auditor] {
                assert_eq!(get(&world, who, &document.name).await.unwrap(), document);
                let found = download(&world, who, &document.name).await.unwrap();
                assert!(found == *bytes, "{} bytes on {}", found.len(), world.engine);
            }
            let unknown = document.name.replace(&document.name[79..], "000000000000");
            let as_unknown = get(&world, &other.anna, &unknown).await.unwrap_err();
            let foreign = get(&world, &other.anna, &document.name).await.unwrap_err();
            assert_eq!(reason(&foreign), "RESOURCE_NOT_FOUND", "{}", world.engine);
            assert_eq!(without_call(&foreign), without_call(&as_unknown), "{}", world.engine);
            let foreign = download(&world, &other.anna, &document.name).await.unwrap_err();
            assert_eq!(without_call(&foreign), without_call(&as_unknown), "{}", world.engine);
            let denied = get(&world, operator, &document.name).await.unwrap_err();
            assert_eq!(reason(&denied), "ROLE_MISSING", "{}", world.engine);
            // Another's name before a document of one's own opens nothing.
            let crossed = document.name.replace(&firm.partner, &other.partner);
            let err = get(&world, reviewer, &crossed).await.unwrap_err();
            assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);
            names.push(document.name);
        }
        for who in [&firm.anna, reviewer, &auditor] {
            let found = list(&world, who, &firm).await.unwrap();
            let found: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(found, names, "{}", world.engine);
        }
        let err = list(&world, &other.anna, &firm).await.unwrap_err();
        assert_eq!(reason(&err), "RESOURCE_NOT_FOUND", "{}", world.engine);
        // A reviewer hands nothing in, nor does another company.
        for (who, why) in [(reviewer, "ROLE_MISSING"), (&other.anna, "RESOURCE_NOT_FOUND")] {
            let sent = world.send(who, messages(metadata(&firm, &small), &small)).await;
            assert_eq!(reason(&sent.unwrap_err()), why, "{}", world.engine);
        }
        assert_eq!(world.recorded(&firm, "EvidenceUploaded").await.len(), 2, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_listed_page_by_page_and_by_check() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        for seed in 0..5 {
            let check = [CheckKind::Business, CheckKind::Employment][usize::from(seed % 2)];
            world.hand_in(&firm, check, seed).await;
        }
        for (check, n) in
            [(CheckKind::Unspecified, 5), (CheckKind::Business, 3), (CheckKind::Employment, 2)]
        {
            let mut found: Vec<String> = Vec::new();
            let mut page_token = String::new();
            loop {
                let ask = ListEvidenceRequest {
                    parent: firm.partner.clone(),
                    check: check.into(),
                    page_size: 2,
                    page_token,
                };
                let page = world.enrollment().list_evidence(firm.anna.asks(ask)).await.unwrap();
                let page = page.into_inner();
                found.extend(page.evidence.into_iter().map(|it| it.name));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
            assert_eq!(found.len(), n, "{check:?} on {}", world.engine);
            assert!(found.is_sorted(), "{check:?} on {}", world.engine);
        }
    })
    .await;
}

type Broken = (&'static str, Vec<UploadEvidenceRequest>, &'static str, &'static str);

/// Uploads with one thing wrong: what, the messages, the reason, and the field named.
fn broken(firm: &Firm) -> Vec<Broken> {
    let bytes = pdf(100_000, 1);
    let good = metadata(firm, &bytes);
    let whole = |metadata: UploadEvidenceMetadata| messages(metadata, &bytes);
    let named = |file_name: &str| {
        whole(UploadEvidenceMetadata { file_name: file_name.to_owned(), ..good.clone() })
    };
    let typed = |media_type: &str| {
        whole(UploadEvidenceMetadata { media_type: media_type.to_owned(), ..good.clone() })
    };
    let of_size = |size_bytes| whole(UploadEvidenceMetadata { size_bytes, ..good.clone() });
    let mut other_hash = good.clone();
    other_hash.content_sha256[0] ^= 1;
    let zip = b"PK\x03\x04 and more".to_vec();
    let behind = [messages(good.clone(), &bytes), vec![chunk(b"x")]].concat();
    let with_empty = [vec![first(good.clone()), chunk(b"")], messages(good.clone(), &bytes)];
    let too_long = vec![first(good.clone()), chunk(&bytes[..64 * 1024 + 1])];
    let both = UploadEvidenceRequest { metadata: Some(good.clone()), chunk: bytes[..9].to_vec() };
    let email = UploadEvidenceMetadata { check: CheckKind::EmailOwnership.into(), ..good.clone() };
    let unsaid = UploadEvidenceMetadata { r#type: 0, ..good.clone() };
    let size = "metadata.size_bytes";
    vec![
        ("nothing", vec![], "FIELD_INVALID", "metadata"),
        ("bytes first", vec![chunk(&bytes[..9])], "FIELD_INVALID", "metadata"),
        ("all in one", vec![both], "FIELD_INVALID", "chunk"),
        ("no bytes", vec![first(good.clone())], "FIELD_INVALID", size),
        ("cut off", messages(good.clone(), &bytes)[..2].to_vec(), "FIELD_INVALID", size),
        ("more behind the end", behind, "FIELD_INVALID", size),
        ("said twice", vec![first(good.clone()); 2], "FIELD_INVALID", "metadata"),
        ("an empty chunk", with_empty.concat(), "FIELD_INVALID", "chunk"),
        ("too long a chunk", too_long, "FIELD_INVALID", "chunk"),
        ("another hash", whole(other_hash), "FIELD_INVALID", "metadata.content_sha256"),
        ("empty", of_size(0), "FIELD_INVALID", size),
        ("less than none", of_size(-1), "FIELD_INVALID", size),
        ("fewer bytes", of_size(99_999), "FIELD_INVALID", size),
        ("more bytes", of_size(100_001), "FIELD_INVALID", size),
        ("too large", of_size(10 * 1024 * 1024 + 1), "EVIDENCE_TOO_LARGE", ""),
        ("far too large", of_size(i64::MAX), "EVIDENCE_TOO_LARGE", ""),
        ("a PDF as PNG", typed("image/png"), "EVIDENCE_TYPE_INVALID", ""),
        ("of no type of ours", typed("text/html"), "EVIDENCE_TYPE_INVALID", ""),
        ("a ZIP as PDF", messages(metadata(firm, &zip), &zip), "EVIDENCE_TYPE_INVALID", ""),
        ("half a mark", messages(metadata(firm, b"%PD"), b"%PD"), "EVIDENCE_TYPE_INVALID", ""),
        ("a folder", named("../../etc/passwd"), "FIELD_INVALID", "metadata.file_name"),
        ("another folder", named("c:\\x.pdf"), "FIELD_INVALID", "metadata.file_name"),
        ("a folder's name", named(".."), "FIELD_INVALID", "metadata.file_name"),
        ("a line break", named("a\r\nb.pdf"), "FIELD_INVALID", "metadata.file_name"),
        ("turned round", named("a\u{202e}fdp.exe"), "FIELD_INVALID", "metadata.file_name"),
        ("for the mailbox", whole(email), "CHECK_NOT_DECIDABLE", ""),
        ("of no kind", whole(unsaid), "FIELD_INVALID", "metadata.type"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_upload_is_refused_by_its_field_and_leaves_nothing() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        for (name, messages, why, field) in broken(&firm) {
            let err = world.send(&firm.anna, messages).await.unwrap_err();
            assert_eq!(reason(&err), why, "{name} on {}: {err:?}", world.engine);
            let named: Vec<&str> = Some(field).filter(|it| !it.is_empty()).into_iter().collect();
            assert_eq!(fields(&err), named, "{name} on {}", world.engine);
            if why == "EVIDENCE_TOO_LARGE" {
                assert_eq!(told(&err, "limit"), MOST.to_string(), "{}", world.engine);
            }
        }
        assert_eq!(list(&world, &firm.anna, &firm).await.unwrap(), [], "{}", world.engine);
        assert!(world.recorded(&firm, "EvidenceUploaded").await.is_empty(), "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_sender_goes_away_leaves_nothing_and_takes_no_room() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        // More than all room there is, were it not given back.
        let bytes = pdf(MOST, 3);
        for _ in 0..20 {
            let (sender, receiver) = tokio::sync::mpsc::channel(8);
            let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
            let asked = firm.anna.asks(stream);
            let mut client = EnrollmentServiceClient::new(world.channel.clone());
            let upload = tokio::spawn(async move { client.upload_evidence(asked).await });
            sender.send(first(metadata(&firm, &bytes))).await.unwrap();
            sender.send(chunk(&bytes[..1000])).await.unwrap();
            upload.abort();
            assert!(upload.await.unwrap_err().is_cancelled());
        }
        let sent = world.send(&firm.anna, messages(metadata(&firm, &bytes), &bytes)).await;
        sent.unwrap();
        assert_eq!(list(&world, &firm.anna, &firm).await.unwrap().len(), 1, "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_upload_is_one_document_and_a_trial_is_none() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let bytes = pdf(1000, 1);
        let once = UploadEvidenceMetadata {
            request_id: uuid::Uuid::now_v7().to_string(),
            ..metadata(&firm, &bytes)
        };
        let trial = UploadEvidenceMetadata { validate_only: true, ..metadata(&firm, &bytes) };
        let asked = firm.anna.asks(tokio_stream::iter(messages(trial, &bytes)));
        let answer = world.enrollment().upload_evidence(asked).await.unwrap().into_inner();
        assert_eq!(answer.evidence, None, "{}", world.engine);
        assert_eq!(answer.plan.unwrap().events, ["EvidenceUploaded"], "{}", world.engine);

        let one = world.send(&firm.anna, messages(once.clone(), &bytes)).await.unwrap();
        let two = world.send(&firm.anna, messages(once.clone(), &bytes)).await.unwrap();
        assert_eq!(one, two, "{}", world.engine);
        let others = pdf(1000, 2);
        let request_id = once.request_id.clone();
        let reused = UploadEvidenceMetadata { request_id, ..metadata(&firm, &others) };
        let err = world.send(&firm.anna, messages(reused, &others)).await.unwrap_err();
        assert_eq!(reason(&err), "REQUEST_ID_REUSED", "{}", world.engine);
        assert_eq!(list(&world, &firm.anna, &firm).await.unwrap(), [one], "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn e12_documents_come_in_at_every_stage_and_a_decision_settles_them() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let reviewer = &world.staff().await.reviewer;
        world.hand_in(&firm, CheckKind::Business, 1).await;
        world.submit(&firm).await;
        world.hand_in(&firm, CheckKind::Employment, 2).await;
        world.confirm(&firm).await;
        world.decide(&firm, CheckKind::Business, CheckDecision::RequestEvidence).await;
        world.hand_in(&firm, CheckKind::Business, 3).await;
        world.submit(&firm).await;
        world.decide(&firm, CheckKind::Employment, CheckDecision::Pass).await;
        let mut fail = ruling(&firm, CheckKind::Business, CheckDecision::Fail);
        fail.note = "El extracto es de otra empresa.".to_owned();
        world.enrollment().decide_check(reviewer.asks(fail)).await.unwrap();
        world.hand_in(&firm, CheckKind::Business, 4).await;
        use EvidenceState::{Accepted, NotAccepted, Received};
        let documents = list(&world, &firm.anna, &firm).await.unwrap();
        let states: Vec<EvidenceState> = documents.iter().map(|it| it.state()).collect();
        assert_eq!(states, [NotAccepted, Accepted, NotAccepted, Received], "{}", world.engine);
        let notes: Vec<&str> = documents.iter().map(|it| it.review_note.as_str()).collect();
        assert_eq!(notes, ["", "", "El extracto es de otra empresa.", ""], "{}", world.engine);

        // Once approved, nothing waits for a document, unless a check was re-opened.
        let firm = world.reseller("diagonal", "ES", Stage::Approved).await;
        let bytes = pdf(100, 1);
        let sent = world.send(&firm.anna, messages(metadata(&firm, &bytes), &bytes)).await;
        let err = sent.unwrap_err();
        assert_eq!(err.code(), Code::FailedPrecondition, "{}", world.engine);
        assert_eq!(reason(&err), "INVALID_STATE_TRANSITION", "{}", world.engine);
        assert_eq!(told(&err, "currentState"), "PASSED", "{}", world.engine);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_role_opens_no_other_companys_door() {
    on_each_engine(async |world| {
        let firm = world.reseller("diagonal", "ES", Stage::Draft).await;
        let other = world.reseller("anahuac", "ES", Stage::Draft).await;
        let roles = [Role::GlobalAdmin, Role::Reviewer];
        let anna = world.with_roles(&other.anna, &roles).await;
        let bytes = pdf(100, 1);
        let sent = world.send(&anna, messages(metadata(&firm, &bytes), &bytes)).await;
        assert_eq!(reason(&sent.unwrap_err()), "RESOURCE_NOT_FOUND", "{}", world.engine);
        let own = world.send(&anna, messages(metadata(&other, &bytes), &bytes)).await;
        own.unwrap();
    })
    .await;
}
