//! Partners learn that a newer version of their agreement has to be accepted, and until when (A4).

use domain::{
    Error, Language, Result,
    agreement::Audience,
    constants::PARTNERS_AT_A_TIME,
    course::Standing,
    id::{PartnerId, VersionId, partner_name, version_name},
    mail::Template,
    partner::Kind,
};
use event::{AgreementReacceptanceDue, Event, event::Kind as What};
use store::{NewMail, Party, Tx, entity::partner};

use crate::timers::Then;

pub async fn fire(tx: &mut Tx, id: VersionId) -> Result<Then> {
    let (audience, kind) = signers(tx, id).await?;
    let demand = tx.any_course(audience).await?.demand(id).ok_or_else(Error::not_found)?;
    let rows = tx.any_partners_to_notice(kind, demand.place, PARTNERS_AT_A_TIME).await?;
    let (parties, then) = all_of(tx, &rows).await?;
    for party in &parties {
        let to = partner::Model { noticed_place: demand.place, ..party.partner.clone() };
        tx.change_partner(&party.partner, to).await?;
        let name = partner_name(party.partner.id);
        let version = version_name(audience, id);
        let what = AgreementReacceptanceDue { partner: name.clone(), version };
        let event = Event::of(name, What::AgreementReacceptanceDue(what));
        tx.record(event, &[party.company.id]);
        // Where its grace period is over already, it is told that.
        if party.agreement.stand.standing == Standing::ReacceptDue {
            tell(tx, party, Template::AgreementDue).await?;
        }
    }
    Ok(then)
}

/// Whose agreement the version is of; customers are never asked anew.
pub async fn signers(tx: &Tx, id: VersionId) -> Result<(Audience, Kind)> {
    let version = tx.any_version_with_id(id).await?.ok_or_else(Error::not_found)?;
    match version.audience {
        Audience::Reseller => Ok((version.audience, Kind::Reseller)),
        Audience::Provider => Ok((version.audience, Kind::Provider)),
        Audience::Customer => Err(Error::not_found()),
    }
}

/// The partners with what they stand on; as long as there are as many as were asked for, there may be
/// more.
pub async fn all_of(tx: &Tx, rows: &[partner::Model]) -> Result<(Vec<Party>, Then)> {
    if rows.is_empty() {
        return Err(Error::not_found());
    }
    let ids: Vec<PartnerId> = rows.iter().map(|it| it.id).collect();
    let mut parties = tx.any_parties(&ids).await?;
    let parties: Vec<Party> = ids.iter().filter_map(|it| parties.remove(it)).collect();
    let is_all = u64::try_from(ids.len()).is_ok_and(|it| it < PARTNERS_AT_A_TIME);
    Ok((parties, if is_all { Then::Done } else { Then::Again }))
}

/// The company's global admins, each in its own language.
pub async fn tell(tx: &mut Tx, party: &Party, template: Template) -> Result<()> {
    let until = party.agreement.stand.reaccept_by.map(|it| it.to_rfc3339()).unwrap_or_default();
    for it in tx.any_global_admins(party.company.id).await? {
        let mail = NewMail {
            template,
            language: Language::of_tag(&it.language_code),
            recipient: &it.email,
            params: &[("name", &it.given_name), ("company", party.name()), ("until", &until)],
            link: None,
        };
        tx.send(mail).await?;
    }
    Ok(())
}
