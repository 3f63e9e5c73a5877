//! Partners, their enrolment and profiles, and what is missing.

mod appoint_provider;
mod get_enrollment;
mod get_partner;
mod get_readiness;
mod list_enrollments;
mod resource;
mod standing;
mod start_enrollment;
mod update_legal_profile;
mod update_primary_contact;
mod update_support_profile;

use std::sync::Arc;

use api::enrollment::v1::{enrollment_service_server::EnrollmentService, *};
use store::Db;

/// What the enrolment's RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    /// Our own directory's domain: no mailbox there (E7).
    pub directory_domain: Arc<str>,
}

gate::serve! {
    impl EnrollmentService for Service {
        appoint_provider(AppointProviderRequest) -> AppointProviderResponse;
        start_enrollment(StartEnrollmentRequest) -> StartEnrollmentResponse;
        get_partner(GetPartnerRequest) -> GetPartnerResponse;
        get_enrollment(GetEnrollmentRequest) -> GetEnrollmentResponse;
        list_enrollments(ListEnrollmentsRequest) -> ListEnrollmentsResponse;
        update_legal_profile(UpdateLegalProfileRequest) -> UpdateLegalProfileResponse;
        update_primary_contact(UpdatePrimaryContactRequest) -> UpdatePrimaryContactResponse;
        update_support_profile(UpdateSupportProfileRequest) -> UpdateSupportProfileResponse;
        get_readiness(GetReadinessRequest) -> GetReadinessResponse;
    }
}
