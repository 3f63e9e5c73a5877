//! What every step of an enrolment's life brings along: its clock, its contact's link, its mails.

use domain::{
    Call, Error, Language, Result,
    check::Checks,
    constants::{CONTACT_LINK, CONTACT_REMINDER_DAYS},
    contact::Asks,
    enrollment::State,
    id::{PartnerId, enrollment_name},
    link::{self, Purpose},
    mail::Template,
    timer::Timer,
};
use event::Event;
use store::{
    NewMail, Party, Tx,
    entity::{company, enrollment},
};

/// Writes the enrolment as it stands now, over what was `seen`: the review clock runs while it is in
/// review, and its confirmed contact is told where it went (E10, E13).
pub async fn step(
    tx: &mut Tx,
    company: &company::Model,
    seen: &enrollment::Model,
    mut to: enrollment::Model,
) -> Result<enrollment::Model> {
    let subject = seen.partner_id.0;
    let (was_in_review, is_in_review) =
        (seen.state == State::InReview, to.state == State::InReview);
    if is_in_review && !was_in_review {
        let region = company.region_code.parse().map_err(Error::internal)?;
        let clock = tx.facts().calendars.review_clock(&region, tx.now());
        to.review_start_time = Some(tx.now());
        to.expected_from_time = Some(clock.expected_from_time);
        to.expected_by_time = Some(clock.expected_by_time);
        tx.wind(Timer::ReviewOverdue, subject, clock.expected_by_time).await?;
    }
    if was_in_review && !is_in_review {
        (to.review_start_time, to.expected_from_time, to.expected_by_time) = (None, None, None);
        to.escalate_time = None;
        (to.reviewer_id, to.claim_time) = (None, None);
        tx.unwind(Timer::ReviewOverdue, subject).await?;
    }
    let row = tx.change_enrollment(seen, to).await?;
    let is_proven = row.checks()?.as_ref().is_some_and(Checks::email_holds);
    if row.state != seen.state && is_proven {
        tell_contact(tx, &row).await?;
    }
    Ok(row)
}

async fn tell_contact(tx: &mut Tx, row: &enrollment::Model) -> Result<()> {
    let day = |it: Option<domain::Timestamp>| it.map(|it| it.to_rfc3339()).unwrap_or_default();
    let (from, by) = (day(row.expected_from_time), day(row.expected_by_time));
    let mail = NewMail {
        template: Template::EnrollmentStatus,
        language: Language::of_tag(&row.contact_language_code),
        recipient: &row.contact_email,
        params: &[
            ("name", &row.contact_given_name),
            ("company", &row.legal_name),
            ("state", row.state.as_str()),
            ("expected_from", &from),
            ("expected_by", &by),
        ],
        link: None,
    };
    tx.send(mail).await
}

/// Mails the contact a link, because of a change; one sent before is dead from now on (E8, I10).
/// Fails where one enrolment has mailed strangers too often a day. Answers the row as it is then.
pub async fn ask_contact(
    tx: &mut Tx,
    company: &company::Model,
    row: &enrollment::Model,
) -> Result<enrollment::Model> {
    let mut asks = row.asks()?;
    asks.ask(tx.now())?;
    mail_link(tx, company, row, &asks).await
}

/// Mails the contact another link, because the company asks for it.
pub async fn ask_again(
    tx: &mut Tx,
    company: &company::Model,
    row: &enrollment::Model,
) -> Result<enrollment::Model> {
    let mut asks = row.asks()?;
    asks.resend(tx.now())?;
    mail_link(tx, company, row, &asks).await
}

