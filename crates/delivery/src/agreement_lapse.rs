//! A grace period is over: what partners accepted before stands no longer; each ledger says so, once,
//! and their global admins learn it (A4, M5).

use domain::{Error, Result, constants::PARTNERS_AT_A_TIME, id::VersionId, mail::Template};
use store::Tx;

use crate::{
    agreement_notice::{all_of, signers, tell},
    timers::Then,
};

pub async fn fire(tx: &mut Tx, id: VersionId) -> Result<Then> {
    let (audience, kind) = signers(tx, id).await?;
    let course = tx.any_course(audience).await?;
    let demand = course.ended_demand(id, tx.now()).ok_or_else(Error::not_found)?;
    let rows = tx.any_partners_to_lapse(kind, demand.place, PARTNERS_AT_A_TIME).await?;
    let (parties, then) = all_of(tx, &rows).await?;
    for party in &parties {
        tx.lapse(party).await?;
        tell(tx, party, Template::AgreementLapsed).await?;
    }
    Ok(then)
}
