//! A publisher hands in a new version: all its documents, kept unchanged for ever.

use std::collections::BTreeSet;

use api::agreements::v1::{
    CreateAgreementVersionRequest, CreateAgreementVersionResponse, NewDocument,
};
use domain::{
    Call, Error, Language, Reason, Result,
    id::{VersionId, version_name},
};
use event::{AgreementVersionCreated, Event, event::Kind as What};
use sha2::{Digest as _, Sha256};
use store::{
    DocumentInfo,
    entity::{agreement_document, agreement_version},
};

use crate::{Service, resource};

pub async fn create_agreement_version(
    service: &Service,
    call: &Call,
    req: CreateAgreementVersionRequest,
) -> Result<CreateAgreementVersionResponse> {
    let audience = resource::audience(&req.parent)?;
    check_documents(&req.documents)?;
    let write = async |tx: &mut store::Tx| {
        let id = VersionId::mint(tx.now());
        let row = agreement_version::Model::draft(id, audience, &req.display_name, tx.now());
        let documents: Result<Vec<agreement_document::Model>> =
            req.documents.iter().map(|it| document(id, it)).collect();
        let documents = documents?;
        let infos: Vec<DocumentInfo> = documents.iter().map(info).collect();
        tx.add_version(row.clone(), documents).await?;
        let name = version_name(audience, id);
        let what = AgreementVersionCreated { version: name.clone() };
        let event = Event::of(name, What::AgreementVersionCreated(what));
        tx.record(event.changed("state", "", row.state.as_str()), &[own_company(call)?]);
        let agreement_version = Some(resource::version(&row, &infos));
        Ok(CreateAgreementVersionResponse { agreement_version, plan: None })
    };
    service.db.write(call, write).await
}

/// The company in whose ledger a publisher's acts stand.
pub fn own_company(call: &Call) -> Result<domain::id::CompanyId> {
    call.caller.principal().map(|it| it.company).ok_or_else(Error::not_found)
}

/// One document per language and format, none twice, and at least one in English.
fn check_documents(documents: &[NewDocument]) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut hashes = BTreeSet::new();
    for it in documents {
        let is_new = seen.insert((it.language_code.to_ascii_lowercase(), it.media_type.clone()));
        if !is_new || !hashes.insert(Sha256::digest(&it.content).to_vec()) {
            return Err(Error::new(Reason::DocumentDuplicate)
                .with("language", it.language_code.as_str())
                .with("mediaType", it.media_type.as_str()));
        }
    }
    let is_english =
        |it: &NewDocument| Language::known(&it.language_code) == Some(Language::English);
    match documents.iter().any(is_english) {
        true => Ok(()),
        false => Err(Error::new(Reason::LanguageMissing).with("language", "en")),
    }
}

fn document(version: VersionId, it: &NewDocument) -> Result<agreement_document::Model> {
    Ok(agreement_document::Model {
        version_id: version,
        language_code: it.language_code.clone(),
        media_type: it.media_type.clone(),
        content_sha256: Sha256::digest(&it.content).to_vec(),
        size_bytes: i64::try_from(it.content.len()).map_err(Error::internal)?,
        content: it.content.clone(),
    })
}

fn info(it: &agreement_document::Model) -> DocumentInfo {
    DocumentInfo {
        version_id: it.version_id,
        language_code: it.language_code.clone(),
        media_type: it.media_type.clone(),
        content_sha256: it.content_sha256.clone(),
        size_bytes: it.size_bytes,
    }
}
