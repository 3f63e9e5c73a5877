//! An admin gives a person who lost its password a one-time password (U3, U7).

use api::users::v1::{ResetUserPasswordRequest, ResetUserPasswordResponse};
use domain::{
    Call, Error, Result,
    power::{check_not_self, check_outranks},
    user::{Action, State},
};
use event::{Event, UserPasswordReset, event::Kind};
use store::{Tx, entity::account};

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
    let one_time = person::one_time(service).await?;
    let write = async |tx: &mut Tx| {
        let subject = person::managed(tx, caller, &req.name).await?;
        check_not_self(caller, &subject.target())?;
        check_outranks(caller, &subject.target())?;
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::ResetPassword)?;
        if external::is_external(&subject.company) {
            return invited_again(tx, &subject).await;
        }
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

/// Who has not redeemed its invitation gets another one; the directory has the others' passwords.
async fn invited_again(tx: &mut Tx, subject: &Subject) -> Result<ResetUserPasswordResponse> {
    if subject.account.state != State::Invited {
        return Err(external::refusal_of(tx, &subject.company).await?);
    }
    let link = external::invite(tx, &subject.company, &subject.account).await?;
    Ok(ResetUserPasswordResponse {
        user: Some(user(&subject.account, &subject.roles)),
        invitation_expire_time: Some(gate::wire_time(link.expire_time)),
        ..ResetUserPasswordResponse::default()
    })
}
