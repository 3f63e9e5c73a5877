//! A company asks for haste with a review that is overdue, once a day of its own calendar (E10).

use api::enrollment::v1::{EscalateReviewRequest, EscalateReviewResponse};
use domain::{
    Call, Error, Reason, Result, Timestamp,
    enrollment::Action,
    facts::{Facts, RegionCode},
    id::{enrollment_id, enrollment_name},
};
use event::{ReviewEscalated, event::Kind as What};
use store::entity::enrollment;

use crate::{Service, life, resource};

pub async fn escalate_review(
    service: &Service,
    call: &Call,
    req: EscalateReviewRequest,
) -> Result<EscalateReviewResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        let company = tx.company(seen.company_id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Escalate)?;
        let region = company.region_code.parse().map_err(Error::internal)?;
        check_time(&seen, &region, tx.facts(), tx.now())?;
        let to = enrollment::Model { state, escalate_time: Some(tx.now()), ..seen.clone() };
        let row = tx.change_enrollment(&seen, to).await?;

        let what = ReviewEscalated { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::ReviewEscalated(what), &seen, &row), &[row.company_id]);
        let region = &company.region_code;
        let enrollment = Some(resource::enrollment(&row, region, call, tx.now())?);
        Ok(EscalateReviewResponse { enrollment, plan: None })
    };
    service.db.write(call, write).await
}

/// Overdue, and not yet asked today.
fn check_time(
    row: &enrollment::Model,
    region: &RegionCode,
    facts: &Facts,
    now: Timestamp,
) -> Result<()> {
    if let Some(expected_by) = row.expected_by_time.filter(|it| now < *it) {
        let expected_by = expected_by.to_rfc3339();
        return Err(Error::new(Reason::ReviewNotOverdue).with("expectedByTime", expected_by));
    }
    let calendars = &facts.calendars;
    let day = |it| calendars.local_date(region, it);
    match row.escalate_time.is_some_and(|it| day(it) == day(now)) {
        true => Err(Error::new(Reason::AlreadyEscalated)
            .with("retryTime", calendars.end_of_day(region, now).to_rfc3339())),
        false => Ok(()),
    }
}
