//! Agreements, versions, acceptances and attestations as the contract shows them.

use api::agreements::v1;
use domain::{
    Call, Error, Result,
    agreement::{Audience, sees_drafts},
    consent,
    constants::VERSIONS_SHOWN,
    course,
    id::{
        acceptance_name, agreement_name, customer_agreement_name, customer_name, partner_name,
        user_name, version_name,
    },
};
use store::{
    DocumentInfo, View,
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
        grace_end_time: row.grace_end_time.map(gate::wire_time),
    }
}

/// An agreement with the versions that the caller sees.
pub async fn agreement(view: &View, call: &Call, audience: Audience) -> Result<v1::Agreement> {
    let in_force = view.any_course(audience).await?.in_force;
    let versions = match (sees_drafts(&call.caller), in_force) {
        (true, _) => view.any_versions(audience, VERSIONS_SHOWN).await?,
        (false, Some(id)) => vec![view.any_version(audience, id).await?],
        (false, None) => Vec::new(),
    };
    let documents = view.any_documents(versions.iter().map(|it| it.id).collect()).await?;
    let of = |id| documents.get(&id).map_or(&[][..], Vec::as_slice);
    Ok(v1::Agreement {
        name: name(audience),
        audience: api::number::<v1::AgreementAudience>(audience.as_str()),
        effective_version: in_force.map(|it| version_name(audience, it)).unwrap_or_default(),
        versions: versions.iter().map(|it| version(it, of(it.id))).collect(),
        consent_statement: Some(gate::statement(consent::AGREEMENT, call.language)),
    })
}

/// A grace period as it was given; one that is no span of time at all is refused like one that is
/// too short.
pub fn grace(given: Option<&prost_types::Duration>) -> Result<Option<chrono::Duration>> {
    let Some(given) = given else {
        return Ok(None);
    };
    let nanos = u32::try_from(given.nanos).ok().filter(|it| *it < 1_000_000_000);
    let span = nanos.and_then(|it| chrono::Duration::new(given.seconds, it));
    span.map(Some).ok_or_else(course::grace_refusal)
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
        partner: row.partner_id.map(partner_name).unwrap_or_default(),
        version: version_name(row.audience, row.version_id),
        document_sha256: row.document_sha256.clone(),
        signer: user_name(row.company_id, row.signer_id),
        accept_time: Some(gate::wire_time(row.accept_time)),
        download_time: row.download_time.map(gate::wire_time),
        customer: match row.partner_id {
            None => customer_name(row.company_id),
            Some(_) => String::new(),
        },
        present_time: row.present_time.map(gate::wire_time),
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
