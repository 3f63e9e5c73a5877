//! The second factor of a person: a code of its authenticator app.

use domain::{
    Error, Reason, Result, Secret, Timestamp, UserCaller, contact::Asks, id::SessionId, totp,
};
use store::{Tx, View, entity::account};

use crate::Service;

/// How a session was begun (RFC 8176).
pub const PASSWORD: &str = "pwd";
pub const BOTH: &str = "pwd otp";

/// The time step of a good code, for who has a second factor.
pub fn check(service: &Service, account: &account::Model, code: &str) -> Result<Option<i64>> {
    let Some(id) = account.totp_id else {
        return Ok(None);
    };
    if code.is_empty() {
        return Err(Error::new(Reason::TotpCodeRequired));
    }
    let key = &service.db.programme().link_key;
    let now = service.db.clock().now();
    totp::check(key, id, &Secret::new(code), account.totp_step, now).map(Some)
}

/// The caller as it stands in the database.
pub async fn own(view: &View, caller: &UserCaller) -> Result<account::Model> {
    view.any_account(caller.user).await?.ok_or_else(Error::not_found)
}

/// The caller's session; factors are for those whom we sign in ourselves.
pub fn session(caller: &UserCaller) -> Result<SessionId> {
    caller.session().ok_or_else(Error::not_found)
}

/// Without a second factor, and without one that waits.
pub fn without(seen: &account::Model) -> account::Model {
    account::Model { totp_id: None, totp_pending_id: None, ..seen.clone() }
}

/// The person, mailed a link once more: ten minutes after the last, five a day.
pub fn asked(seen: &account::Model, now: Timestamp) -> Result<account::Model> {
    let mut asks: Asks = match &seen.email_asks {
        None => Asks::default(),
        Some(text) => serde_json::from_str(text).map_err(Error::internal)?,
    };
    asks.resend(now)?;
    let email_asks = Some(serde_json::to_string(&asks).map_err(Error::internal)?);
    Ok(account::Model { email_asks, ..seen.clone() })
}

/// INVALID_STATE_TRANSITION for a factor that does not stand as it would have to.
pub fn refusal(account: &account::Model, allowed: &str) -> Error {
    let current = match (account.totp_pending_id, account.totp_id) {
        (Some(_), _) => "PENDING",
        (None, Some(_)) => "CONFIRMED",
        (None, None) => "NONE",
    };
    Error::new(Reason::InvalidStateTransition)
        .with("currentState", current)
        .with("allowedStates", allowed)
}

/// Puts the person in the place of what was seen, with the roles it has.
pub async fn put(tx: &Tx, seen: &account::Model, to: account::Model) -> Result<account::Model> {
    let roles = tx.roles(seen.id).await?;
    tx.change_account(seen, to, &roles).await
}
