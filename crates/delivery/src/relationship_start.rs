//! Two are connected: what else the provider had asked of the reseller is taken back, batch by batch
//! (M6).

use domain::{Error, Result, id::RelationshipId};
use store::Tx;

use crate::timers::Then;

pub async fn fire(tx: &mut Tx, id: RelationshipId) -> Result<Then> {
    let tie = tx.relationship(id).await?;
    let mut parties = tx.any_parties(&[tie.provider_id, tie.reseller_id]).await?;
    let provider = parties.remove(&tie.provider_id).ok_or_else(Error::not_found)?;
    let reseller = parties.remove(&tie.reseller_id).ok_or_else(Error::not_found)?;
    Then::of(tx.supplant_invitations(&provider, &reseller, None, tie.create_time).await?)
}
