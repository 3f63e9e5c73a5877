//! Relationships are listed: those of one's own company, or all for the platform.

use api::relationships::v1::{ListRelationshipsRequest, ListRelationshipsResponse};
use domain::{
    Call, Result,
    id::{PartnerId, last_id},
};

use crate::{Service, external_id, tie};

pub async fn list_relationships(
    service: &Service,
    call: &Call,
    req: ListRelationshipsRequest,
) -> Result<ListRelationshipsResponse> {
    let filter = ListRelationshipsRequest {
        show_ended: req.show_ended,
        partner: req.partner.clone(),
        external_id: req.external_id.clone(),
        ..ListRelationshipsRequest::default()
    };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let after = arguments.after()?;
    let named = Some(req.partner.as_str()).filter(|it| !it.is_empty());
    let with: Option<PartnerId> = named.map(last_id).transpose()?;
    let read = async |view: &store::View| {
        let only = external_id::only(view, req.external_id.as_ref(), "relationships").await?;
        let page = view.relationships(req.show_ended, with, only, after, arguments.size).await?;
        let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
        Ok((tie::relationships(view, &page.rows, call.language).await?, last))
    };
    let (relationships, last) = service.db.read(call, read).await?;
    Ok(ListRelationshipsResponse { relationships, next_page_token: arguments.next(last)? })
}
