//! A company's service accounts are listed for who keeps them.

use api::users::v1::{ListServiceAccountsRequest, ListServiceAccountsResponse};
use domain::{Call, Error, Result};
use store::View;

use crate::{Service, machine};

pub async fn list_service_accounts(
    service: &Service,
    call: &Call,
    req: ListServiceAccountsRequest,
) -> Result<ListServiceAccountsResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let asked =
        ListServiceAccountsRequest { page_size: 0, page_token: String::new(), ..req.clone() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &asked)?;
    let after = arguments.after()?;
    let read = async |view: &View| {
        let company = machine::named_company(view, caller, &req.parent).await?;
        let page = view.service_accounts(company, req.show_deleted, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        Ok((page.rows.iter().map(|it| machine::shown(view, it)).collect(), last))
    };
    let (service_accounts, last) = service.db.read(call, read).await?;
    Ok(ListServiceAccountsResponse { service_accounts, next_page_token: arguments.next(last)? })
}
