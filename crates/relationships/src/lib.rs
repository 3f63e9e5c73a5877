//! Who works with whom: invitations, relationships and their grants, customers, and orders.

mod accept_customer_invitation;
mod accept_invitation;
mod batch_check_order_authorization;
mod cancel_customer_invitation;
mod cancel_invitation;
mod check_delegated_administration;
mod check_eligibility;
mod check_order_authorization;
mod create_customer_invitation;
mod create_invitation;
mod daily;
mod decline_customer_invitation;
mod decline_invitation;
mod directory;
mod end_customer_relationship;
mod end_relationship;
mod external_id;
mod get_customer;
mod get_customer_invitation;
mod get_indirect_provider;
mod get_invitation;
mod get_provider_profile;
mod get_relationship;
mod list_customer_invitations;
mod list_customer_partners;
mod list_customers;
mod list_indirect_providers;
mod list_invitations;
mod list_relationships;
mod orders;
mod preview_customer_invitation;
mod preview_invitation;
mod resend_customer_invitation;
mod resend_invitation;
mod resource;
mod restore_grant;
mod resume_relationship;
mod revoke_grant;
mod set_external_ids;
mod suspend_relationship;
mod tell;
mod tie;
mod update_provider_profile;

use api::relationships::v1::{relationships_service_server::RelationshipsService, *};
use store::Db;

/// What the relationships' RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
}

gate::serve! {
    impl RelationshipsService for Service {
        list_indirect_providers(ListIndirectProvidersRequest) -> ListIndirectProvidersResponse;
        get_indirect_provider(GetIndirectProviderRequest) -> GetIndirectProviderResponse;
        get_provider_profile(GetProviderProfileRequest) -> GetProviderProfileResponse;
        update_provider_profile(UpdateProviderProfileRequest) -> UpdateProviderProfileResponse;
        create_invitation(CreateInvitationRequest) -> CreateInvitationResponse;
        get_invitation(GetInvitationRequest) -> GetInvitationResponse;
        list_invitations(ListInvitationsRequest) -> ListInvitationsResponse;
        resend_invitation(ResendInvitationRequest) -> ResendInvitationResponse;
        cancel_invitation(CancelInvitationRequest) -> CancelInvitationResponse;
        preview_invitation(PreviewInvitationRequest) -> PreviewInvitationResponse;
        accept_invitation(AcceptInvitationRequest) -> AcceptInvitationResponse;
        decline_invitation(DeclineInvitationRequest) -> DeclineInvitationResponse;
        list_relationships(ListRelationshipsRequest) -> ListRelationshipsResponse;
        get_relationship(GetRelationshipRequest) -> GetRelationshipResponse;
        suspend_relationship(SuspendRelationshipRequest) -> SuspendRelationshipResponse;
        resume_relationship(ResumeRelationshipRequest) -> ResumeRelationshipResponse;
        end_relationship(EndRelationshipRequest) -> EndRelationshipResponse;
        revoke_grant(RevokeGrantRequest) -> RevokeGrantResponse;
        restore_grant(RestoreGrantRequest) -> RestoreGrantResponse;
        create_customer_invitation(CreateCustomerInvitationRequest) -> CreateCustomerInvitationResponse;
        get_customer_invitation(GetCustomerInvitationRequest) -> GetCustomerInvitationResponse;
        list_customer_invitations(ListCustomerInvitationsRequest) -> ListCustomerInvitationsResponse;
        resend_customer_invitation(ResendCustomerInvitationRequest) -> ResendCustomerInvitationResponse;
        cancel_customer_invitation(CancelCustomerInvitationRequest) -> CancelCustomerInvitationResponse;
        preview_customer_invitation(PreviewCustomerInvitationRequest) -> PreviewCustomerInvitationResponse;
        accept_customer_invitation(AcceptCustomerInvitationRequest) -> AcceptCustomerInvitationResponse;
        decline_customer_invitation(DeclineCustomerInvitationRequest) -> DeclineCustomerInvitationResponse;
        get_customer(GetCustomerRequest) -> GetCustomerResponse;
        list_customers(ListCustomersRequest) -> ListCustomersResponse;
        list_customer_partners(ListCustomerPartnersRequest) -> ListCustomerPartnersResponse;
        end_customer_relationship(EndCustomerRelationshipRequest) -> EndCustomerRelationshipResponse;
        set_external_ids(SetExternalIdsRequest) -> SetExternalIdsResponse;
        check_order_authorization(CheckOrderAuthorizationRequest) -> CheckOrderAuthorizationResponse;
        batch_check_order_authorization(BatchCheckOrderAuthorizationRequest)
            -> BatchCheckOrderAuthorizationResponse;
        check_delegated_administration(CheckDelegatedAdministrationRequest)
            -> CheckDelegatedAdministrationResponse;
        check_eligibility(CheckEligibilityRequest) -> CheckEligibilityResponse;
    }
}
