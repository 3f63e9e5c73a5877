//! One side, or the platform, puts its own hold on a relationship (R7).

use api::relationships::v1::{SuspendRelationshipRequest, SuspendRelationshipResponse};
use domain::{
    Call, Error, Result,
    id::{RelationshipId, last_id, relationship_name},
    mail::Template,
};
use event::{Event, RelationshipSuspended, event::Kind as What};
use store::Tx;

use crate::{Service, tell, tie};

pub async fn suspend_relationship(
    service: &Service,
    call: &Call,
    req: SuspendRelationshipRequest,
) -> Result<SuspendRelationshipResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let id: RelationshipId = last_id(&req.name)?;
    gate::check_reason(&req.reason)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.relationship(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let by = seen.side_of(caller.company);
        let (holds, state) = seen.holds().put_on(seen.state, by)?;
        let row = tx.change_relationship(&seen, seen.clone().held(holds, state)).await?;

        let name = relationship_name(id);
        let what = RelationshipSuspended { relationship: name.clone(), by: by.as_str().to_owned() };
        let event = Event::of(name, What::RelationshipSuspended(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[seen.provider_company_id, seen.reseller_company_id]);
        let extra = [("reason", req.reason.as_str())];
        tell::others(tx, &row, by, Template::RelationshipSuspended, &extra).await?;
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(SuspendRelationshipResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}
