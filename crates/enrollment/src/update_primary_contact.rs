//! A company names the person who vouches for it (E7).

use api::enrollment::v1::{
    PrimaryContact, UpdatePrimaryContactRequest, UpdatePrimaryContactResponse,
};
use domain::{
    Call, EmailProblem, Error, Reason, Result,
    email::EmailAddress,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
    invitation::check_name,
    readiness::{Goal, guard, partner_goal},
};
use event::{Event, PrimaryContactUpdated, event::Kind as What};
use gate::Mask;
use store::entity::enrollment;

use crate::{Service, life, resource};

const FIELDS: &[&str] = &["given_name", "family_name", "email", "phone", "language_code"];

pub async fn update_primary_contact(
    service: &Service,
    call: &Call,
    req: UpdatePrimaryContactRequest,
) -> Result<UpdatePrimaryContactResponse> {
    let id = enrollment_id(&req.name)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let contact = req.primary_contact.unwrap_or_default();
    check_words(service, &contact)?;

    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        refuse_disowned(&seen, &contact.email)?;
        gate::check_etag(&req.etag, seen.version)?;

        let mut row = seen.clone();
        mask.text("given_name", &contact.given_name, &mut row.contact_given_name);
        mask.text("family_name", &contact.family_name, &mut row.contact_family_name);
        mask.text("email", &contact.email, &mut row.contact_email);
        mask.text("phone", &contact.phone, &mut row.contact_phone);
        mask.text("language_code", &contact.language_code, &mut row.contact_language_code);
        let change = Change::of(&seen, &row);
        row.state = seen.state.after(match change {
            Change::Address => Action::ChangeContactAddress,
            Change::Name | Change::Neither => Action::UpdatePrimaryContact,
        })?;
        if let Some(mut checks) = seen.checks()? {
            match change {
                Change::Address => checks.change_contact_address(tx.now()),
                Change::Name => checks.change_contact_name(tx.now()),
                Change::Neither => {}
            }
            row.set_checks(&checks)?;
        }
        if change == Change::Address {
            tx.add_former_contact(id, &seen.contact_email).await?;
        }
        let company = tx.company(row.company_id).await?;
        if change == Change::Address {
            life::forget_disowning(tx, &mut row).await?;
        }
        let mut row = life::step(tx, &company, &seen, row).await?;
        still_complete(tx, &row, "contact.").await?;
        // Another mailbox or another person: the link sent before is good for nobody.
        if change != Change::Neither && row.asks_contact()? {
            row = life::ask_contact(tx, &company, &row).await?;
        }

        let values = [
            ("given_name", &seen.contact_given_name, &row.contact_given_name),
            ("family_name", &seen.contact_family_name, &row.contact_family_name),
            ("email", &seen.contact_email, &row.contact_email),
            ("phone", &seen.contact_phone, &row.contact_phone),
            ("language_code", &seen.contact_language_code, &row.contact_language_code),
        ];
        let changed: Vec<_> = values.iter().filter(|(_, before, after)| before != after).collect();
        let fields = changed.iter().map(|(field, ..)| (*field).to_owned()).collect();
        let personal: Vec<(&str, &str)> =
            changed.iter().map(|(field, _, after)| (*field, after.as_str())).collect();
        let name = enrollment_name(id);
        let what = PrimaryContactUpdated { enrollment: name.clone(), fields };
        let event = Event::of(name, What::PrimaryContactUpdated(what));
        tx.record_personal(event, &[row.company_id], &personal);

        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(UpdatePrimaryContactResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}

/// What mails would carry to others, and the address that they would go to.
fn check_words(service: &Service, contact: &PrimaryContact) -> Result<()> {
    check_name("primary_contact.given_name", &contact.given_name)?;
    check_name("primary_contact.family_name", &contact.family_name)?;
    match contact.email.is_empty() {
        true => Ok(()),
        false => check_email(service, &contact.email),
    }
}

/// An address whose people said that it was not they is no contact's of this enrolment (E8).
fn refuse_disowned(seen: &enrollment::Model, email: &str) -> Result<()> {
    let email: Option<EmailAddress> = email.parse().ok();
    match email.is_some_and(|it| seen.disowned().is_ok_and(|disowned| disowned.has(&it))) {
        true => Err(Error::new(Reason::ContactDisowned)),
        false => Ok(()),
    }
}

/// What an update means for what is proven of the contact.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Another mailbox; letter case does not count.
    Address,
    /// Perhaps another person at the same mailbox.
    Name,
    Neither,
}

impl Change {
    fn of(seen: &enrollment::Model, row: &enrollment::Model) -> Self {
        let address = |it: &enrollment::Model| it.contact_email.parse::<EmailAddress>().ok();
        let name = |it: &enrollment::Model| {
            (it.contact_given_name.clone(), it.contact_family_name.clone())
        };
        if address(seen) != address(row) {
            Self::Address
        } else if name(seen) != name(row) {
            Self::Name
        } else {
            Self::Neither
        }
    }
}

/// Refuses to leave an enrolment that is handed in with less than it was handed in with, as far as
/// requirements are concerned whose ids begin so: what else is missing by now is another's to mend.
pub async fn still_complete(tx: &store::Tx, row: &enrollment::Model, ids: &str) -> Result<()> {
    if !row.state.is_handed_in() {
        return Ok(());
    }
    let party = tx.party(row.partner_id).await?;
    let goal = Goal::SubmitEnrollment;
    let mut unmet = partner_goal(goal, &tx.facts_of(&party).await?, true);
    unmet.retain(|it| it.id.starts_with(ids));
    guard(goal, unmet)
}

/// A person's own mailbox at the company, as far as an address shows.
fn check_email(service: &Service, text: &str) -> Result<()> {
    let malformed =
        |_| Error::field("primary_contact.email", "FORMAT_INVALID", "must be an e-mail address");
    let email: EmailAddress = text.parse().map_err(malformed)?;
    let facts = service.db.facts();
    match facts.mail_domains.contact_problem(&email, &service.db.programme().directory_domain) {
        None => Ok(()),
        Some(EmailProblem::DomainNotAllowed) => {
            Err(Error::new(Reason::EmailDomainNotAllowed).with("domain", email.domain()))
        }
        Some(EmailProblem::RoleMailbox) => {
            Err(Error::new(Reason::RoleMailboxNotAllowed).with("localPart", email.local_part()))
        }
    }
}
