//! A customer is read with the rows that the caller sees, as they were (R13), or as they stood before.

use api::relationships::v1::{GetCustomerRequest, GetCustomerResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_customer(
    service: &Service,
    call: &Call,
    req: GetCustomerRequest,
) -> Result<GetCustomerResponse> {
    let id = last_id(&req.name)?;
    let as_of = gate::domain_time("as_of", req.as_of)?;
    let read = async |view: &store::View| {
        let rows = view.customer_history(id).await?;
        Ok(resource::customers(view, &[rows]).await?.pop())
    };
    Ok(GetCustomerResponse { customer: service.db.read_as_of(call, as_of, read).await? })
}
