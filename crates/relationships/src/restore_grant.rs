//! A reseller gives a power again that was revoked or has expired (R6).

use api::{
    Word as _,
    relationships::v1::{RestoreGrantRequest, RestoreGrantResponse},
};
use domain::{
    Call, Error, Reason, Result, consent,
    id::{RelationshipId, last_id, relationship_name},
    mail::Template,
    readiness::{Goal, Turn, as_shown_to, guard, restore_grant as goal},
    relationship::{Grant, GrantState, Side},
    timer::Timer,
};
use event::{Event, GrantRestored, event::Kind as What};
use store::Tx;

use crate::{Service, create_invitation::refuse_past, tell, tie};

pub async fn restore_grant(
    service: &Service,
    call: &Call,
    req: RestoreGrantRequest,
) -> Result<RestoreGrantResponse> {
    let id: RelationshipId = last_id(&req.name)?;
    let kind = Grant::of(req.grant_type().word()).ok_or_else(Error::not_found)?;
    let expire_time = gate::domain_time("expire_time", req.expire_time)?;
    gate::check_consent(consent::to_restore(kind), req.consent.as_ref())?;
    let write = async |tx: &mut Tx| {
        refuse_past("expire_time", expire_time, tx.now())?;
        let seen = tx.relationship(id).await?;
        let reseller = tx.party(seen.reseller_id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let grants = tx.grants(&[id]).await?.remove(&id).unwrap_or_default();
        let former = grants.into_iter().find(|it| it.kind == kind);
        let former = former.ok_or_else(Error::not_found)?;
        let was = former.state.at(former.expire_time, tx.now());
        if was == GrantState::Active {
            return Err(Error::new(Reason::GrantAlreadyActive));
        }
        let provider = tx.any_party(seen.provider_id).await?.ok_or_else(Error::not_found)?;
        let unmet = goal(&tx.facts_of(&reseller).await?, provider.is_active(), seen.bond());
        guard(Goal::RestoreGrant, as_shown_to(Turn::Reseller, unmet))?;

        // One past its end that is not written yet would still hold the place.
        if former.state == GrantState::Active {
            tx.end_grant(&former, was).await?;
            tx.unwind(Timer::GrantExpiry, former.id.0).await?;
        }
        let grant = tx.add_grant(id, kind, expire_time).await?;
        if let Some(due) = expire_time {
            tx.wind(Timer::GrantExpiry, grant.id.0, due).await?;
        }
        let row = tx.change_relationship(&seen, seen.clone()).await?;
        let name = relationship_name(id);
        let what = GrantRestored { relationship: name.clone(), grant: kind.as_str().to_owned() };
        let event = Event::of(name, What::GrantRestored(what));
        let event = event.changed("grant_state", was.as_str(), grant.state.as_str());
        tx.record(event, &[seen.provider_company_id, seen.reseller_company_id]);
        let extra = [("grant", kind.as_str())];
        tell::others(tx, &row, Side::Reseller, Template::GrantRestored, &extra).await?;
        let relationship = tie::relationships(tx, &[row], call.language).await?.pop();
        Ok(RestoreGrantResponse { relationship, plan: None })
    };
    service.db.write(call, write).await
}
