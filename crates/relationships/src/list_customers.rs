//! Customers are listed with the rows that the caller sees: a partner's, or one's own (R8).

use api::relationships::v1::{Customer, ListCustomersRequest, ListCustomersResponse};
use domain::{Call, Result};

use crate::{Service, resource};

pub async fn list_customers(
    service: &Service,
    call: &Call,
    req: ListCustomersRequest,
) -> Result<ListCustomersResponse> {
    let filter =
        ListCustomersRequest { show_ended: req.show_ended, ..ListCustomersRequest::default() };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let after = arguments.after()?;
    let read =
        async |view: &store::View| view.customers(req.show_ended, after, arguments.size).await;
    let page = service.db.read(call, read).await?;
    let last = page.rows.last().and_then(|it| it.first()).filter(|_| page.has_more);
    let next_page_token = arguments.next(last.map(|it| it.customer_id))?;
    let customers: Result<Vec<Customer>> =
        page.rows.iter().map(|rows| resource::customer(rows)).collect();
    Ok(ListCustomersResponse { customers: customers?, next_page_token })
}
