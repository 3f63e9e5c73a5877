//! Customers are listed with the rows that the caller sees: a partner's, or one's own (R8).

use api::relationships::v1::{ListCustomersRequest, ListCustomersResponse};
use domain::{Call, Result};

use crate::{Service, external_id, resource};

pub async fn list_customers(
    service: &Service,
    call: &Call,
    req: ListCustomersRequest,
) -> Result<ListCustomersResponse> {
    let filter = ListCustomersRequest {
        show_ended: req.show_ended,
        external_id: req.external_id.clone(),
        ..ListCustomersRequest::default()
    };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let after = arguments.after()?;
    let read = async |view: &store::View| {
        let only = external_id::only(view, req.external_id.as_ref(), "customers").await?;
        let page = view.customers(req.show_ended, only, after, arguments.size).await?;
        let last = page.rows.last().and_then(|it| it.first()).filter(|_| page.has_more);
        let last = last.map(|it| it.customer_id);
        Ok((resource::customers(view, &page.rows).await?, last))
    };
    let (customers, last) = service.db.read(call, read).await?;
    Ok(ListCustomersResponse { customers, next_page_token: arguments.next(last)? })
}
