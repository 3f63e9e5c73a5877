//! An operator names the global admin of a company that nobody can act for (U3).

use api::users::v1::{ProposeGlobalAdminRequest, ProposeGlobalAdminResponse};
use domain::{
    Call, Error, Reason, Result,
    constants::GLOBAL_ADMIN_PROPOSAL,
    power::Target,
    user::{Action, State},
};
use event::{Event, GlobalAdminProposed, event::Kind};
use store::{Tx, View, entity::global_admin_proposal};

use crate::{
    Service, external,
    person::{self, Subject},
    resource::user,
};

pub async fn propose_global_admin(
    service: &Service,
    call: &Call,
    req: ProposeGlobalAdminRequest,
) -> Result<ProposeGlobalAdminResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    gate::check_reason(&req.reason)?;
    let write = async |tx: &mut Tx| {
        let subject = without_admin(tx, &req.user).await?;
        let expire_time = tx.now() + GLOBAL_ADMIN_PROPOSAL;
        tx.propose(global_admin_proposal::Model {
            company_id: subject.company.id,
            account_id: subject.account.id,
            proposer_id: caller.user,
            expire_time,
        })
        .await?;
        let what = GlobalAdminProposed { user: subject.name() };
        let event = Event::of(subject.name(), Kind::GlobalAdminProposed(what));
        tx.record(event.because(&req.reason), &[subject.company.id]);
        Ok(ProposeGlobalAdminResponse {
            user: Some(user(&subject.account, &subject.roles)),
            expire_time: Some(gate::wire_time(expire_time)),
            plan: None,
        })
    };
    service.db.write(call, write).await
}

/// Somebody of a company without an active global admin. The vendor's own company has none ever.
pub async fn without_admin(view: &View, name: &str) -> Result<Subject> {
    let subject = person::subject(view, name).await?;
    let Target { is_staff, .. } = subject.target();
    if is_staff {
        return Err(Error::not_found());
    }
    let state = subject.account.state.after(Action::BreakGlass)?;
    // A one-time password would open nothing.
    if state != State::Active && external::is_external(&subject.company) {
        return Err(external::refusal_of(view, &subject.company).await?);
    }
    match subject.company.n_global_admins {
        0 => Ok(subject),
        _ => Err(Error::new(Reason::GlobalAdminPresent)),
    }
}
