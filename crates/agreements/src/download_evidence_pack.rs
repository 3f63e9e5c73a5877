//! An acceptance is handed out as evidence, with the server's signature (A5).

use api::agreements::v1::{
    DownloadEvidencePackRequest, DownloadEvidencePackResponse, EvidenceAuthentication,
    EvidenceAuthority, EvidenceCompany, EvidenceDocument, EvidenceLedgerPlace, EvidencePackInfo,
    EvidenceSigner, EvidenceStatement,
};
use domain::{
    Call, Error, Result,
    constants::CHUNK,
    id::{
        SessionId, acceptance_name, audit_entry_name, company_name, customer_name, last_id,
        partner_name, user_name, version_name,
    },
};
use event::event::Kind as What;
use sha2::{Digest as _, Sha256};
use store::{DocumentInfo, LedgerPlace, View, entity::acceptance};

use crate::Service;

pub async fn download_evidence_pack(
    service: &Service,
    call: &Call,
    req: DownloadEvidencePackRequest,
) -> Result<Vec<DownloadEvidencePackResponse>> {
    let id = last_id(&req.name)?;
    let read = async |view: &View| {
        let row = view.acceptance(id).await?;
        statement(view, &row).await
    };
    let statement = service.db.read(call, read).await?;
    let (bytes, key_id) = service.evidence_keys.signing().sign(&statement);
    let pack = EvidencePackInfo {
        key_id,
        content_sha256: Sha256::digest(&bytes).to_vec(),
        size_bytes: i64::try_from(bytes.len()).map_err(Error::internal)?,
    };
    let first = DownloadEvidencePackResponse { pack: Some(pack), chunk: Vec::new() };
    let chunks = bytes.chunks(CHUNK);
    let chunks = chunks.map(|it| DownloadEvidencePackResponse { pack: None, chunk: it.to_vec() });
    Ok([first].into_iter().chain(chunks).collect())
}

/// All that is known of the acceptance; the same each time, because none of it ever changes.
async fn statement(view: &View, row: &acceptance::Model) -> Result<EvidenceStatement> {
    let version = view.any_version(row.audience, row.version_id).await?;
    let documents = view.any_documents(vec![row.version_id]).await?.remove(&row.version_id);
    let document = documents
        .unwrap_or_default()
        .into_iter()
        .find(|it| it.content_sha256 == row.document_sha256)
        .ok_or_else(Error::not_found)?;
    let name = acceptance_name(row.id);
    let subject = match row.partner_id {
        Some(partner) => partner_name(partner),
        None => customer_name(row.company_id),
    };
    let is_this = |it: &What| {
        matches!(it, What::AgreementAccepted(it) if it.acceptance == name)
            || matches!(it, What::CustomerAgreementAccepted(it) if it.acceptance == name)
    };
    let place = view.any_place(row.company_id, &subject, row.accept_time, is_this).await?;
    let authority = row.authority_text_sha256.as_ref().map(|sha256| EvidenceAuthority {
        text_sha256: sha256.clone(),
        user: row.authority_user_id.map(|it| user_name(row.company_id, it)).unwrap_or_default(),
        submit_time: row.authority_time.map(gate::wire_time),
    });
    Ok(EvidenceStatement {
        acceptance: name.clone(),
        version: version_name(row.audience, row.version_id),
        version_display_name: version.display_name,
        document: Some(shown(document)),
        signer: Some(signer(row)),
        company: Some(company(row)),
        authority,
        authentication: Some(EvidenceAuthentication {
            methods: row.signer_amr.split_whitespace().map(str::to_owned).collect(),
            session: match row.signer_session_id {
                SessionId::NONE => String::new(),
                id => id.to_string(),
            },
            auth_time: Some(gate::wire_time(row.signer_auth_time)),
        }),
        consent_text_sha256: row.consent_text_sha256.clone(),
        present_time: row.present_time.map(gate::wire_time),
        download_time: row.download_time.map(gate::wire_time),
        accept_time: Some(gate::wire_time(row.accept_time)),
        peer_address: row.peer_address.clone(),
        user_agent: row.user_agent.clone(),
        ledger: place.map(|it| ledger(row, &it)),
    })
}

fn shown(it: DocumentInfo) -> EvidenceDocument {
    EvidenceDocument {
        content_sha256: it.content_sha256,
        language_code: it.language_code,
        media_type: it.media_type,
        size_bytes: it.size_bytes,
    }
}

fn signer(row: &acceptance::Model) -> EvidenceSigner {
    EvidenceSigner {
        issuer: row.signer_issuer.clone(),
        subject: match row.signer_subject.as_str() {
            "" => row.signer_id.to_string(),
            external => external.to_owned(),
        },
        user: user_name(row.company_id, row.signer_id),
        given_name: row.signer_given_name.clone(),
        family_name: row.signer_family_name.clone(),
        email: row.signer_email.clone(),
        roles: row.signer_roles.split(' ').map(str::to_owned).collect(),
    }
}

fn company(row: &acceptance::Model) -> EvidenceCompany {
    EvidenceCompany {
        company: company_name(row.company_id),
        partner: row.partner_id.map(partner_name).unwrap_or_default(),
        display_name: row.company_name.clone(),
        legal_name: row.legal_name.clone(),
        region_code: row.region_code.clone(),
        partner_id: row.partner_number.clone(),
    }
}

fn ledger(row: &acceptance::Model, it: &LedgerPlace) -> EvidenceLedgerPlace {
    EvidenceLedgerPlace {
        entry: audit_entry_name(row.company_id, it.id),
        sequence: it.seq,
        event_sha256: it.event_sha256.clone(),
    }
}
