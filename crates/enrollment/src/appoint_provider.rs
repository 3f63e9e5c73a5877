//! An operator makes a company an indirect provider, also one whose directory never called (E4).

use api::enrollment::v1::{AppointProviderRequest, AppointProviderResponse, ExternalTenant};
use domain::{
    Call, Error, Reason, Result,
    id::{CompanyId, last_id, partner_name},
    partner::Kind,
};
use event::{Event, ProviderAppointed, event::Kind as What};
use store::{Directory, Founding, Party};

use crate::{Service, resource};

/// Whom the operator names.
enum Appointee<'a> {
    Company(CompanyId),
    Tenant(&'a ExternalTenant),
}

pub async fn appoint_provider(
    service: &Service,
    call: &Call,
    req: AppointProviderRequest,
) -> Result<AppointProviderResponse> {
    let appointee = appointee(service, &req)?;
    if req.reason.trim().is_empty() {
        return Err(Error::new(Reason::ReasonRequired));
    }
    let write = async |tx: &mut store::Tx| {
        let company = match appointee {
            Appointee::Company(id) => tx.company(id).await?,
            Appointee::Tenant(tenant) => {
                let directory = Directory { issuer: &tenant.issuer, tenant: &tenant.tenant_id };
                let founding = Founding {
                    display_name: &req.display_name,
                    region_code: &req.region_code,
                    language: call.language,
                };
                tx.awaited_company(directory, founding).await?
            }
        };
        let partner = tx.add_partner(company.id, Kind::Provider).await?;
        let what = ProviderAppointed { partner: partner_name(partner.id) };
        let event = Event::of(partner_name(partner.id), What::ProviderAppointed(what));
        tx.record(event.because(&req.reason), &[company.id]);
        let agreement = tx.agreement_of(&partner).await?;
        let party = Party { partner, company, enrollment: None, location: None, agreement };
        let partner = resource::partner(&party);
        Ok(AppointProviderResponse { partner: Some(partner), plan: None })
    };
    service.db.write(call, write).await
}

/// A company that is here, or a directory whose global admin could come some day.
fn appointee<'a>(service: &Service, req: &'a AppointProviderRequest) -> Result<Appointee<'a>> {
    match (req.company.as_str(), &req.external_tenant) {
        ("", Some(tenant)) => match service.issuers.vouch_for(&tenant.issuer, &tenant.tenant_id) {
            true => Ok(Appointee::Tenant(tenant)),
            false => Err(Error::new(Reason::IssuerUnknown).with("issuer", &tenant.issuer)),
        },
        ("", None) | (_, Some(_)) => Err(Error::new(Reason::ExactlyOneKey)),
        (company, None) => last_id(company).map(Appointee::Company),
    }
}
