//! An agreement is read, by those for whom it is (A1).

use api::agreements::v1::{GetAgreementRequest, GetAgreementResponse};
use domain::{Call, Error, Result};

use crate::{Service, presented, resource};

pub async fn get_agreement(
    service: &Service,
    call: &Call,
    req: GetAgreementRequest,
) -> Result<GetAgreementResponse> {
    let audience = resource::audience(&req.name)?;
    if !audience.is_open_to(&call.caller) {
        return Err(Error::not_found());
    }
    let read = async |view: &store::View| resource::agreement(view, call, audience).await;
    let agreement = service.db.read(call, read).await?;
    presented::remember(service, call, std::slice::from_ref(&agreement)).await?;
    Ok(GetAgreementResponse { agreement: Some(agreement) })
}
