//! A partner is read: whole by its own people and the platform, in summary by its counterparts.

use api::enrollment::v1::{GetPartnerRequest, GetPartnerResponse};
use domain::{
    Call, Result,
    id::{PartnerId, last_id},
};

use crate::{Service, partners};

pub async fn get_partner(
    service: &Service,
    call: &Call,
    req: GetPartnerRequest,
) -> Result<GetPartnerResponse> {
    let id: PartnerId = last_id(&req.name)?;
    let read = async |view: &store::View| partners::seen(view, id).await;
    let partner = service.db.read(call, read).await?;
    Ok(GetPartnerResponse { partner: Some(partner) })
}
