//! A deleted person can be restored no longer (M9).

use domain::{
    Error, Result,
    constants::USER_RESTORE,
    id::{UserId, user_name},
};
use event::{Event, UserRemoved, event::Kind};
use store::{Tx, entity::account};

pub async fn fire(tx: &mut Tx, user: UserId) -> Result<()> {
    let seen = tx.any_account(user).await?.filter(|it| !it.is_gone).ok_or_else(Error::not_found)?;
    if seen.delete_time.is_none_or(|it| tx.now() < it + USER_RESTORE) {
        return Err(Error::not_found());
    }
    // What the person signed and did names it for ever; what opens something goes, and what reaches
    // it: neither a mail nor a token of its directory finds it any more.
    tx.release_identity_of(user).await?;
    let to = account::Model {
        is_gone: true,
        email: String::new(),
        email_key: String::new(),
        email_asks: None,
        password_hash: String::new(),
        one_time_expire_time: None,
        email_verify_time: None,
        totp_id: None,
        totp_pending_id: None,
        ..seen.clone()
    };
    tx.change_account(&seen, to, &[]).await?;
    let name = user_name(seen.company_id, user);
    let what = UserRemoved { user: name.clone() };
    tx.record(Event::of(name, Kind::UserRemoved(what)), &[seen.company_id]);
    Ok(())
}
