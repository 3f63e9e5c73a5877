//! A partner is read, by its own people or by the platform.

use api::enrollment::v1::{GetPartnerRequest, GetPartnerResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_partner(
    service: &Service,
    call: &Call,
    req: GetPartnerRequest,
) -> Result<GetPartnerResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| {
        let partner = view.partner(id).await?;
        let company = view.company(partner.company_id).await?;
        let enrollment = view.enrollment_of(id).await?;
        Ok(resource::partner(&partner, &company, enrollment.as_ref()))
    };
    let partner = service.db.read(call, read).await?;
    Ok(GetPartnerResponse { partner: Some(partner) })
}
