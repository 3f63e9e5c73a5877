//! A company hands a document in, in chunks: kept whole or not at all (E12).

use std::sync::Arc;

use api::{
    Word as _,
    enrollment::v1::{UploadEvidenceMetadata, UploadEvidenceRequest, UploadEvidenceResponse},
};
use domain::{
    Call, Error, Reason, Result,
    check::CheckKind,
    constants::{CHUNK, EVIDENCE_AT_A_TIME, EVIDENCE_MOST},
    enrollment::{Action, CheckState, State},
    evidence::{self, MediaType, is_file_name},
    id::{EvidenceId, PartnerId, evidence_name, last_id},
};
use event::{Event, EvidenceUploaded, event::Kind as What};
use gate::Inbound;
use sha2::{Digest as _, Sha256};
use store::{Tx, View, entity::enrollment};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Service, life, resource};

/// How much of documents may be in memory at once, in chunks.
#[derive(Clone, Debug)]
pub struct Uploads(Arc<Semaphore>);

impl Default for Uploads {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EVIDENCE_AT_A_TIME / CHUNK)))
    }
}

impl Uploads {
    /// Waits until there is room for so many bytes.
    async fn room(&self, n_bytes: usize) -> Result<OwnedSemaphorePermit> {
        let n_chunks = u32::try_from(n_bytes.div_ceil(CHUNK)).unwrap_or(u32::MAX);
        let room = self.0.clone().acquire_many_owned(n_chunks).await;
        room.map_err(|_| Error::new(Reason::Unavailable))
    }
}

