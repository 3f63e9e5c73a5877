//! A review has lasted longer than it should: the ledger says so, once (E10).

use domain::{
    Error, Result,
    enrollment::State,
    id::{PartnerId, enrollment_name},
};
use event::{Event, ReviewOverdue, event::Kind};
use store::Tx;

pub async fn fire(tx: &mut Tx, partner: PartnerId) -> Result<()> {
    let row = tx.any_enrollment(partner).await?.filter(|it| it.state == State::InReview);
    let row = row.ok_or_else(Error::not_found)?;
    if row.expected_by_time.is_none_or(|it| tx.now() < it) {
        return Err(Error::not_found());
    }
    let name = enrollment_name(partner);
    let what = ReviewOverdue { enrollment: name.clone() };
    tx.record(Event::of(name, Kind::ReviewOverdue(what)), &[row.company_id]);
    Ok(())
}
