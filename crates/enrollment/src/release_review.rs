//! A reviewer gives an enrolment back to the queue.

use api::enrollment::v1::{ReleaseReviewRequest, ReleaseReviewResponse};
use domain::{
    Call, Error, Reason, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{Event, ReviewReleased, event::Kind as What};
use store::{Tx, entity::enrollment};

use crate::{Service, claim_review::refuse_others, resource};

pub async fn release_review(
    service: &Service,
    call: &Call,
    req: ReleaseReviewRequest,
) -> Result<ReleaseReviewResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut Tx| {
        let seen = tx.enrollment(id).await?;
        let company = tx.company(seen.company_id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        seen.state.after(Action::ClaimReview)?;
        refuse_others(&seen, caller)?;
        if seen.reviewer_id.is_none() {
            return Err(Error::new(Reason::InvalidStateTransition)
                .with("currentState", "UNCLAIMED")
                .with("allowedStates", "CLAIMED"));
        }
        let to = enrollment::Model { reviewer_id: None, claim_time: None, ..seen.clone() };
        let row = tx.change_enrollment(&seen, to).await?;

        let name = enrollment_name(id);
        let what = ReviewReleased { enrollment: name.clone() };
        tx.record(Event::of(name, What::ReviewReleased(what)), &[row.company_id]);
        let enrollment = resource::enrollment_for(tx, &row, &company.region_code, call).await?;
        Ok(ReleaseReviewResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
