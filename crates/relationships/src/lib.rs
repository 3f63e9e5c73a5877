//! Who works with whom: invitations, relationships and their grants, customers, and orders.

mod accept_customer_invitation;
mod accept_invitation;
mod check_order_authorization;
mod create_customer_invitation;
mod create_invitation;
mod get_relationship;
mod list_customers;
mod list_relationships;
mod preview_customer_invitation;
mod preview_invitation;
mod resource;
mod revoke_grant;

use api::relationships::v1::{relationships_service_server::RelationshipsService, *};
use store::Db;

/// What the relationships' RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
}

gate::serve! {
    impl RelationshipsService for Service {
        create_invitation(CreateInvitationRequest) -> CreateInvitationResponse;
        preview_invitation(PreviewInvitationRequest) -> PreviewInvitationResponse;
        accept_invitation(AcceptInvitationRequest) -> AcceptInvitationResponse;
        list_relationships(ListRelationshipsRequest) -> ListRelationshipsResponse;
        get_relationship(GetRelationshipRequest) -> GetRelationshipResponse;
        revoke_grant(RevokeGrantRequest) -> RevokeGrantResponse;
        create_customer_invitation(CreateCustomerInvitationRequest) -> CreateCustomerInvitationResponse;
        preview_customer_invitation(PreviewCustomerInvitationRequest) -> PreviewCustomerInvitationResponse;
        accept_customer_invitation(AcceptCustomerInvitationRequest) -> AcceptCustomerInvitationResponse;
        list_customers(ListCustomersRequest) -> ListCustomersResponse;
        check_order_authorization(CheckOrderAuthorizationRequest) -> CheckOrderAuthorizationResponse;
    }
}