/// A document that has come in whole.
#[derive(Debug)]
pub struct Received {
    metadata: UploadEvidenceMetadata,
    partner: PartnerId,
    kind: CheckKind,
    media_type: MediaType,
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

/// Takes the bytes in, once it is clear that they may come.
pub async fn receive(
    service: &Service,
    call: &Call,
    first: UploadEvidenceRequest,
    rest: &mut Inbound<UploadEvidenceRequest>,
) -> Result<Received> {
    let metadata = first.metadata.ok_or_else(Error::not_found)?;
    if !first.chunk.is_empty() {
        let words = "the first message carries the metadata only";
        return Err(Error::field("chunk", "NOT_EXPECTED", words));
    }
    let partner: PartnerId = last_id(&metadata.parent)?;
    let (size, media_type) = announced(&metadata)?;
    let reach = async |view: &View| life::own(view, call, partner).await;
    service.db.read(call, reach).await?;
    let kind = CheckKind::of(metadata.check().word()).ok_or_else(Error::not_found)?;
    if kind == CheckKind::EmailOwnership {
        return Err(Error::new(Reason::CheckNotDecidable));
    }

    let room = service.uploads.room(size).await?;
    let mut bytes = Vec::with_capacity(size);
    while let Some(message) = rest.next().await? {
        take(message, size, media_type, &mut bytes)?;
    }
    if bytes.len() != size {
        return Err(size_mismatch());
    }
    media_type.check_whole(&bytes)?;
    if Sha256::digest(&bytes).as_slice() != metadata.content_sha256 {
        let words = "the bytes have another hash";
        return Err(Error::field("metadata.content_sha256", "MISMATCH", words));
    }
    Ok(Received { metadata, partner, kind, media_type, bytes, _room: room })
}

/// What the metadata say is coming, if that may come.
fn announced(metadata: &UploadEvidenceMetadata) -> Result<(usize, MediaType)> {
    if !is_file_name(&metadata.file_name) {
        let words = "must be a name without folders";
        return Err(Error::field("metadata.file_name", "FORMAT_INVALID", words));
    }
    let size = usize::try_from(metadata.size_bytes).unwrap_or(usize::MAX);
    if size > EVIDENCE_MOST {
        let limit = EVIDENCE_MOST.to_string();
        return Err(Error::new(Reason::EvidenceTooLarge).with("limit", limit));
    }
    Ok((size, MediaType::of(&metadata.media_type)?))
}

/// Adds the next bytes; refuses at once what can no longer become the document.
fn take(
    message: UploadEvidenceRequest,
    size: usize,
    media_type: MediaType,
    bytes: &mut Vec<u8>,
) -> Result<()> {
    if message.metadata.is_some() {
        let words = "only the first message carries the metadata";
        return Err(Error::field("metadata", "NOT_EXPECTED", words));
    }
    if message.chunk.is_empty() || message.chunk.len() > CHUNK {
        let words = format!("1 to {CHUNK} bytes in each message but the first");
        return Err(Error::field("chunk", "OUT_OF_RANGE", words));
    }
    if bytes.len() + message.chunk.len() > size {
        return Err(size_mismatch());
    }
    bytes.extend_from_slice(&message.chunk);
    media_type.check(bytes)
}

fn size_mismatch() -> Error {
    Error::field("metadata.size_bytes", "MISMATCH", "as many bytes as have come")
}

pub async fn upload_evidence(
    service: &Service,
    call: &Call,
    received: &Received,
) -> Result<UploadEvidenceResponse> {
    let uploader_id = call.caller.person_behind().ok_or_else(Error::not_found)?;
    let (metadata, partner, kind) = (&received.metadata, received.partner, received.kind);
    let write = async |tx: &mut Tx| {
        let seen = life::own(tx, call, partner).await?;
        seen.state.after(Action::UploadEvidence)?;
        answer_reopened(tx, &seen, kind).await?;
        let row = store::entity::evidence::Model {
            id: EvidenceId::mint(tx.now()),
            partner_id: partner,
            company_id: seen.company_id,
            version: 1,
            create_time: tx.now(),
            update_time: tx.now(),
            uploader_id,
            check_kind: kind,
            evidence_type: metadata.r#type().word().to_owned(),
            media_type: received.media_type.as_str().to_owned(),
            size_bytes: metadata.size_bytes,
            content_sha256: metadata.content_sha256.clone(),
            file_name: metadata.file_name.clone(),
            note: metadata.note.clone(),
            state: evidence::State::Received,
            review_note: String::new(),
        };
        tx.add_evidence(&row, &received.bytes).await?;

        let name = evidence_name(partner, row.id);
        let what = EvidenceUploaded {
            evidence: name.clone(),
            check: kind.as_str().to_owned(),
            r#type: row.evidence_type.clone(),
            content_sha256: row.content_sha256.iter().map(|it| format!("{it:02x}")).collect(),
        };
        let event = Event::of(name, What::EvidenceUploaded(what));
        let personal = [("file_name", row.file_name.as_str()), ("note", row.note.as_str())];
        tx.record_personal(event, &[row.company_id], &personal);
        Ok(UploadEvidenceResponse { evidence: Some(resource::evidence(&row)), plan: None })
    };
    service.db.write(call, write).await
}

/// After approval only a check that was re-opened takes documents; with one, it is the reviewer's
/// turn again (E15).
async fn answer_reopened(tx: &Tx, seen: &enrollment::Model, kind: CheckKind) -> Result<()> {
    if seen.state != State::Approved {
        return Ok(());
    }
    let Some(mut checks) = seen.checks()? else {
        return Ok(());
    };
    match checks.state(kind) {
        CheckState::Passed | CheckState::Waived => {
            return Err(Error::new(Reason::InvalidStateTransition)
                .with("currentState", checks.state(kind).as_str())
                .with("allowedStates", "PENDING EVIDENCE_REQUESTED FAILED"));
        }
        CheckState::Pending => return Ok(()),
        CheckState::EvidenceRequested | CheckState::Failed => {}
    }
    checks.answer(kind, tx.now());
    let mut row = seen.clone();
    row.set_checks(&checks)?;
    tx.change_enrollment(seen, row).await?;
    Ok(())
}
