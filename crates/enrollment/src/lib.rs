//! Partners, their enrolment and profiles, and what is missing.

mod activate_location;
mod add_location;
mod address;
mod appeal_decision;
mod appoint_provider;
mod associate_partner_id;
mod claim_review;
mod confirm_contact;
mod conflict;
mod create_association_code;
mod deactivate_location;
mod deauthorize_partner;
mod decide_check;
mod disown_contact;
mod download_evidence;
mod escalate_review;
mod flag;
mod get_enrollment;
mod get_enrollment_guide;
mod get_evidence;
mod get_location;
mod get_partner;
mod get_readiness;
mod get_review;
pub mod imported_place;
mod life;
mod list_enrollments;
mod list_evidence;
mod list_locations;
mod list_partners;
mod lookup_companies;
mod lookup_partner;
pub mod member;
mod partners;
mod places;
mod preview_contact_confirmation;
mod recall_enrollment;
mod registered;
mod reinstate_partner;
mod release_review;
mod reopen_enrollment;
mod resend_contact_confirmation;
mod resource;
mod restore_contact;
mod set_partner_external_ids;
mod start_enrollment;
mod submit_enrollment;
mod suspend_partner;
mod undo_disown_contact;
mod update_legal_profile;
mod update_primary_contact;
mod update_support_profile;
mod upload_evidence;
mod validate_address;
mod withdraw_enrollment;

use std::sync::Arc;

use api::enrollment::v1::{enrollment_service_server::EnrollmentService, *};
use issuers::Issuers;
use store::Db;

pub use upload_evidence::Uploads;

/// What the enrolment's RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    pub uploads: Uploads,
    /// By whose word people of external directories are let in.
    pub issuers: Arc<Issuers>,
}

gate::serve! {
    impl EnrollmentService for Service {
        get_enrollment_guide(GetEnrollmentGuideRequest) -> GetEnrollmentGuideResponse;
        appoint_provider(AppointProviderRequest) -> AppointProviderResponse;
        start_enrollment(StartEnrollmentRequest) -> StartEnrollmentResponse;
        get_partner(GetPartnerRequest) -> GetPartnerResponse;
        list_partners(ListPartnersRequest) -> ListPartnersResponse;
        lookup_partner(LookupPartnerRequest) -> LookupPartnerResponse;
        set_partner_external_ids(SetPartnerExternalIdsRequest) -> SetPartnerExternalIdsResponse;
        get_enrollment(GetEnrollmentRequest) -> GetEnrollmentResponse;
        list_enrollments(ListEnrollmentsRequest) -> ListEnrollmentsResponse;
        validate_address(ValidateAddressRequest) -> ValidateAddressResponse;
        update_legal_profile(UpdateLegalProfileRequest) -> UpdateLegalProfileResponse;
        update_primary_contact(UpdatePrimaryContactRequest) -> UpdatePrimaryContactResponse;
        update_support_profile(UpdateSupportProfileRequest) -> UpdateSupportProfileResponse;
        lookup_companies(LookupCompaniesRequest) -> LookupCompaniesResponse;
        add_location(AddLocationRequest) -> AddLocationResponse;
        get_location(GetLocationRequest) -> GetLocationResponse;
        list_locations(ListLocationsRequest) -> ListLocationsResponse;
        create_association_code(CreateAssociationCodeRequest) -> CreateAssociationCodeResponse;
        associate_partner_id(AssociatePartnerIdRequest) -> AssociatePartnerIdResponse;
        deactivate_location(DeactivateLocationRequest) -> DeactivateLocationResponse;
        activate_location(ActivateLocationRequest) -> ActivateLocationResponse;
        submit_enrollment(SubmitEnrollmentRequest) -> SubmitEnrollmentResponse;
        recall_enrollment(RecallEnrollmentRequest) -> RecallEnrollmentResponse;
        reopen_enrollment(ReopenEnrollmentRequest) -> ReopenEnrollmentResponse;
        withdraw_enrollment(WithdrawEnrollmentRequest) -> WithdrawEnrollmentResponse;
        resend_contact_confirmation(ResendContactConfirmationRequest) -> ResendContactConfirmationResponse;
        escalate_review(EscalateReviewRequest) -> EscalateReviewResponse;
        preview_contact_confirmation(PreviewContactConfirmationRequest) -> PreviewContactConfirmationResponse;
        confirm_contact(ConfirmContactRequest) -> ConfirmContactResponse;
        disown_contact(DisownContactRequest) -> DisownContactResponse;
        undo_disown_contact(UndoDisownContactRequest) -> UndoDisownContactResponse;
        restore_contact(RestoreContactRequest) -> RestoreContactResponse;
        suspend_partner(SuspendPartnerRequest) -> SuspendPartnerResponse;
        reinstate_partner(ReinstatePartnerRequest) -> ReinstatePartnerResponse;
        deauthorize_partner(DeauthorizePartnerRequest) -> DeauthorizePartnerResponse;
        decide_check(DecideCheckRequest) -> DecideCheckResponse;
        get_evidence(GetEvidenceRequest) -> GetEvidenceResponse;
        list_evidence(ListEvidenceRequest) -> ListEvidenceResponse;
        appeal_decision(AppealDecisionRequest) -> AppealDecisionResponse;
        get_review(GetReviewRequest) -> GetReviewResponse;
        claim_review(ClaimReviewRequest) -> ClaimReviewResponse;
        release_review(ReleaseReviewRequest) -> ReleaseReviewResponse;
        get_readiness(GetReadinessRequest) -> GetReadinessResponse;
    }
    streams {
        download_evidence(DownloadEvidenceRequest)
            -> DownloadEvidenceResponse as DownloadEvidenceStream;
    }
    uploads {
        upload_evidence(UploadEvidenceRequest) -> UploadEvidenceResponse;
    }
}
