//! A person asks for the key of an authenticator app; it counts once it is proven.

use api::users::v1::{AddTotpRequest, AddTotpResponse};
use domain::{Call, Error, Result, id::user_name, totp};
use event::{Event, TotpAdded, event::Kind};
use store::{Tx, entity::account};

use crate::{Service, external, factor};

pub async fn add_totp(
    service: &Service,
    call: &Call,
    _: AddTotpRequest,
) -> Result<AddTotpResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    external::check_local(caller)?;
    let write = async |tx: &mut Tx| {
        let seen = factor::own(tx, caller).await?;
        let id = domain::id::LinkId::mint(tx.now()).0;
        let to = account::Model { totp_pending_id: Some(id), ..seen.clone() };
        let row = factor::put(tx, &seen, to).await?;
        let name = user_name(row.company_id, row.id);
        let what = TotpAdded { user: name.clone() };
        tx.record(Event::of(name, Kind::TotpAdded(what)), &[row.company_id]);

        let shown = totp::shown(&tx.programme().link_key, id, &row.sign_in_name)?;
        let withheld = AddTotpResponse { secret_withheld: true, ..AddTotpResponse::default() };
        tx.withhold(&withheld);
        Ok(AddTotpResponse {
            secret: shown.secret.expose().to_owned(),
            uri: shown.uri.expose().to_owned(),
            secret_withheld: false,
            plan: None,
        })
    };
    service.db.write(call, write).await
}
