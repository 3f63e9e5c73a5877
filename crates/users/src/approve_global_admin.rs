//! Another operator agrees: the company has a global admin again.

use api::users::v1::{ApproveGlobalAdminRequest, ApproveGlobalAdminResponse};
use domain::{
    Call, Error, Principal, Reason, Result, Role,
    mail::Template,
    user::{Action, State},
};
use event::{Event, GlobalAdminApproved, event::Kind};
use store::{Tx, View, entity::account};

use crate::{
    Service, factor,
    person::{self, Subject},
    propose_global_admin::without_admin,
    resource::user,
};

pub async fn approve_global_admin(
    service: &Service,
    call: &Call,
    req: ApproveGlobalAdminRequest,
) -> Result<ApproveGlobalAdminResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    gate::check_reason(&req.reason)?;
    let is_shown = async |view: &View| Ok(approved(view, caller, &req).await?.1 == State::Invited);
    let one_time = person::one_time(service, call, is_shown).await?;
    let write = async |tx: &mut Tx| {
        let (subject, state) = approved(tx, caller, &req).await?;
        let (seen, company) = (&subject.account, subject.company.id);
        let one_time = match state {
            State::Invited => Some(person::shown(one_time.as_ref())?),
            State::Active | State::Suspended | State::Deleted => None,
        };
        let is_new = one_time.is_some();
        let to = match one_time {
            Some(one_time) => {
                let to = factor::without(seen);
                one_time.put(tx, account::Model { state, suspended_from: None, ..to })
            }
            None => account::Model { state, ..seen.clone() },
        };
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
        if let Some(one_time) = one_time {
            one_time.password.expose().clone_into(&mut reply.one_time_password);
            reply.secret_withheld = false;
        }
        Ok(reply)
    };
    service.db.write(call, write).await
}

/// Who was proposed by another operator, and where it stands then.
async fn approved(
    view: &View,
    caller: &Principal,
    req: &ApproveGlobalAdminRequest,
) -> Result<(Subject, State)> {
    let (company, id) = person::ids(&req.user)?;
    let proposal = view.any_proposal(company).await?.filter(|it| it.account_id == id);
    let proposal = proposal.ok_or_else(Error::not_found)?;
    if caller.is(proposal.proposer_id) {
        return Err(Error::new(Reason::SecondOperatorRequired));
    }
    let subject = without_admin(view, &req.user).await?;
    let state = subject.account.state.after(Action::BreakGlass)?;
    Ok((subject, state))
}
