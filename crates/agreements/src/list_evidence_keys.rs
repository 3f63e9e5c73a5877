//! The public keys of evidence packs, for whoever verifies one.

use api::agreements::v1::{EvidenceKey, ListEvidenceKeysRequest, ListEvidenceKeysResponse};
use domain::{Call, Result};

use crate::Service;

pub async fn list_evidence_keys(
    service: &Service,
    _: &Call,
    _: ListEvidenceKeysRequest,
) -> Result<ListEvidenceKeysResponse> {
    let keys = service.evidence_keys.public().into_iter().enumerate().map(|(n, it)| EvidenceKey {
        key_id: it.id,
        public_key: it.bytes.to_vec(),
        current: n == 0,
    });
    Ok(ListEvidenceKeysResponse { keys: keys.collect() })
}
