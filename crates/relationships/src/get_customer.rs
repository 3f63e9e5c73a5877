//! A customer is read with the rows that the caller sees, as they were (R13).

use api::relationships::v1::{GetCustomerRequest, GetCustomerResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_customer(
    service: &Service,
    call: &Call,
    req: GetCustomerRequest,
) -> Result<GetCustomerResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| view.customer_history(id).await;
    let rows = service.db.read(call, read).await?;
    Ok(GetCustomerResponse { customer: Some(resource::customer(&rows)?) })
}
