//! A contact did not answer in time: its link is over, and the ledger says so, once (E8).

use domain::{
    Error, Result,
    id::{PartnerId, enrollment_name},
    link::{Purpose, State},
};
use event::{ContactLinkExpired, Event, event::Kind};
use store::Tx;

pub async fn fire(tx: &mut Tx, partner: PartnerId) -> Result<()> {
    let row = tx.any_enrollment(partner).await?.ok_or_else(Error::not_found)?;
    let link = tx.any_link_of(Purpose::ContactConfirmation, partner.0).await?;
    if link.is_none_or(|it| tx.now() < it.expire_time) {
        return Err(Error::not_found());
    }
    tx.end_link(Purpose::ContactConfirmation, partner.0, State::Expired).await?;
    let name = enrollment_name(partner);
    let what = ContactLinkExpired { enrollment: name.clone() };
    tx.record(Event::of(name, Kind::ContactLinkExpired(what)), &[row.company_id]);
    Ok(())
}
