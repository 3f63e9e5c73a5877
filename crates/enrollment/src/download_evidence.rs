//! A document's bytes are handed out, in chunks.

use api::enrollment::v1::{DownloadEvidenceRequest, DownloadEvidenceResponse};
use domain::{Call, Result, constants::CHUNK, id::evidence_id};

use crate::{Service, resource};

pub async fn download_evidence(
    service: &Service,
    call: &Call,
    req: DownloadEvidenceRequest,
) -> Result<Vec<DownloadEvidenceResponse>> {
    let (partner, id) = evidence_id(&req.name)?;
    let read = async |view: &store::View| {
        let found = view.evidence(partner, id).await?;
        let content = view.any_content(&found).await?;
        Ok((found, content))
    };
    let (found, content) = service.db.read(call, read).await?;
    let evidence = Some(resource::evidence(&found));
    let first = DownloadEvidenceResponse { evidence, chunk: Vec::new() };
    let chunks = content.chunks(CHUNK);
    let chunks = chunks.map(|it| DownloadEvidenceResponse { evidence: None, chunk: it.to_vec() });
    Ok([first].into_iter().chain(chunks).collect())
}
