//! A company's invitations of a day, of both kinds together, are bounded (R2, R9).

use domain::{Call, Result, id::CompanyId, invitation::check_daily};

use crate::Service;

/// Makes an invitation, if the day has one left. It is counted before and beside the write, so that
/// two at once are two; what came to nothing, or was made before, costs nothing.
pub async fn counted<T>(
    service: &Service,
    call: &Call,
    company: CompanyId,
    made: impl Future<Output = Result<T>>,
) -> Result<T> {
    let (db, now) = (&service.db, service.db.clock().now());
    let (day, most) = (now.date_naive().to_string(), db.programme().invitations_daily);
    let count = async |chore: &mut store::Chore| {
        check_daily(chore.count_invitation(company, &day).await?, most, now)
    };
    db.maintain("count invitation", count).await?;
    let made = made.await;
    let is_new = made.is_ok() && !call.validate_only && !call.outcome().replayed;
    if is_new {
        return made;
    }
    let uncount = async |chore: &mut store::Chore| chore.uncount_invitation(company, &day).await;
    let undone = db.maintain("uncount invitation", uncount).await;
    // What went wrong first is what is answered.
    let made = made?;
    undone.map(|()| made)
}
