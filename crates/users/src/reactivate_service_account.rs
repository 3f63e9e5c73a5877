//! A person lets a machine go on; a machine could not.

use api::users::v1::{ReactivateServiceAccountRequest, ReactivateServiceAccountResponse};
use domain::{Call, Error, Result, service_account::Action};
use event::{Event, ServiceAccountReactivated, event::Kind};
use store::{Tx, entity::service_account};

use crate::{Service, machine};

pub async fn reactivate_service_account(
    service: &Service,
    call: &Call,
    req: ReactivateServiceAccountRequest,
) -> Result<ReactivateServiceAccountResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut Tx| {
        let seen = machine::acted_on(tx, caller, &req.name).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Reactivate)?;
        let to = service_account::Model { state, ..seen.clone() };
        let row = tx.change_service_account(&seen, to).await?;

        let name = domain::id::service_account_name(row.company_id, row.id);
        let what = ServiceAccountReactivated { service_account: name.clone() };
        let event = Event::of(name, Kind::ServiceAccountReactivated(what)).because(&req.reason);
        let event = event.changed("state", seen.state.as_str(), row.state.as_str());
        tx.record(event, &[row.company_id]);
        let service_account = Some(machine::shown(tx, &row));
        Ok(ReactivateServiceAccountResponse { service_account, plan: None })
    };
    service.db.write(call, write).await
}
