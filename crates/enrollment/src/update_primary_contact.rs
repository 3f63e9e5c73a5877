//! A company names the person who vouches for it (E7).

use api::enrollment::v1::{UpdatePrimaryContactRequest, UpdatePrimaryContactResponse};
use domain::{
    Call, EmailProblem, Error, Reason, Result,
    email::EmailAddress,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{Event, PrimaryContactUpdated, event::Kind as What};
use gate::Mask;
use store::entity::enrollment;

use crate::{Service, resource};

const FIELDS: &[&str] = &["given_name", "family_name", "email", "phone", "language_code"];

pub async fn update_primary_contact(
    service: &Service,
    call: &Call,
    req: UpdatePrimaryContactRequest,
) -> Result<UpdatePrimaryContactResponse> {
    let id = enrollment_id(&req.name)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let contact = req.primary_contact.unwrap_or_default();
    if !contact.email.is_empty() {
        check_email(service, &contact.email)?;
    }

    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::UpdatePrimaryContact)?;

        let mut row = enrollment::Model { state, ..seen.clone() };
        mask.text("given_name", &contact.given_name, &mut row.contact_given_name);
        mask.text("family_name", &contact.family_name, &mut row.contact_family_name);
        mask.text("email", &contact.email, &mut row.contact_email);
        mask.text("phone", &contact.phone, &mut row.contact_phone);
        mask.text("language_code", &contact.language_code, &mut row.contact_language_code);
        let row = tx.change_enrollment(&seen, row).await?;

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

        let company = tx.company(row.company_id).await?;
        let enrollment = resource::enrollment(&row, &company.region_code)?;
        Ok(UpdatePrimaryContactResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}

/// A person's own mailbox at the company, as far as an address shows.
fn check_email(service: &Service, text: &str) -> Result<()> {
    let malformed =
        |_| Error::field("primary_contact.email", "FORMAT_INVALID", "must be an e-mail address");
    let email: EmailAddress = text.parse().map_err(malformed)?;
    let domains = &service.db.facts().mail_domains;
    match domains.contact_problem(&email, &service.directory_domain) {
        None => Ok(()),
        Some(EmailProblem::DomainNotAllowed) => {
            Err(Error::new(Reason::EmailDomainNotAllowed).with("domain", email.domain()))
        }
        Some(EmailProblem::RoleMailbox) => {
            Err(Error::new(Reason::RoleMailboxNotAllowed).with("localPart", email.local_part()))
        }
    }
}
