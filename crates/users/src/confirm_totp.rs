//! A person proves that its app holds the key: sign-in takes a code from now on.

use api::users::v1::{ConfirmTotpRequest, ConfirmTotpResponse};
use domain::{Call, Error, Result, Secret, id::user_name, totp};
use event::{Event, TotpConfirmed, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, external, factor, guessing, resource::user};

pub async fn confirm_totp(
    service: &Service,
    call: &Call,
    req: ConfirmTotpRequest,
) -> Result<ConfirmTotpResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    external::check_local(caller)?;
    let seen = service.db.read(call, async |view| factor::own(view, caller).await).await?;
    let id = seen.totp_pending_id.ok_or_else(|| factor::refusal(&seen, "PENDING"))?;
    let claim = guessing::claim(service, call, &seen.sign_in_name).await?;
    let (key, now) = (&service.db.programme().link_key, service.db.clock().now());
    let step = totp::check(key, id, &Secret::new(req.code), 0, now)?;
    claim.forgive(service).await?;

    let write = async |tx: &mut Tx| {
        let to = account::Model {
            totp_id: Some(id),
            totp_pending_id: None,
            totp_step: step,
            ..seen.clone()
        };
        let row = factor::put(tx, &seen, to).await?;
        tx.end_other_sessions(row.id, factor::session(caller)?).await?;
        tx.set_amr(factor::session(caller)?, factor::BOTH).await?;
        let name = user_name(row.company_id, row.id);
        let what = TotpConfirmed { user: name.clone() };
        tx.record(Event::of(name, Kind::TotpConfirmed(what)), &[row.company_id]);
        Ok(ConfirmTotpResponse { user: Some(user(&row, &tx.roles(row.id).await?)) })
    };
    service.db.write(call, write).await
}
