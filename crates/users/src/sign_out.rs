//! A person ends its session, or all of them (U5).

use api::users::v1::{SignOutRequest, SignOutResponse};
use domain::{Call, Error, Result, id::user_name};
use event::{Event, SignedOut, event::Kind};

use crate::Service;

pub async fn sign_out(
    service: &Service,
    call: &Call,
    req: SignOutRequest,
) -> Result<SignOutResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let write = async |tx: &mut store::Tx| {
        match req.all_sessions {
            true => tx.sign_out(caller).await?,
            // A token has no name of its own here: with it end all that were made before.
            false => match caller.session() {
                Some(session) => tx.end_session(session).await?,
                None => tx.sign_out(caller).await?,
            },
        }
        let name = user_name(caller.company, caller.user);
        let what = SignedOut { user: name.clone(), all_sessions: req.all_sessions };
        tx.record(Event::of(name, Kind::SignedOut(what)), &[caller.company]);
        Ok(SignOutResponse {})
    };
    service.db.write(call, write).await
}
