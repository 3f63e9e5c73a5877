//! A key is good no more, nor is any token that it signed, from the next call on (U5).

use api::users::v1::{RevokeServiceAccountKeyRequest, RevokeServiceAccountKeyResponse};
use domain::{
    Call, Error, Result,
    id::{KeyId, last_id, service_account_key_name},
    service_account::{Action, already_revoked},
};
use event::{Event, ServiceAccountKeyRevoked, event::Kind};
use store::{Tx, entity::service_account};

use crate::{Service, machine};

pub async fn revoke_service_account_key(
    service: &Service,
    call: &Call,
    req: RevokeServiceAccountKeyRequest,
) -> Result<RevokeServiceAccountKeyResponse> {
    let caller = call.caller.principal().ok_or_else(Error::not_found)?;
    let id: KeyId = last_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let account = machine::acted_on(tx, caller, &req.name).await?;
        let seen = tx.service_account_key(&account, id).await?;
        let state = account.state.after(Action::RevokeKey)?;
        if seen.revoke_time.is_some() {
            return Err(already_revoked());
        }
        let row = tx.revoke_service_account_key(&seen).await?;
        let to = service_account::Model { state, ..account.clone() };
        tx.change_service_account(&account, to).await?;

        let name = service_account_key_name(row.company_id, account.id, row.id);
        let key_id = row.thumbprint.clone();
        let what = ServiceAccountKeyRevoked { key: name.clone(), key_id };
        let event = Event::of(name, Kind::ServiceAccountKeyRevoked(what));
        tx.record(event.because(&req.reason), &[row.company_id]);
        let key = Some(machine::shown_key(tx, &row)?);
        Ok(RevokeServiceAccountKeyResponse { key, plan: None })
    };
    service.db.write(call, write).await
}
