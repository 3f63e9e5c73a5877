//! A person takes its second factor off, proven by a code.

use api::users::v1::{RemoveTotpRequest, RemoveTotpResponse};
use domain::{Call, Error, Result, id::user_name};
use event::{Event, TotpRemoved, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, external, factor, guessing, resource::user};

pub async fn remove_totp(
    service: &Service,
    call: &Call,
    req: RemoveTotpRequest,
) -> Result<RemoveTotpResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    external::check_local(caller)?;
    let seen = service.db.read(call, async |view| factor::own(view, caller).await).await?;
    if seen.totp_id.is_none() {
        return Err(factor::refusal(&seen, "CONFIRMED"));
    }
    let claim = guessing::claim(service, call, &seen.sign_in_name).await?;
    let step = factor::check(service, &seen, &req.code)?;
    claim.forgive(service).await?;

    let write = async |tx: &mut Tx| {
        let totp_step = step.unwrap_or(seen.totp_step);
        let to = account::Model { totp_step, ..factor::without(&seen) };
        let row = factor::put(tx, &seen, to).await?;
        // What is left of the proof is the password.
        tx.set_amr(factor::session(caller)?, factor::PASSWORD).await?;
        let name = user_name(row.company_id, row.id);
        let what = TotpRemoved { user: name.clone() };
        tx.record(Event::of(name, Kind::TotpRemoved(what)), &[row.company_id]);
        Ok(RemoveTotpResponse { user: Some(user(&row, &tx.roles(row.id).await?)) })
    };
    service.db.write(call, write).await
}
