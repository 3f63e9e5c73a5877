//! A customer lists the partners that it authorised.

use api::relationships::v1::{
    CustomerPartner, ListCustomerPartnersRequest, ListCustomerPartnersResponse,
};
use domain::{Call, Error, Result, id::PartnerId};

use crate::{Service, resource};

pub async fn list_customer_partners(
    service: &Service,
    call: &Call,
    req: ListCustomerPartnersRequest,
) -> Result<ListCustomerPartnersResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let filter = ListCustomerPartnersRequest { show_ended: req.show_ended, ..Default::default() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after = arguments.after()?;
    let read = async |view: &store::View| {
        let size = arguments.size;
        let page = view.own_rows(caller.company, req.show_ended, after, size).await?;
        let ids: Vec<PartnerId> = page.rows.iter().map(|it| it.partner_id).collect();
        let parties = view.any_parties(&ids).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        let shown: Result<Vec<CustomerPartner>> =
            page.rows.iter().map(|it| resource::customer_partner(it, &parties)).collect();
        Ok((shown?, last))
    };
    let (customer_partners, last) = service.db.read(call, read).await?;
    Ok(ListCustomerPartnersResponse { customer_partners, next_page_token: arguments.next(last)? })
}
