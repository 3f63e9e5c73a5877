//! An admin removes a person, or somebody leaves (U1, U3, U4): for 30 days it can be undone.

use api::users::v1::{DeleteUserRequest, DeleteUserResponse};
use domain::{
    Call, Error, Principal, Result,
    constants::USER_RESTORE,
    link::{self, Purpose},
    mail::Template,
    power::{check_manages, check_outranks},
    timer::Timer,
    user::{Action, State},
};
use event::{Event, UserDeleted, event::Kind};
use store::{Tx, entity::account};

use crate::{
    Service,
    person::{self, Subject},
    resource::user,
};

pub async fn delete_user(
    service: &Service,
    call: &Call,
    req: DeleteUserRequest,
) -> Result<DeleteUserResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let (company, named) = person::ids(&req.name)?;
    let leaves = company == caller.company && caller.is(named);
    if !leaves {
        check_manages(caller)?;
    }
    let write = async |tx: &mut Tx| {
        let subject = found(tx, caller, &req.name, leaves).await?;
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Delete)?;
        let row = tx.change_account(seen, deleted(tx, seen, state), &subject.roles).await?;
        tx.end_sessions(row.id).await?;
        for purpose in [Purpose::EmailVerification, Purpose::UserInvitation] {
            tx.end_link(purpose, row.id.0, link::State::Void).await?;
        }
        tx.wind(Timer::UserRemoval, row.id.0, tx.now() + USER_RESTORE).await?;

        let roles = person::names(&subject.roles);
        let what = UserDeleted { user: subject.name(), roles, left: leaves };
        let event = Event::of(subject.name(), Kind::UserDeleted(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        if subject.roles.contains(&domain::Role::GlobalAdmin) {
            let template = Template::GlobalAdminTaken;
            person::tell_of_global_admin(tx, template, &subject.company, &row).await?;
        }
        Ok(DeleteUserResponse { user: Some(user(&row, &subject.roles)), plan: None })
    };
    service.db.write(call, write).await
}

/// Oneself, or somebody over whom the caller has power.
async fn found(tx: &Tx, caller: &Principal, name: &str, leaves: bool) -> Result<Subject> {
    if leaves {
        return person::subject(tx, name).await;
    }
    let subject = person::managed(tx, caller, name).await?;
    check_outranks(caller, &subject.target())?;
    Ok(subject)
}

/// Its names are free for others at once.
fn deleted(tx: &Tx, seen: &account::Model, state: State) -> account::Model {
    account::Model {
        state,
        deleted_from: Some(seen.state),
        delete_time: Some(tx.now()),
        former_name: seen.sign_in_name.clone(),
        sign_in_name: format!("deleted:{}", seen.id),
        email_key: String::new(),
        ..seen.clone()
    }
}
