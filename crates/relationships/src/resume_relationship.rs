//! A holder lifts its own hold; when none is left, the relationship goes on (R7).

use api::relationships::v1::{ResumeRelationshipRequest, ResumeRelationshipResponse};
use domain::{
    Call, Error, Result,
    id::{RelationshipId, last_id, relationship_name},
    mail::Template,
    relationship::State,
};
use event::{Event, RelationshipResumed, event::Kind as What};
use store::Tx;

use crate::{Service, tell, tie};

pub async fn resume_relationship(
    service: &Service,
    call: &Call,
    req: ResumeRelationshipRequest,
) -> Result<ResumeRelationshipResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let id: RelationshipId = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.relationship(id).await?;
        let by = seen.side_of(caller.company);
        seen.holds().check_holder(seen.state, by)?;
        gate::check_etag(&req.etag, seen.version)?;
        let (holds, state) = seen.holds().lift(seen.state, by)?;
        let row = tx.change_relationship(&seen, seen.clone().held(holds, state)).await?;

        let name = relationship_name(id);
        let what = RelationshipResumed { relationship: name.clone(), by: by.as_str().to_owned() };
        let event = Event::of(name, What::RelationshipResumed(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[seen.provider_company_id, seen.reseller_company_id]);
        if row.state == State::Active {
            tell::others(tx, &row, by, Template::RelationshipResumed, &[]).await?;
        }
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(ResumeRelationshipResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}
