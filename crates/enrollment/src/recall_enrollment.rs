//! A company takes its enrolment back to change it; the contact's link is void.

use api::enrollment::v1::{RecallEnrollmentRequest, RecallEnrollmentResponse};
use domain::{
    Call, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{EnrollmentRecalled, event::Kind as What};
use store::entity::enrollment;

use crate::{Service, life, resource};

pub async fn recall_enrollment(
    service: &Service,
    call: &Call,
    req: RecallEnrollmentRequest,
) -> Result<RecallEnrollmentResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Recall)?;
        let mut row = enrollment::Model { state, ..seen.clone() };
        if let Some(mut checks) = seen.checks()? {
            checks.recall(tx.now());
            row.set_checks(&checks)?;
        }
        let company = tx.company(seen.company_id).await?;
        life::stop_asking(tx, &mut row).await?;
        let row = life::step(tx, &company, &seen, row).await?;

        let what = EnrollmentRecalled { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::EnrollmentRecalled(what), &seen, &row), &[row.company_id]);
        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(RecallEnrollmentResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
