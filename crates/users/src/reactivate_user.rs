//! An admin lets a suspended person in again, as it was before (U4).

use api::users::v1::{ReactivateUserRequest, ReactivateUserResponse};
use domain::{
    Call, Error, Result,
    power::{check_not_self, check_outranks},
    user::{Action, State},
};
use event::{Event, UserReactivated, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, person, resource::user};

pub async fn reactivate_user(
    service: &Service,
    call: &Call,
    req: ReactivateUserRequest,
) -> Result<ReactivateUserResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let subject = person::managed(tx, caller, &req.name).await?;
        check_not_self(caller, &subject.target())?;
        check_outranks(caller, &subject.target())?;
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let before = seen.suspended_from.unwrap_or(State::Invited);
        let state = seen.state.back(Action::Reactivate, before)?;
        let to = account::Model { state, suspended_from: None, ..seen.clone() };
        let row = tx.change_account(seen, to, &subject.roles).await?;

        let what = UserReactivated { user: subject.name() };
        let event = Event::of(subject.name(), Kind::UserReactivated(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        Ok(ReactivateUserResponse { user: Some(user(&row, &subject.roles)), plan: None })
    };
    service.db.write(call, write).await
}
