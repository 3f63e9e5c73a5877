//! A contact that has not answered is reminded once, with the same link (E8).

use domain::{
    Error, Language, Result,
    id::{PartnerId, enrollment_name},
    link::Purpose,
    mail::Template,
};
use event::{ContactReminded, Event, event::Kind};
use store::{NewMail, Tx};

pub async fn fire(tx: &mut Tx, partner: PartnerId) -> Result<()> {
    let row = tx.any_enrollment(partner).await?.ok_or_else(Error::not_found)?;
    if !row.asks_contact()? {
        return Err(Error::not_found());
    }
    let link = tx.any_link_of(Purpose::ContactConfirmation, partner.0).await?;
    let link = link.filter(|it| tx.now() < it.expire_time).ok_or_else(Error::not_found)?;
    let mail = NewMail {
        template: Template::ContactReminder,
        language: Language::of_tag(&row.contact_language_code),
        recipient: &row.contact_email,
        params: &[("name", &row.contact_given_name), ("company", &row.legal_name)],
        link: Some(&link),
    };
    tx.send(mail).await?;
    let name = enrollment_name(partner);
    let what = ContactReminded { enrollment: name.clone() };
    tx.record(Event::of(name, Kind::ContactReminded(what)), &[row.company_id]);
    Ok(())
}
