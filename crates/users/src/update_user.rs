//! An admin corrects a person's name, address or language (U4).

use api::users::v1::{UpdateUserRequest, UpdateUserResponse};
use domain::{
    Call, EmailAddress, Error, Language, Result,
    invitation::check_name,
    link::{self, Purpose},
    power::check_outranks,
    user::Action,
};
use event::{Event, UserUpdated, event::Kind};
use gate::Mask;
use store::{Tx, entity::account};

use crate::{Service, person, resource::user};

const FIELDS: &[&str] = &["given_name", "family_name", "email", "language_code"];

pub async fn update_user(
    service: &Service,
    call: &Call,
    req: UpdateUserRequest,
) -> Result<UpdateUserResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let mask = Mask::read(req.update_mask.as_ref(), FIELDS)?;
    let email = checked(&req, &mask)?;

    let write = async |tx: &mut Tx| {
        let subject = person::managed(tx, caller, &req.name).await?;
        if !caller.is(subject.account.id) {
            check_outranks(caller, &subject.target())?;
        }
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let mut to = account::Model { state: seen.state.after(Action::Update)?, ..seen.clone() };
        mask.text("given_name", &req.given_name, &mut to.given_name);
        mask.text("family_name", &req.family_name, &mut to.family_name);
        if mask.changes("language_code", !req.language_code.is_empty()) {
            Language::of_tag(&req.language_code).tag().clone_into(&mut to.language_code);
        }
        if let Some(email) = &email {
            put_address(tx, &mut to, email).await?;
        }
        let row = tx.change_account(seen, to, &subject.roles).await?;

        let values = [
            ("given_name", &seen.given_name, &row.given_name),
            ("family_name", &seen.family_name, &row.family_name),
            ("email", &seen.email, &row.email),
            ("language_code", &seen.language_code, &row.language_code),
        ];
        let changed = values.iter().filter(|(_, before, after)| before != after);
        let personal: Vec<(&str, &str)> = changed.map(|it| (it.0, it.2.as_str())).collect();
        let fields = personal.iter().map(|it| it.0.to_owned()).collect();
        let what = UserUpdated { user: subject.name(), fields };
        let event = Event::of(subject.name(), Kind::UserUpdated(what));
        tx.record_personal(event, &[row.company_id], &personal);
        Ok(UpdateUserResponse { user: Some(user(&row, &subject.roles)), plan: None })
    };
    service.db.write(call, write).await
}

/// What mails would carry to others, and the new address, where one is meant.
fn checked(req: &UpdateUserRequest, mask: &Mask<'_>) -> Result<Option<EmailAddress>> {
    for (field, value) in [("given_name", &req.given_name), ("family_name", &req.family_name)] {
        if !mask.changes(field, !value.is_empty()) {
            continue;
        }
        if value.is_empty() {
            return Err(Error::field(field, "REQUIRED", "must not be empty"));
        }
        check_name(field, value)?;
    }
    if !mask.changes("email", !req.email.is_empty()) {
        return Ok(None);
    }
    let malformed = |_| Error::field("email", "FORMAT_INVALID", "must be an e-mail address");
    req.email.parse().map(Some).map_err(malformed)
}

/// Another address is nobody's yet: what proved the former one proves nothing of it.
async fn put_address(tx: &Tx, to: &mut account::Model, email: &EmailAddress) -> Result<()> {
    let is_same = to.email.parse::<EmailAddress>().is_ok_and(|it| it == *email);
    email.as_str().clone_into(&mut to.email);
    email.key().clone_into(&mut to.email_key);
    if !is_same {
        to.email_verify_time = None;
        for purpose in [Purpose::EmailVerification, Purpose::UserInvitation] {
            tx.end_link(purpose, to.id.0, link::State::Void).await?;
        }
    }
    Ok(())
}
