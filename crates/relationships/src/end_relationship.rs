//! A provider and a reseller part: the powers end, and what waited on them (R7, M6, M7).

use api::relationships::v1::{EndRelationshipRequest, EndRelationshipResponse};
use domain::{
    Call, Error, Result,
    id::{RelationshipId, last_id, relationship_name},
    mail::Template,
    relationship::{GrantAction, GrantState},
    timer::Timer,
};
use event::{Event, GrantRevoked, RelationshipEnded, event::Kind as What};
use store::{Batch, Tx, entity::relationship};

use crate::{Service, tell, tie};

pub async fn end_relationship(
    service: &Service,
    call: &Call,
    req: EndRelationshipRequest,
) -> Result<EndRelationshipResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id: RelationshipId = last_id(&req.name)?;
    gate::check_reason(&req.reason)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.relationship(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let by = seen.side_of(caller.company);
        let row = tx.end_relationship(&seen).await?;

        let name = relationship_name(id);
        let what = RelationshipEnded { relationship: name.clone(), by: by.as_str().to_owned() };
        let event = Event::of(name, What::RelationshipEnded(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[seen.provider_company_id, seen.reseller_company_id]);
        end_grants(tx, &row).await?;
        if tx.cancel_groundless(id).await? == Batch::More {
            tx.wind(Timer::RelationshipEnd, id.0, tx.now()).await?;
        }
        let extra = [("reason", req.reason.as_str())];
        tell::others(tx, &row, by, Template::RelationshipEnded, &extra).await?;
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(EndRelationshipResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}

/// A grant never outlives its relationship (I8).
async fn end_grants(tx: &mut Tx, of: &relationship::Model) -> Result<()> {
    let grants = tx.grants(&[of.id]).await?.remove(&of.id).unwrap_or_default();
    for grant in grants.into_iter().filter(|it| it.state == GrantState::Active) {
        // One that time has ended already, unwritten so far, ends as what it is.
        let seen = grant.state.at(grant.expire_time, tx.now());
        let state = match seen {
            GrantState::Active => seen.after(GrantAction::Revoke)?,
            GrantState::Revoked | GrantState::Expired => seen,
        };
        tx.end_grant(&grant, state).await?;
        tx.unwind(Timer::GrantExpiry, grant.id.0).await?;
        let name = relationship_name(of.id);
        let what =
            GrantRevoked { relationship: name.clone(), grant: grant.kind.as_str().to_owned() };
        let event = Event::of(name, What::GrantRevoked(what)).because("RELATIONSHIP_ENDED");
        let event = event.changed("grant_state", grant.state.as_str(), state.as_str());
        tx.record_by_time(event, &[of.provider_company_id, of.reseller_company_id]);
    }
    Ok(())
}
