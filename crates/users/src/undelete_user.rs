//! An admin restores a deleted person with its roles, within 30 days (U4).

use api::users::v1::{UndeleteUserRequest, UndeleteUserResponse};
use domain::{
    Call, EmailAddress, Error, Result,
    constants::USER_RESTORE,
    mail::Template,
    power::check_outranks,
    timer::Timer,
    user::{Action, State},
};
use event::{Event, UserUndeleted, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, person, resource::user};

pub async fn undelete_user(
    service: &Service,
    call: &Call,
    req: UndeleteUserRequest,
) -> Result<UndeleteUserResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
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

/// It claims its names again: USER_ALREADY_EXISTS if they are another's by now.
fn restored(seen: &account::Model, state: State) -> Result<account::Model> {
    let email: EmailAddress = seen.email.parse().map_err(Error::internal)?;
    Ok(account::Model {
        state,
        deleted_from: None,
        delete_time: None,
        sign_in_name: seen.former_name.clone(),
        former_name: String::new(),
        email_key: email.key().to_owned(),
        ..seen.clone()
    })
}
