//! An invitation that nobody answered ends at its time (M6).

use domain::{Error, Result, id::InvitationId, invitation::State};
use store::Tx;

pub async fn fire(tx: &mut Tx, id: InvitationId) -> Result<()> {
    let seen = tx.any_invitation(id).await?.filter(|it| it.state == State::Pending);
    let seen = seen.filter(|it| it.expire_time <= tx.now()).ok_or_else(Error::not_found)?;
    tx.expire_invitation(&seen).await?;
    Ok(())
}
