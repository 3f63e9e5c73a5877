//! One power ends while the relationship goes on: taken back, or given up (R6).

use api::{
    Word as _,
    relationships::v1::{RevokeGrantRequest, RevokeGrantResponse},
};
use domain::{
    Call, Error, Result,
    id::{RelationshipId, last_id, relationship_name},
    mail::Template,
    relationship::{Grant, GrantAction},
    timer::Timer,
};
use event::{Event, GrantRevoked, event::Kind as What};
use store::Tx;

use crate::{Service, tell, tie};

pub async fn revoke_grant(
    service: &Service,
    call: &Call,
    req: RevokeGrantRequest,
) -> Result<RevokeGrantResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let id: RelationshipId = last_id(&req.name)?;
    let kind = Grant::of(req.grant_type().word()).ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.relationship(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let grants = tx.grants(&[id]).await?.remove(&id).unwrap_or_default();
        let grant = grants.into_iter().find(|it| it.kind == kind).ok_or_else(Error::not_found)?;
        let state = grant.state.at(grant.expire_time, tx.now()).after(GrantAction::Revoke)?;

        tx.end_grant(&grant, state).await?;
        tx.unwind(Timer::GrantExpiry, grant.id.0).await?;
        let row = tx.change_relationship(&seen, seen.clone()).await?;
        let name = relationship_name(id);
        let what = GrantRevoked { relationship: name.clone(), grant: kind.as_str().to_owned() };
        let event = Event::of(name, What::GrantRevoked(what)).because(&req.reason);
        let event = event.changed("grant_state", grant.state.as_str(), state.as_str());
        tx.record(event, &[seen.provider_company_id, seen.reseller_company_id]);
        let extra = [("grant", kind.as_str()), ("reason", tell::shown(&req.reason))];
        let side = seen.side_of(caller.company);
        tell::others(tx, &row, side, Template::GrantRevoked, &extra).await?;
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(RevokeGrantResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}
