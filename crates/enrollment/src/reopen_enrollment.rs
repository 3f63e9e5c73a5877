//! A company begins again after a rejection, with everything that it gave (E17).

use api::enrollment::v1::{ReopenEnrollmentRequest, ReopenEnrollmentResponse};
use domain::{
    Call, Result,
    enrollment::Action,
    id::{enrollment_id, enrollment_name},
};
use event::{EnrollmentReopened, event::Kind as What};
use store::entity::enrollment;

use crate::{Service, life, resource};

pub async fn reopen_enrollment(
    service: &Service,
    call: &Call,
    req: ReopenEnrollmentRequest,
) -> Result<ReopenEnrollmentResponse> {
    let id = enrollment_id(&req.name)?;
    let write = async |tx: &mut store::Tx| {
        let seen = tx.enrollment(id).await?;
        gate::check_etag(&req.etag, seen.version)?;
        let state = seen.state.after(Action::Reopen)?;
        let mut row = enrollment::Model { state, ..seen.clone() };
        if let Some(mut checks) = seen.checks()? {
            checks.reopen(tx.now());
            row.set_checks(&checks)?;
        }
        let company = tx.company(seen.company_id).await?;
        let row = life::step(tx, &company, &seen, row).await?;

        let what = EnrollmentReopened { enrollment: enrollment_name(id) };
        tx.record(life::moved(What::EnrollmentReopened(what), &seen, &row), &[row.company_id]);
        let enrollment = resource::enrollment(&row, &company.region_code, call, tx.now())?;
        Ok(ReopenEnrollmentResponse { enrollment: Some(enrollment), plan: None })
    };
    service.db.write(call, write).await
}
