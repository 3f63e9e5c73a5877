//! A partner is found by PartnerID, by external id or by tenant, by whoever may read it.

use api::enrollment::v1::{LookupPartnerRequest, LookupPartnerResponse};
use domain::{
    Call, Error, Reason, Result,
    id::{PartnerId, last_id},
};
use store::{Directory, View};

use crate::{Service, partners};

pub async fn lookup_partner(
    service: &Service,
    call: &Call,
    req: LookupPartnerRequest,
) -> Result<LookupPartnerResponse> {
    let given = [
        !req.partner_id.is_empty(),
        req.external_id.is_some(),
        !req.tenant.is_empty(),
        req.external_tenant.is_some(),
    ];
    if given.iter().filter(|it| **it).count() != 1 {
        return Err(Error::new(Reason::ExactlyOneKey));
    }
    let read = async |view: &View| {
        let id = partner_of(view, call, &req).await?.ok_or_else(Error::not_found)?;
        partners::seen(view, id).await
    };
    let partner = service.db.read(call, read).await?;
    Ok(LookupPartnerResponse { partner: Some(partner) })
}

/// Whose key it is, whether the caller may know it or not.
async fn partner_of(
    view: &View,
    call: &Call,
    req: &LookupPartnerRequest,
) -> Result<Option<PartnerId>> {
    if let Some(key) = &req.external_id {
        let company = match (key.company.as_str(), call.caller.principal()) {
            ("", caller) => caller.ok_or_else(Error::not_found)?.company,
            (stated, _) => last_id(stated)?,
        };
        let named = view.resource_by_external_id(company, &key.namespace, &key.id).await?;
        let partner = named.as_deref().filter(|it| it.starts_with("partners/"));
        return partner.map(last_id).transpose();
    }
    if !req.tenant.is_empty() {
        let domain = req.tenant.to_ascii_lowercase();
        return match view.any_company_by_domain(&domain).await? {
            Some(company) => view.any_partner_id_of(company.id).await,
            None => Ok(None),
        };
    }
    if let Some(it) = &req.external_tenant {
        let directory = Directory { issuer: &it.issuer, tenant: &it.tenant_id };
        return match view.any_tenant(directory).await? {
            Some(tenant) => view.any_partner_id_of(tenant.company_id).await,
            None => Ok(None),
        };
    }
    view.any_partner_with_number(&req.partner_id).await
}
