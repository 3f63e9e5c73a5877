//! Another operator agrees: the company has a global admin again.

use api::users::v1::{ApproveGlobalAdminRequest, ApproveGlobalAdminResponse};
use domain::{
    Call, Error, Reason, Result, Role,
    mail::Template,
    user::{Action, State},
};
use event::{Event, GlobalAdminApproved, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, factor, person, propose_global_admin::without_admin, resource::user};

pub async fn approve_global_admin(
    service: &Service,
    call: &Call,
    req: ApproveGlobalAdminRequest,
) -> Result<ApproveGlobalAdminResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    gate::check_reason(&req.reason)?;
    let one_time = person::one_time(service).await?;
    let write = async |tx: &mut Tx| {
        let (company, id) = person::ids(&req.user)?;
        let proposal = tx.any_proposal(company).await?.filter(|it| it.account_id == id);
        let proposal = proposal.ok_or_else(Error::not_found)?;
        if proposal.proposer_id == caller.user {
            return Err(Error::new(Reason::SecondOperatorRequired));
        }
        let subject = without_admin(tx, &req.user).await?;
        let seen = &subject.account;
        let state = seen.state.after(Action::BreakGlass)?;
        let is_new = state == State::Invited;
        let to = match is_new {
            true => account::Model { state, suspended_from: None, ..factor::without(seen) },
            false => account::Model { state, ..seen.clone() },
        };
        let to = if is_new { one_time.put(tx, to) } else { to };
        let mut roles = subject.roles.clone();
        roles.extend((!roles.contains(&Role::GlobalAdmin)).then_some(Role::GlobalAdmin));
        roles.sort_unstable();
        let row = tx.change_account(seen, to, &roles).await?;
        if is_new {
            tx.end_sessions(row.id).await?;
        }
        tx.close_proposal(company).await?;

        let what = GlobalAdminApproved { user: subject.name() };
        let event = Event::of(subject.name(), Kind::GlobalAdminApproved(what));
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event.because(&req.reason), &[company]);
        let template = Template::GlobalAdminGiven;
        person::tell_of_global_admin(tx, template, &subject.company, &row).await?;
        let mut reply = ApproveGlobalAdminResponse {
            user: Some(user(&row, &roles)),
            one_time_password: String::new(),
            one_time_password_expire_time: row.one_time_expire_time.map(gate::wire_time),
            secret_withheld: is_new,
            plan: None,
        };
        tx.withhold(&reply);
        if is_new {
            one_time.password.expose().clone_into(&mut reply.one_time_password);
            reply.secret_withheld = false;
        }
        Ok(reply)
    };
    service.db.write(call, write).await
}
