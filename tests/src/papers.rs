//! Documents of evidence, whole and broken, and how they are handed in.

use api::enrollment::v1::{
    AppealDecisionRequest, CheckKind, Evidence, EvidenceType, UploadEvidenceMetadata,
    UploadEvidenceRequest,
};
use sha2::{Digest as _, Sha256};
use tonic::Status;

use crate::{Persona, World, cast::Firm};

/// Something that begins like a PDF, of so many bytes; `seed` makes it another.
pub fn pdf(n: usize, seed: u8) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.resize(n, seed);
    bytes
}

/// What announces these bytes as a PDF.
pub fn metadata(firm: &Firm, bytes: &[u8]) -> UploadEvidenceMetadata {
    metadata_for(&firm.partner, bytes)
}

/// The same, for the partner of this name.
pub fn metadata_for(partner: &str, bytes: &[u8]) -> UploadEvidenceMetadata {
    UploadEvidenceMetadata {
        parent: partner.to_owned(),
        check: CheckKind::Business.into(),
        r#type: EvidenceType::RegisterExtract.into(),
        media_type: "application/pdf".to_owned(),
        size_bytes: bytes.len().try_into().unwrap(),
        content_sha256: Sha256::digest(bytes).to_vec(),
        file_name: "Nota simple.pdf".to_owned(),
        note: "Del registro mercantil.".to_owned(),
        ..UploadEvidenceMetadata::default()
    }
}

pub fn first(metadata: UploadEvidenceMetadata) -> UploadEvidenceRequest {
    UploadEvidenceRequest { metadata: Some(metadata), chunk: Vec::new() }
}

pub fn chunk(bytes: &[u8]) -> UploadEvidenceRequest {
    UploadEvidenceRequest { metadata: None, chunk: bytes.to_vec() }
}

/// The messages of a whole upload.
pub fn messages(metadata: UploadEvidenceMetadata, bytes: &[u8]) -> Vec<UploadEvidenceRequest> {
    [first(metadata)].into_iter().chain(bytes.chunks(64 * 1024).map(chunk)).collect()
}

impl World {
    pub async fn send(
        &self,
        who: &Persona,
        messages: Vec<UploadEvidenceRequest>,
    ) -> Result<Evidence, Status> {
        let asked = who.asks(tokio_stream::iter(messages));
        let answer = self.enrollment().upload_evidence(asked).await?;
        Ok(answer.into_inner().evidence.unwrap())
    }

    /// The firm hands in a small document for a check.
    pub async fn hand_in(&self, firm: &Firm, check: CheckKind, seed: u8) -> Evidence {
        let bytes = pdf(100, seed);
        let metadata = UploadEvidenceMetadata { check: check.into(), ..metadata(firm, &bytes) };
        self.send(&firm.anna, messages(metadata, &bytes)).await.unwrap()
    }
}

/// An appeal with this document.
pub fn appeal(firm: &Firm, document: &Evidence) -> AppealDecisionRequest {
    AppealDecisionRequest {
        name: firm.enrollment.clone(),
        comment: "El registro ya tiene el nombre nuevo.".to_owned(),
        evidence: vec![document.name.clone()],
        ..AppealDecisionRequest::default()
    }
}