async fn mail_link(
    tx: &mut Tx,
    company: &company::Model,
    row: &enrollment::Model,
    asks: &Asks,
) -> Result<enrollment::Model> {
    let subject = row.partner_id.0;
    let link = tx.renew_link(Purpose::ContactConfirmation, subject, CONTACT_LINK).await?;
    let applicant = applicant_name(tx, row).await?;
    let mail = NewMail {
        template: Template::ContactConfirmation,
        language: Language::of_tag(&row.contact_language_code),
        recipient: &row.contact_email,
        params: &[
            ("name", &row.contact_given_name),
            ("company", &row.legal_name),
            ("applicant", &applicant),
        ],
        link: Some(&link),
    };
    tx.send(mail).await?;
    let region = company.region_code.parse().map_err(Error::internal)?;
    let calendars = &tx.facts().calendars;
    let reminder = calendars.end_of_business_day(&region, tx.now(), CONTACT_REMINDER_DAYS);
    tx.wind(Timer::ContactReminder, subject, reminder).await?;
    tx.wind(Timer::ContactLinkExpiry, subject, link.expire_time).await?;
    let mut asked = row.clone();
    asked.set_asks(asks)?;
    tx.change_enrollment(row, asked).await
}

/// The contact is asked no longer; nor can it take back what it said.
pub async fn stop_asking(tx: &mut Tx, row: &mut enrollment::Model) -> Result<()> {
    let subject = row.partner_id.0;
    tx.end_link(Purpose::ContactConfirmation, subject, link::State::Void).await?;
    has_answered(tx, row.partner_id).await?;
    forget_disowning(tx, row).await
}

/// The contact's link needs no reminder and no end any more.
pub async fn has_answered(tx: &mut Tx, of: PartnerId) -> Result<()> {
    tx.unwind(Timer::ContactReminder, of.0).await?;
    tx.unwind(Timer::ContactLinkExpiry, of.0).await
}

/// Action is required no longer because the contact said that it was not they.
pub async fn forget_disowning(tx: &mut Tx, row: &mut enrollment::Model) -> Result<()> {
    if row.disown_time.take().is_none() {
        return Ok(());
    }
    let subject = row.partner_id.0;
    tx.end_link(Purpose::ContactUndo, subject, link::State::Void).await?;
    tx.unwind(Timer::ContactUndoExpiry, subject).await
}

/// The address is the contact's after all: it is asked anew (E8).
pub async fn restore_contact(
    tx: &mut Tx,
    company: &company::Model,
    seen: &enrollment::Model,
    state: State,
) -> Result<enrollment::Model> {
    let mut row = enrollment::Model { state, ..seen.clone() };
    let mut disowned = row.disowned()?;
    disowned.remove(&row.contact_email.parse().map_err(Error::internal)?);
    row.set_disowned(&disowned)?;
    forget_disowning(tx, &mut row).await?;
    let row = step(tx, company, seen, row).await?;
    ask_contact(tx, company, &row).await
}

/// Who submitted the enrolment, by name.
pub async fn applicant_name(view: &store::View, row: &enrollment::Model) -> Result<String> {
    let who = row.submitter_id.unwrap_or(row.starter_id);
    let account = view.any_account(who).await?;
    Ok(account.map(|it| format!("{} {}", it.given_name, it.family_name)).unwrap_or_default())
}

/// The enrolment of the caller's own company, whatever else a platform role lets it see.
pub async fn own(view: &store::View, call: &Call, id: PartnerId) -> Result<enrollment::Model> {
    let row = view.enrollment(id).await?;
    match call.caller.principal().is_some_and(|it| it.company == row.company_id) {
        true => Ok(row),
        false => Err(Error::not_found()),
    }
}

/// The enrolment of a party, which its name promises.
pub fn started(party: &Party) -> Result<&enrollment::Model> {
    party.enrollment.as_ref().ok_or_else(Error::not_found)
}

/// An event about an enrolment that moved.
pub fn moved(kind: event::event::Kind, seen: &enrollment::Model, row: &enrollment::Model) -> Event {
    let event = Event::of(enrollment_name(row.partner_id), kind);
    event.changed("state", seen.state.as_str(), row.state.as_str())
}
