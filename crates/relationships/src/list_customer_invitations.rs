//! Customer invitations are listed: those that one's own company sent or is named by, or all for the
//! platform.

use api::{
    Word as _,
    relationships::v1::{ListCustomerInvitationsRequest, ListCustomerInvitationsResponse},
};
use domain::{Call, Result, invitation::State};

use crate::{Service, external_id, resource};

pub async fn list_customer_invitations(
    service: &Service,
    call: &Call,
    req: ListCustomerInvitationsRequest,
) -> Result<ListCustomerInvitationsResponse> {
    let external_id = req.external_id.clone();
    let filter =
        ListCustomerInvitationsRequest { state: req.state, external_id, ..Default::default() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after = arguments.after()?;
    let state = State::of(req.state().word());
    let read = async |view: &store::View| {
        let only = external_id::only(view, req.external_id.as_ref(), "customerInvitations").await?;
        let page = view.customer_invitations(state, only, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        let mut shown = resource::customer_invitations(view, &page.rows).await?;
        // Those whose relationship has ended are stored as what they were until the timer comes.
        shown.retain(|it| state.is_none() || it.state == req.state);
        Ok((shown, last))
    };
    let (customer_invitations, last) = service.db.read(call, read).await?;
    Ok(ListCustomerInvitationsResponse {
        customer_invitations,
        next_page_token: arguments.next(last)?,
    })
}
