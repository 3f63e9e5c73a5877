//! A company says by which ids it knows a partner that it can read; it alone sees them.

use api::enrollment::v1::{SetPartnerExternalIdsRequest, SetPartnerExternalIdsResponse};
use domain::{
    Call, Error, Result,
    id::{PartnerId, last_id},
};

use crate::{Service, partners};

pub async fn set_partner_external_ids(
    service: &Service,
    call: &Call,
    req: SetPartnerExternalIdsRequest,
) -> Result<SetPartnerExternalIdsResponse> {
    let company = call.caller.principal().ok_or_else(Error::not_found)?.company;
    let id: PartnerId = last_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let partner = partners::seen(tx, id).await?;
        tx.name_externally(company, &partner.name, &req.external_ids).await?;
        let partner = partners::with_external_ids(tx, partner).await?;
        Ok(SetPartnerExternalIdsResponse { partner: Some(partner), plan: None })
    };
    service.db.write(call, write).await
}
