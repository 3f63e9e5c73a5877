//! A version takes effect at its time, in the place of the one before (M5).

use domain::{Error, Result, agreement::State, id::VersionId};
use store::Tx;

pub async fn fire(tx: &mut Tx, id: VersionId) -> Result<()> {
    let row = tx.any_version_with_id(id).await?.filter(|it| it.state == State::Scheduled);
    let row = row.filter(|it| it.effective_time.is_some_and(|at| at <= tx.now()));
    let row = row.ok_or_else(Error::not_found)?;
    tx.settle(row.audience).await?;
    Ok(())
}
