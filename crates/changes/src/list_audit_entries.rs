//! A company, or an auditor, reads what happened.

use api::{
    changes::v1::{AuditEntry, ListAuditEntriesRequest, ListAuditEntriesResponse},
    event::v1::Event,
    types::v1::{Actor, ActorKind},
};
use domain::{
    Call, Error, Reach, Result,
    id::{CompanyId, audit_entry_name, company_name, last_id},
};
use prost::Message as _;
use store::Entry;

use crate::Service;

pub async fn list_audit_entries(
    service: &Service,
    call: &Call,
    req: ListAuditEntriesRequest,
) -> Result<ListAuditEntriesResponse> {
    let company: CompanyId = last_id(&req.parent)?;
    let subject = Some(req.subject.as_str()).filter(|it| !it.is_empty());
    let filter = ListAuditEntriesRequest {
        parent: req.parent.clone(),
        subject: req.subject.clone(),
        ..ListAuditEntriesRequest::default()
    };
    let arguments = gate::paging(
        &service.db.programme().link_key,
        call,
        req.page_size,
        &req.page_token,
        &filter,
    )?;
    let before = arguments.after()?;

    let read = async |view: &store::View| {
        // A company that is unknown or out of reach has no empty ledger: it does not exist.
        view.company(company).await?;
        view.ledger_entries(company, subject, before, arguments.size).await
    };
    let page = service.db.read(call, read).await?;
    let sees_all = call.caller.reach() == Reach::Everything;

    let last = page.rows.last().filter(|_| page.has_more).map(|it| it.row.seq);
    let next_page_token = arguments.next(last)?;
    let audit_entries: Result<Vec<AuditEntry>> =
        page.rows.into_iter().map(|it| resource(it, sees_all)).collect();
    Ok(ListAuditEntriesResponse { audit_entries: audit_entries?, next_page_token })
}

/// An entry as its company reads it: of another company's people it learns the company only.
fn resource(entry: Entry, sees_all: bool) -> Result<AuditEntry> {
    let row = entry.row;
    let is_own = row.actor_company_id.is_none_or(|it| it == row.company_id);
    let whole = Actor {
        kind: api::number::<ActorKind>(&row.actor_kind),
        principal: row.actor_principal,
        company: row.actor_company_id.map(company_name).unwrap_or_default(),
        credential: row.credential,
        auth_time: row.auth_time.map(gate::wire_time),
    };
    let actor = match is_own || sees_all {
        true => whole,
        false => Actor { kind: whole.kind, company: whole.company, ..Actor::default() },
    };
    Ok(AuditEntry {
        name: audit_entry_name(row.company_id, row.id),
        create_time: Some(gate::wire_time(row.create_time)),
        actor: Some(actor),
        method: row.method.trim_start_matches('/').to_owned(),
        request_id: if is_own || sees_all { row.request_id } else { String::new() },
        event: Some(Event::decode(row.event.as_slice()).map_err(Error::internal)?),
        personal_values: entry.personal,
        personal_commitment: row.personal_commitment,
    })
}
