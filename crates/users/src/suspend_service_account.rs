//! A machine is stopped: none of its tokens is good any more, from the next call on (U5).

use api::users::v1::{SuspendServiceAccountRequest, SuspendServiceAccountResponse};
use domain::{Call, Error, Result, service_account::Action};
use event::{Event, ServiceAccountSuspended, event::Kind};
use store::{Tx, entity::service_account};

use crate::{Service, machine};

pub async fn suspend_service_account(
    service: &Service,
    call: &Call,
    req: SuspendServiceAccountRequest,
) -> Result<SuspendServiceAccountResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let seen = machine::acted_on(tx, caller, &req.name).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Suspend)?;
        let to = service_account::Model { state, ..seen.clone() };
        let row = tx.change_service_account(&seen, to).await?;

        let name = domain::id::service_account_name(row.company_id, row.id);
        let what = ServiceAccountSuspended { service_account: name.clone() };
        let event = Event::of(name, Kind::ServiceAccountSuspended(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        let service_account = Some(machine::shown(tx, &row));
        Ok(SuspendServiceAccountResponse { service_account, plan: None })
    };
    service.db.write(call, write).await
}
