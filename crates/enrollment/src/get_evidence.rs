//! What is known of a document is read, by its own people or by a reviewer.

use api::enrollment::v1::{GetEvidenceRequest, GetEvidenceResponse};
use domain::{Call, Result, id::evidence_id};

use crate::{Service, resource};

pub async fn get_evidence(
    service: &Service,
    call: &Call,
    req: GetEvidenceRequest,
) -> Result<GetEvidenceResponse> {
    let (partner, id) = evidence_id(&req.name)?;
    let read = async |view: &store::View| view.evidence(partner, id).await;
    let found = service.db.read(call, read).await?;
    Ok(GetEvidenceResponse { evidence: Some(resource::evidence(&found)) })
}
