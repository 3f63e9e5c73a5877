//! A power that was given for a time ends at its time (M7).

use domain::{
    Error, Result,
    id::{GrantId, relationship_name},
    relationship::{GrantAction, GrantState},
};
use event::{Event, GrantExpired, event::Kind};
use store::Tx;

pub async fn fire(tx: &mut Tx, id: GrantId) -> Result<()> {
    let seen = tx.any_grant(id).await?.filter(|it| it.state == GrantState::Active);
    let seen = seen.filter(|it| it.expire_time.is_some_and(|end| end <= tx.now()));
    let seen = seen.ok_or_else(Error::not_found)?;
    let state = seen.state.after(GrantAction::Expire)?;
    let relationship = tx.relationship(seen.relationship_id).await?;
    tx.end_grant(&seen, state).await?;
    tx.change_relationship(&relationship, relationship.clone()).await?;

    let name = relationship_name(relationship.id);
    let grant = seen.kind.as_str().to_owned();
    let what = GrantExpired { relationship: name.clone(), grant };
    let sides = [relationship.provider_company_id, relationship.reseller_company_id];
    let event = Event::of(name, Kind::GrantExpired(what));
    tx.record(event.changed("grant_state", seen.state.as_str(), state.as_str()), &sides);
    Ok(())
}
