//! A document is downloaded, in chunks; that a signer did so is remembered (A3, A5).

use api::agreements::v1::{
    Document, DownloadAgreementDocumentRequest, DownloadAgreementDocumentResponse,
};
use domain::{
    Call, Error, Result,
    agreement::{Audience, State, may_sign, sees_drafts},
    constants::CHUNK,
    id::{VersionId, version_id, version_name},
};
use event::{AgreementDocumentDownloaded, Event, event::Kind as What};
use store::{View, entity::agreement_document};

use crate::{Service, resource};

pub async fn download_agreement_document(
    service: &Service,
    call: &Call,
    req: DownloadAgreementDocumentRequest,
) -> Result<Vec<DownloadAgreementDocumentResponse>> {
    let (audience, id) = version_id(&req.name)?;
    if !audience.is_open_to(&call.caller) {
        return Err(Error::not_found());
    }
    let hash = req.document_sha256.as_slice();
    let read = async |view: &View| find(view, call, audience, id, hash).await;
    let found = service.db.read(call, read).await?;
    if call.caller.user().is_some_and(|it| may_sign(it, audience)) {
        remember(service, call, audience, id, hash).await?;
    }
    let document = Document {
        language_code: found.language_code,
        media_type: found.media_type,
        content_sha256: found.content_sha256,
        size_bytes: found.size_bytes,
    };
    let first = DownloadAgreementDocumentResponse { document: Some(document), chunk: Vec::new() };
    let chunks = found
        .content
        .chunks(CHUNK)
        .map(|it| DownloadAgreementDocumentResponse { document: None, chunk: it.to_vec() });
    Ok([first].into_iter().chain(chunks).collect())
}

/// The document, of a version that the caller sees: one in force or formerly in force, or any for
/// the platform.
async fn find(
    view: &View,
    call: &Call,
    audience: Audience,
    id: VersionId,
    hash: &[u8],
) -> Result<agreement_document::Model> {
    let version = view.any_version(audience, id).await?;
    let is_shown = match version.state {
        State::Effective | State::Superseded => true,
        State::Draft | State::Scheduled | State::Withdrawn => sees_drafts(&call.caller),
    };
    let document = view.any_document(id, hash).await?.filter(|_| is_shown);
    document.ok_or_else(Error::not_found)
}

async fn remember(
    service: &Service,
    call: &Call,
    audience: Audience,
    id: VersionId,
    hash: &[u8],
) -> Result<()> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut store::Tx| {
        tx.set_download_time(caller.user, id, hash).await?;
        let name = version_name(audience, id);
        let document_sha256 = resource::hex(hash);
        let what = AgreementDocumentDownloaded { version: name.clone(), document_sha256 };
        let event = Event::of(name, What::AgreementDocumentDownloaded(what));
        tx.record(event.clone(), &[caller.company]);
        Ok(event)
    };
    service.db.write(call, write).await?;
    Ok(())
}
