//! A reviewer takes an enrolment on, so that others take another one.

use api::enrollment::v1::{ClaimReviewRequest, ClaimReviewResponse};
use domain::{
    Call, Error, Reason, Result, UserCaller,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{Event, ReviewClaimed, event::Kind as What};
use store::{Tx, entity::enrollment};

use crate::{Service, conflict::refuse_conflict, resource};

pub async fn claim_review(
    service: &Service,
    call: &Call,
    req: ClaimReviewRequest,
) -> Result<ClaimReviewResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.enrollment(id).await?;
        let company = tx.company(seen.company_id).await?;
        refuse_conflict(tx, caller, &company, &seen).await?;
        gate::check_etag(&req.etag, seen.version)?;
        seen.state.after(Action::ClaimReview)?;
        refuse_others(&seen, caller)?;
        let (reviewer_id, claim_time) = (Some(caller.user), Some(tx.now()));
        let to = enrollment::Model { reviewer_id, claim_time, ..seen.clone() };
        let row = tx.change_enrollment(&seen, to).await?;

        let name = enrollment_name(id);
        let what = ReviewClaimed { enrollment: name.clone() };
        tx.record(Event::of(name, What::ReviewClaimed(what)), &[row.company_id]);
        let enrollment = resource::enrollment_for(tx, &row, &company.region_code, call).await?;
        Ok(ClaimReviewResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}

/// REVIEW_ALREADY_CLAIMED, if another reviewer works on it.
pub fn refuse_others(seen: &enrollment::Model, caller: &UserCaller) -> Result<()> {
    match seen.reviewer_id.is_some_and(|it| it != caller.user) {
        true => Err(Error::new(Reason::ReviewAlreadyClaimed)),
        false => Ok(()),
    }
}
