//! A machine is done with, for good (U5).

use api::users::v1::{DeleteServiceAccountRequest, DeleteServiceAccountResponse};
use domain::{Call, Error, Result, service_account::Action};
use event::{Event, ServiceAccountDeleted, event::Kind};
use store::{Tx, entity::service_account};

use crate::{Service, machine};

pub async fn delete_service_account(
    service: &Service,
    call: &Call,
    req: DeleteServiceAccountRequest,
) -> Result<DeleteServiceAccountResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let seen = machine::acted_on(tx, caller, &req.name).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Delete)?;
        let to = service_account::Model { state, ..seen.clone() };
        let row = tx.change_service_account(&seen, to).await?;

        let name = domain::id::service_account_name(row.company_id, row.id);
        let what = ServiceAccountDeleted { service_account: name.clone() };
        let event = Event::of(name, Kind::ServiceAccountDeleted(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        let service_account = Some(machine::shown(tx, &row));
        Ok(DeleteServiceAccountResponse { service_account, plan: None })
    };
    service.db.write(call, write).await
}
