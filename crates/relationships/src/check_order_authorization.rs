//! The order system asks whether this provider may order for this customer (R10), or
//! might have before.

use api::relationships::v1::{CheckOrderAuthorizationRequest, CheckOrderAuthorizationResponse};
use domain::{Call, Result};

use crate::{Service, orders};

pub async fn check_order_authorization(
    service: &Service,
    call: &Call,
    req: CheckOrderAuthorizationRequest,
) -> Result<CheckOrderAuthorizationResponse> {
    let question = orders::question(req.operation(), &req.provider, &req.reseller, &req.customer)?;
    let as_of = gate::domain_time("as_of", req.as_of)?;
    let read = async |view: &store::View| {
        let blockers = view.order_blockers(&[question]).await?;
        Ok((blockers.into_iter().flatten().collect(), view.now()))
    };
    let (blockers, now) = service.db.read_as_of(call, as_of, read).await?;
    let answer = orders::authorization(blockers);
    Ok(CheckOrderAuthorizationResponse {
        authorized: answer.authorized,
        blockers: answer.blockers,
        check_time: Some(gate::wire_time(now)),
    })
}
