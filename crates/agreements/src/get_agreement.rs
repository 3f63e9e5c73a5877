//! An agreement is read, by those for whom it is (A1).

use api::agreements::v1::{
    Agreement, AgreementAudience, GetAgreementRequest, GetAgreementResponse,
};
use domain::{
    Call, Error, Result, agreement::sees_drafts, consent, constants::VERSIONS_SHOWN,
    id::version_name,
};

use crate::{Service, resource};

pub async fn get_agreement(
    service: &Service,
    call: &Call,
    req: GetAgreementRequest,
) -> Result<GetAgreementResponse> {
    let audience = resource::audience(&req.name)?;
    if !audience.is_open_to(&call.caller) {
        return Err(Error::not_found());
    }
    let read = async |view: &store::View| {
        let agreement = view.any_agreement(audience).await?;
        let versions = match (sees_drafts(&call.caller), agreement.effective_version_id) {
            (true, _) => view.any_versions(audience, VERSIONS_SHOWN).await?,
            (false, Some(id)) => vec![view.any_version(audience, id).await?],
            (false, None) => Vec::new(),
        };
        let documents = view.any_documents(versions.iter().map(|it| it.id).collect()).await?;
        let of = |id| documents.get(&id).map_or(&[][..], Vec::as_slice);
        let effective = agreement.effective_version_id;
        Ok(Agreement {
            name: resource::name(audience),
            audience: api::number::<AgreementAudience>(audience.as_str()),
            effective_version: effective.map(|it| version_name(audience, it)).unwrap_or_default(),
            versions: versions.iter().map(|it| resource::version(it, of(it.id))).collect(),
            consent_statement: Some(gate::statement(consent::AGREEMENT, call.language)),
        })
    };
    let agreement = service.db.read(call, read).await?;
    Ok(GetAgreementResponse { agreement: Some(agreement) })
}
