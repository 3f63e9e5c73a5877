//! A partner is read: whole by its own people and the platform, in summary by its counterparts.

use api::enrollment::v1::{GetPartnerRequest, GetPartnerResponse};
use domain::{
    Call, Error, Result,
    id::{PartnerId, last_id},
};

use crate::{Service, resource};

pub async fn get_partner(
    service: &Service,
    call: &Call,
    req: GetPartnerRequest,
) -> Result<GetPartnerResponse> {
    let id: PartnerId = last_id(&req.name)?;
    let read = async |view: &store::View| match view.party(id).await {
        Ok(party) => Ok(resource::partner(&party)),
        Err(unknown) => {
            if !view.is_counterpart(id).await? {
                return Err(unknown);
            }
            let party = view.any_party(id).await?.ok_or_else(Error::not_found)?;
            Ok(resource::counterpart(&party))
        }
    };
    let partner = service.db.read(call, read).await?;
    Ok(GetPartnerResponse { partner: Some(partner) })
}
