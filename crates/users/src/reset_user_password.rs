//! An admin gives a person who lost its password a one-time password (U3, U7).

use api::users::v1::{ResetUserPasswordRequest, ResetUserPasswordResponse};
use domain::{
    Call, Error, Principal, Result,
    power::{check_not_self, check_outranks},
    user::{Action, State},
};
use event::{Event, UserPasswordReset, event::Kind};
use store::{Tx, View, entity::account};

use crate::{
    Service, external, factor,
    person::{self, Subject},
    resource::user,
};

pub async fn reset_user_password(
    service: &Service,
    call: &Call,
    req: ResetUserPasswordRequest,
) -> Result<ResetUserPasswordResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let is_shown = async |view: &View| {
        let (subject, _) = reset(view, caller, &req).await?;
        Ok(!external::is_external(&subject.company))
    };
    let one_time = person::one_time(service, call, is_shown).await?;
    let write = async |tx: &mut Tx| {
        let (subject, state) = reset(tx, caller, &req).await?;
        let seen = &subject.account;
        if external::is_external(&subject.company) {
            return invited_again(tx, &subject).await;
        }
        let one_time = person::shown(one_time.as_ref())?;
        // Who is suspended comes back as somebody who has yet to change the password.
        let suspended_from = seen.suspended_from.map(|_| State::Invited);
        let to = account::Model { state, suspended_from, ..factor::without(seen) };
        let row = tx.change_account(seen, one_time.put(tx, to), &subject.roles).await?;
        tx.end_sessions(row.id).await?;

        let what = UserPasswordReset { user: subject.name() };
        let event = Event::of(subject.name(), Kind::UserPasswordReset(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        let mut reply = ResetUserPasswordResponse {
            user: Some(user(&row, &subject.roles)),
            one_time_password: String::new(),
            one_time_password_expire_time: row.one_time_expire_time.map(gate::wire_time),
            secret_withheld: true,
            invitation_expire_time: None,
            plan: None,
        };
        tx.withhold(&reply);
        one_time.password.expose().clone_into(&mut reply.one_time_password);
        reply.secret_withheld = false;
        Ok(reply)
    };
    service.db.write(call, write).await
}

/// Whose password it is, and where it stands then, if the caller may give it another one.
async fn reset(
    view: &View,
    caller: &Principal,
    req: &ResetUserPasswordRequest,
) -> Result<(Subject, State)> {
    let subject = person::managed(view, caller, &req.name).await?;
    check_not_self(caller, &subject.target())?;
    check_outranks(caller, &subject.target())?;
    gate::check_etag(&req.etag, subject.account.version)?;
    let state = subject.account.state.after(Action::ResetPassword)?;
    Ok((subject, state))
}

/// Who has not redeemed its invitation gets another one, at intervals; the directory has the others'
/// passwords.
async fn invited_again(tx: &mut Tx, subject: &Subject) -> Result<ResetUserPasswordResponse> {
    if subject.account.state != State::Invited {
        return Err(external::refusal_of(tx, &subject.company).await?);
    }
    let row = external::ask(tx, &subject.account, &subject.roles).await?;
    let link = external::invite(tx, &subject.company, &row).await?;
    Ok(ResetUserPasswordResponse {
        user: Some(user(&row, &subject.roles)),
        invitation_expire_time: Some(gate::wire_time(link.expire_time)),
        ..ResetUserPasswordResponse::default()
    })
}
