//! A relationship has ended: what customers were asked for through it is taken back, batch by batch, even
//! if the two have connected anew (M6).

use domain::{Error, Result, id::RelationshipId, relationship::State};
use store::Tx;

use crate::timers::Then;

pub async fn fire(tx: &mut Tx, id: RelationshipId) -> Result<Then> {
    if tx.relationship(id).await?.state != State::Ended {
        return Err(Error::not_found());
    }
    Then::of(tx.cancel_groundless(id).await?)
}
