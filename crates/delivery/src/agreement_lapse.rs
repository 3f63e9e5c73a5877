//! A grace period is over: what partners accepted before stands no longer, and each ledger says so,
//! once (A4, M5).

use domain::{
    Error, Result,
    agreement::Audience,
    constants::LAPSES_AT_A_TIME,
    course::Standing,
    id::{PartnerId, VersionId, partner_name, version_name},
    partner::{Kind, Standing as Programme},
};
use event::{AgreementLapsed, Event, event::Kind as What};
use store::{Party, Tx, entity::partner};

use crate::timers::Then;

pub async fn fire(tx: &mut Tx, id: VersionId) -> Result<Then> {
    let version = tx.any_version_with_id(id).await?.ok_or_else(Error::not_found)?;
    let kind = match version.audience {
        Audience::Reseller => Kind::Reseller,
        Audience::Provider => Kind::Provider,
        Audience::Customer => return Err(Error::not_found()),
    };
    let course = tx.any_course(version.audience).await?;
    let demand = course.ended_demand(id, tx.now()).ok_or_else(Error::not_found)?;
    let n = LAPSES_AT_A_TIME;
    let rows = tx.any_partners_to_lapse(kind, demand.place, n).await?;
    if rows.is_empty() {
        return Err(Error::not_found());
    }
    let ids: Vec<PartnerId> = rows.iter().map(|it| it.id).collect();
    let parties = tx.any_parties(&ids).await?;
    for row in &rows {
        let party = parties.get(&row.id).ok_or_else(Error::not_found)?;
        lapse(tx, party, &version_name(version.audience, id)).await?;
    }
    let is_all = u64::try_from(rows.len()).is_ok_and(|it| it < n);
    Ok(if is_all { Then::Done } else { Then::Again })
}

async fn lapse(tx: &mut Tx, party: &Party, version: &str) -> Result<()> {
    let to = partner::Model { lapsed: true, ..party.partner.clone() };
    tx.change_partner(&party.partner, to).await?;
    let name = partner_name(party.partner.id);
    let what = AgreementLapsed { partner: name.clone(), version: version.to_owned() };
    let (due, lapsed) = (Standing::ReacceptDue.as_str(), Standing::Lapsed.as_str());
    let now = party.standing();
    let before = Programme { has_accepted: true, ..now };
    let event = Event::of(name, What::AgreementLapsed(what))
        .changed("agreement_standing", due, lapsed)
        .changed("programme_status", before.status().as_str(), now.status().as_str());
    tx.record(event, &[party.company.id]);
    Ok(())
}
