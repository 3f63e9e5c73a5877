//! Partners, their enrolment and profiles, and what is missing.

mod add_location;
mod address;
mod appoint_provider;
mod associate_partner_id;
mod confirm_contact;
mod decide_check;
mod get_enrollment;
mod get_partner;
mod get_readiness;
mod life;
mod list_enrollments;
mod lookup_companies;
mod preview_contact_confirmation;
mod recall_enrollment;
mod reopen_enrollment;
mod resource;
mod start_enrollment;
mod submit_enrollment;
mod update_legal_profile;
mod update_primary_contact;
mod update_support_profile;

use api::enrollment::v1::{enrollment_service_server::EnrollmentService, *};
use store::Db;

/// What the enrolment's RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
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
        lookup_companies(LookupCompaniesRequest) -> LookupCompaniesResponse;
        add_location(AddLocationRequest) -> AddLocationResponse;
        associate_partner_id(AssociatePartnerIdRequest) -> AssociatePartnerIdResponse;
        submit_enrollment(SubmitEnrollmentRequest) -> SubmitEnrollmentResponse;
        recall_enrollment(RecallEnrollmentRequest) -> RecallEnrollmentResponse;
        reopen_enrollment(ReopenEnrollmentRequest) -> ReopenEnrollmentResponse;
        preview_contact_confirmation(PreviewContactConfirmationRequest) -> PreviewContactConfirmationResponse;
        confirm_contact(ConfirmContactRequest) -> ConfirmContactResponse;
        decide_check(DecideCheckRequest) -> DecideCheckResponse;
        get_readiness(GetReadinessRequest) -> GetReadinessResponse;
    }
}
