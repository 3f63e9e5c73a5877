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
    let asked =
        ListServiceAccountKeysRequest { page_size: 0, page_token: String::new(), ..req.clone() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &asked)?;
    let after = arguments.after()?;
    let read = async |view: &View| {
        let account = machine::kept(view, caller, &req.parent).await?;
        let page = view.service_account_keys(&account, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        let keys: Result<Vec<_>> =
            page.rows.iter().map(|it| machine::shown_key(view, it)).collect();
        Ok((keys?, last))
    };
    let (keys, last) = service.db.read(call, read).await?;
    Ok(ListServiceAccountKeysResponse { keys, next_page_token: arguments.next(last)? })
}
