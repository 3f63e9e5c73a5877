//! Agreements, versions, acceptances and attestations as the contract shows them.

use api::agreements::v1;
use domain::{
    Error, Result,
    agreement::Audience,
    id::{
        acceptance_name, agreement_name, customer_agreement_name, customer_name, partner_name,
        user_name, version_name,
    },
};
use store::{
    DocumentInfo,
    entity::{acceptance, agreement_version, customer_agreement},
};

/// The audience that an agreement's name, or the name of one of its versions, ends on.
pub fn audience(name: &str) -> Result<Audience> {
    let id = name.split('/').nth(1).unwrap_or_default();
    Audience::of_id(id).ok_or_else(Error::not_found)
}

pub fn version(row: &agreement_version::Model, documents: &[DocumentInfo]) -> v1::AgreementVersion {
    v1::AgreementVersion {
        name: version_name(row.audience, row.id),
        etag: row.version.to_string(),
        create_time: Some(gate::wire_time(row.create_time)),
        update_time: Some(gate::wire_time(row.update_time)),
        display_name: row.display_name.clone(),
        state: api::number::<v1::AgreementVersionState>(row.state.as_str()),
        effective_time: row.effective_time.map(gate::wire_time),
        documents: documents.iter().map(document).collect(),
    }
}

pub fn document(it: &DocumentInfo) -> v1::Document {
    v1::Document {
        language_code: it.language_code.clone(),
        media_type: it.media_type.clone(),
        content_sha256: it.content_sha256.clone(),
        size_bytes: it.size_bytes,
    }
}

pub fn acceptance(row: &acceptance::Model) -> v1::Acceptance {
    v1::Acceptance {
        name: acceptance_name(row.id),
        partner: partner_name(row.partner_id),
        version: version_name(row.audience, row.version_id),
        document_sha256: row.document_sha256.clone(),
        signer: user_name(row.company_id, row.signer_id),
        accept_time: Some(gate::wire_time(row.accept_time)),
        download_time: row.download_time.map(gate::wire_time),
    }
}

pub fn customer_agreement(row: &customer_agreement::Model) -> v1::CustomerAgreement {
    v1::CustomerAgreement {
        name: customer_agreement_name(row.id),
        etag: row.version.to_string(),
        customer: customer_name(row.customer_id),
        provider: partner_name(row.provider_id),
        state: api::number::<v1::CustomerAgreementState>(row.state.as_str()),
        signer_given_name: row.signer_given_name.clone(),
        signer_family_name: row.signer_family_name.clone(),
        signer_email: row.signer_email.clone(),
        sign_date: row.sign_date.clone(),
        attest_time: Some(gate::wire_time(row.attest_time)),
    }
}

pub fn name(audience: Audience) -> String {
    agreement_name(audience)
}

/// Bytes of a hash as events spell them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
