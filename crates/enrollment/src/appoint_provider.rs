//! An operator makes a company an indirect provider (E4).

use api::enrollment::v1::{AppointProviderRequest, AppointProviderResponse};
use domain::{
    Call, Error, Reason, Result,
    id::{CompanyId, last_id, partner_name},
    partner::Kind,
};
use event::{Event, ProviderAppointed, event::Kind as What};
use store::Party;

use crate::{Service, resource};

pub async fn appoint_provider(
    service: &Service,
    call: &Call,
    req: AppointProviderRequest,
) -> Result<AppointProviderResponse> {
    let company: CompanyId = last_id(&req.company)?;
    if req.reason.trim().is_empty() {
        return Err(Error::new(Reason::ReasonRequired));
    }
    let write = async |tx: &mut store::Tx| {
        let company = tx.company(company).await?;
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
