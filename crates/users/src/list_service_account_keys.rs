//! Which keys a service account has and had.

use api::users::v1::{ListServiceAccountKeysRequest, ListServiceAccountKeysResponse};
use domain::{Call, Error, Result};
use store::View;

use crate::{Service, machine};

pub async fn list_service_account_keys(
    service: &Service,
    call: &Call,
    req: ListServiceAccountKeysRequest,
) -> Result<ListServiceAccountKeysResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let read = async |view: &View| {
        let account = machine::kept(view, caller, &req.parent).await?;
        let keys = view.service_account_keys(&account).await?;
        let keys: Result<Vec<_>> = keys.iter().map(|it| machine::shown_key(view, it)).collect();
        Ok(ListServiceAccountKeysResponse { keys: keys? })
    };
    service.db.read(call, read).await
}
