//! An admin restores a deleted person with its roles, within 30 days (U4).

use api::users::v1::{UndeleteUserRequest, UndeleteUserResponse};
use domain::{
    Call, EmailAddress, Error, Reason, Result,
    constants::USER_RESTORE,
    mail::Template,
    power::check_outranks,
    timer::Timer,
    user::{Action, State},
};
use event::{Event, UserUndeleted, event::Kind};
use store::{Tx, entity::account};

use crate::{
    Service, external,
    person::{self, Subject},
    resource::user,
};

pub async fn undelete_user(
    service: &Service,
    call: &Call,
    req: UndeleteUserRequest,
) -> Result<UndeleteUserResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let subject = person::managed(tx, caller, &req.name).await?;
        let seen = &subject.account;
        // Its time is over, whether or not that is written down yet.
        if seen.delete_time.is_some_and(|it| it + USER_RESTORE <= tx.now()) {
            return Err(Error::not_found());
        }
        check_outranks(caller, &subject.target())?;
        gate::check_etag(&req.etag, seen.version)?;
        let before = seen.deleted_from.unwrap_or(State::Invited);
        let state = seen.state.back(Action::Undelete, before)?;
        check_identity(tx, &subject).await?;
        let row = tx.change_account(seen, restored(seen, state)?, &subject.roles).await?;
        tx.unwind(Timer::UserRemoval, row.id.0).await?;

        let roles = person::names(&subject.roles);
        let what = UserUndeleted { user: subject.name(), roles };
        let event = Event::of(subject.name(), Kind::UserUndeleted(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        if subject.roles.contains(&domain::Role::GlobalAdmin) {
            let template = Template::GlobalAdminGiven;
            person::tell_of_global_admin(tx, template, &subject.company, &row).await?;
        }
        Ok(UndeleteUserResponse { user: Some(user(&row, &subject.roles)), plan: None })
    };
    service.db.write(call, write).await
}

/// Whoever signed in by an identity that is another's by now would sign in no more.
async fn check_identity(tx: &Tx, subject: &Subject) -> Result<()> {
    let seen = &subject.account;
    let was_bound = seen.suspended_from.or(seen.deleted_from) == Some(State::Active);
    let is_external = external::is_external(&subject.company);
    if is_external && was_bound && tx.any_identity_of(seen.id).await?.is_none() {
        return Err(Error::new(Reason::UserAlreadyExists).with("field", "identity"));
    }
    Ok(())
}

/// It claims its names again: USER_ALREADY_EXISTS if they are another's by now.
fn restored(seen: &account::Model, state: State) -> Result<account::Model> {
    let email: Option<EmailAddress> = match seen.email.as_str() {
        "" => None,
        text => Some(text.parse().map_err(Error::internal)?),
    };
    Ok(account::Model {
        state,
        deleted_from: None,
        delete_time: None,
        sign_in_name: seen.former_name.clone(),
        former_name: String::new(),
        email_key: email.map(|it| it.key().to_owned()).unwrap_or_default(),
        ..seen.clone()
    })
}
