//! Partners are listed: the own one and its counterparts, or all for the platform.

use api::{
    Word as _,
    enrollment::v1::{ListPartnersRequest, ListPartnersResponse, PartnerKind},
};
use domain::{Call, Result, partner::Kind};

use crate::{Service, partners};

pub async fn list_partners(
    service: &Service,
    call: &Call,
    req: ListPartnersRequest,
) -> Result<ListPartnersResponse> {
    let filter = ListPartnersRequest { kind: req.kind, ..ListPartnersRequest::default() };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after = arguments.after()?;
    let kind = match req.kind() {
        PartnerKind::Unspecified => None,
        stated @ (PartnerKind::Reseller | PartnerKind::Provider) => Kind::of(stated.word()),
    };
    let read = async |view: &store::View| {
        let page = view.partner_ids(kind, after, arguments.size).await?;
        let last = page.rows.last().copied().filter(|_| page.has_more);
        Ok((partners::all_seen(view, &page.rows).await?, last))
    };
    let (partners, last) = service.db.read(call, read).await?;
    Ok(ListPartnersResponse { partners, next_page_token: arguments.next(last)? })
}
