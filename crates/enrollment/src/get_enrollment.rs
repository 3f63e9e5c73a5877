//! An enrolment is read, by its own people or by the platform.

use api::enrollment::v1::{GetEnrollmentRequest, GetEnrollmentResponse};
use domain::{Call, Result, id::enrollment_id};

use crate::{Service, resource};

pub async fn get_enrollment(
    service: &Service,
    call: &Call,
    req: GetEnrollmentRequest,
) -> Result<GetEnrollmentResponse> {
    let id = enrollment_id(&req.name)?;
    let read = async |view: &store::View| {
        let row = view.enrollment(id).await?;
        let company = view.company(row.company_id).await?;
        resource::enrollment_for(view, &row, &company.region_code, call).await
    };
    let enrollment = service.db.read(call, read).await?;
    Ok(GetEnrollmentResponse { enrollment: Some(enrollment) })
}
