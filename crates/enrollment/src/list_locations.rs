//! Places of business are listed: those of the own organisation, or all for the platform.

use api::{
    Word as _,
    enrollment::v1::{ListLocationsRequest, ListLocationsResponse},
};
use domain::{Call, Result, location::State};

use crate::{Service, places};

pub async fn list_locations(
    service: &Service,
    call: &Call,
    req: ListLocationsRequest,
) -> Result<ListLocationsResponse> {
    let (parent, state) = (req.parent.clone(), req.state);
    let filter = ListLocationsRequest { parent, state, ..ListLocationsRequest::default() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after = arguments.after.clone();
    let state = State::of(req.state().word());
    let read = async |view: &store::View| {
        let of = match req.parent.split_once('/') {
            Some((_, global)) => Some(view.organisation(global).await?.id),
            None => None,
        };
        let page = view.locations(of, state, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.number.clone());
        Ok((places::seen(view, &page.rows).await?, last))
    };
    let (locations, last) = service.db.read(call, read).await?;
    Ok(ListLocationsResponse { locations, next_page_token: arguments.next(last)? })
}
