//! Acceptances are listed: those of one's own company, or all for the platform.

use api::agreements::v1::{ListAcceptancesRequest, ListAcceptancesResponse};
use domain::{
    Call, Error, Result,
    id::{PartnerId, VersionId, last_id, version_id},
};
use store::View;

use crate::{Service, resource};

pub async fn list_acceptances(
    service: &Service,
    call: &Call,
    req: ListAcceptancesRequest,
) -> Result<ListAcceptancesResponse> {
    let partner: Option<PartnerId> = given(&req.partner, last_id)?;
    let version: Option<VersionId> =
        given(&req.version, |it| version_id(it).map(|(_, version)| version))?;
    let key = &service.db.programme().link_key;
    let (page_size, page_token) = (req.page_size, req.page_token.clone());
    let filter = ListAcceptancesRequest { page_size: 0, page_token: String::new(), ..req };
    let paging = gate::paging(key, call, page_size, &page_token, &filter)?;
    let after = paging.after()?;

    let read = async |view: &View| view.acceptances(partner, version, after, paging.size).await;
    let page = service.db.read(call, read).await?;
    let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
    Ok(ListAcceptancesResponse {
        acceptances: page.rows.iter().map(resource::acceptance).collect(),
        next_page_token: paging.next(last)?,
    })
}

fn given<T>(name: &str, read: impl Fn(&str) -> Result<T, Error>) -> Result<Option<T>> {
    (!name.is_empty()).then(|| read(name)).transpose()
}
