//! The order system asks whether this provider may order for this customer (R10).

use api::relationships::v1::{
    CheckOrderAuthorizationRequest, CheckOrderAuthorizationResponse, OrderOperation,
};
use domain::{Call, Error, Result, id::last_id, readiness::Goal};

use crate::Service;

pub async fn check_order_authorization(
    service: &Service,
    call: &Call,
    req: CheckOrderAuthorizationRequest,
) -> Result<CheckOrderAuthorizationResponse> {
    let goal = match req.operation() {
        OrderOperation::NewPurchase => Goal::PlaceOrder,
        OrderOperation::ManageExisting => Goal::ManageExisting,
        OrderOperation::Unspecified => return Err(Error::not_found()),
    };
    let provider = last_id(&req.provider)?;
    let reseller = last_id(&req.reseller)?;
    let customer = last_id(&req.customer)?;
    let read = async |view: &store::View| {
        let blockers = view.order_blockers(goal, provider, reseller, customer).await?;
        Ok((blockers, view.now()))
    };
    let (blockers, now) = service.db.read(call, read).await?;
    Ok(CheckOrderAuthorizationResponse {
        authorized: blockers.is_empty(),
        blockers: blockers.into_iter().map(gate::requirement).collect(),
        check_time: Some(gate::wire_time(now)),
    })
}
