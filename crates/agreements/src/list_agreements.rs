//! The agreements that the caller may read are listed (A1).

use api::agreements::v1::{ListAgreementsRequest, ListAgreementsResponse};
use domain::{Call, Result, agreement::Audience};
use store::View;

use crate::{Service, presented, resource};

/// In the order of their names.
const ALL: [Audience; 3] = [Audience::Customer, Audience::Provider, Audience::Reseller];

pub async fn list_agreements(
    service: &Service,
    call: &Call,
    req: ListAgreementsRequest,
) -> Result<ListAgreementsResponse> {
    let key = &service.db.programme().link_key;
    let filter = ListAgreementsRequest::default();
    let paging = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after: String = paging.after()?.unwrap_or_default();
    let open = ALL.into_iter().filter(|it| it.is_open_to(&call.caller));
    let ahead: Vec<Audience> = open.filter(|it| after.as_str() < it.id()).collect();
    let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
    let shown: Vec<Audience> = ahead.iter().take(size).copied().collect();

    let read = async |view: &View| {
        let mut agreements = Vec::new();
        for it in &shown {
            agreements.push(resource::agreement(view, call, *it).await?);
        }
        Ok(agreements)
    };
    let agreements = service.db.read(call, read).await?;
    presented::remember(service, call, &agreements).await?;
    let last = shown.last().map(|it| it.id()).filter(|_| shown.len() < ahead.len());
    Ok(ListAgreementsResponse { agreements, next_page_token: paging.next(last)? })
}
