//! The documents of a partner are listed.

use api::{
    Word as _,
    enrollment::v1::{ListEvidenceRequest, ListEvidenceResponse},
};
use domain::{
    Call, Result,
    check::CheckKind,
    id::{PartnerId, last_id},
};

use crate::{Service, resource};

pub async fn list_evidence(
    service: &Service,
    call: &Call,
    req: ListEvidenceRequest,
) -> Result<ListEvidenceResponse> {
    let partner: PartnerId = last_id(&req.parent)?;
    let filter = ListEvidenceRequest {
        parent: req.parent.clone(),
        check: req.check,
        ..ListEvidenceRequest::default()
    };
    let key = &service.db.programme().link_key;
    let arguments = gate::paging(key, call, req.page_size, &req.page_token, &filter)?;
    let after = arguments.after()?;
    let check = CheckKind::of(req.check().word());
    let read = async |view: &store::View| {
        view.partner(partner).await?;
        view.evidence_of(partner, check, after, arguments.size).await
    };
    let page = service.db.read(call, read).await?;
    let last = page.rows.last().filter(|_| page.has_more).map(|it| it.id);
    let evidence = page.rows.iter().map(resource::evidence).collect();
    Ok(ListEvidenceResponse { evidence, next_page_token: arguments.next(last)? })
}
