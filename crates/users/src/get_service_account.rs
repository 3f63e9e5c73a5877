//! Who keeps a service account reads it.

use api::users::v1::{GetServiceAccountRequest, GetServiceAccountResponse};
use domain::{Call, Error, Result};
use store::View;

use crate::{Service, machine};

pub async fn get_service_account(
    service: &Service,
    call: &Call,
    req: GetServiceAccountRequest,
) -> Result<GetServiceAccountResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let read = async |view: &View| {
        let row = machine::kept(view, caller, &req.name).await?;
        Ok(GetServiceAccountResponse { service_account: Some(machine::shown(view, &row)) })
    };
    service.db.read(call, read).await
}
