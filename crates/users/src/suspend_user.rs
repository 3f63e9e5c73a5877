//! An admin shuts a person out (U3, U4); its sessions end at once (U5).

use api::users::v1::{SuspendUserRequest, SuspendUserResponse};
use domain::{
    Call, Error, Result,
    power::{check_not_self, check_outranks},
    user::Action,
};
use event::{Event, UserSuspended, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, person, resource::user};

pub async fn suspend_user(
    service: &Service,
    call: &Call,
    req: SuspendUserRequest,
) -> Result<SuspendUserResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let subject = person::managed(tx, caller, &req.name).await?;
        check_not_self(caller, &subject.target())?;
        check_outranks(caller, &subject.target())?;
        let seen = &subject.account;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Suspend)?;
        let to = account::Model { state, suspended_from: Some(seen.state), ..seen.clone() };
        let row = tx.change_account(seen, to, &subject.roles).await?;
        tx.end_sessions(row.id).await?;

        let what = UserSuspended { user: subject.name() };
        let event = Event::of(subject.name(), Kind::UserSuspended(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        Ok(SuspendUserResponse { user: Some(user(&row, &subject.roles)), plan: None })
    };
    service.db.write(call, write).await
}
