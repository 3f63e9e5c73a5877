//! Work accounts, sign-in, people and their roles.

mod add_service_account_key;
mod add_totp;
mod approve_global_admin;
mod change_password;
mod check_domain_availability;
mod confirm_email;
mod confirm_totp;
mod create_service_account;
mod create_user;
mod create_work_account;
mod delete_service_account;
mod delete_user;
mod external;
mod factor;
mod get_service_account;
mod get_user;
mod guessing;
mod list_roles;
mod list_service_account_keys;
mod list_service_accounts;
mod list_users;
mod machine;
mod passwords;
mod person;
mod propose_global_admin;
mod reactivate_service_account;
mod reactivate_user;
mod redeem_user_invitation;
mod remove_totp;
mod request_email_verification;
mod require_totp;
mod reset_user_password;
mod resource;
mod revoke_service_account_key;
mod sign_in;
mod sign_out;
mod suspend_service_account;
mod suspend_user;
mod test_permissions;
mod undelete_user;
mod update_user;
mod update_user_roles;
mod who_am_i;

use std::sync::Arc;

use api::{
    rules::Rules,
    users::v1::{users_service_server::UsersService, *},
};
pub use passwords::Passwords;
use store::Db;

/// What the users' RPCs work with.
#[derive(Clone)]
pub struct Service {
    pub db: Db,
    pub passwords: Passwords,
    /// For what each caller may do (WhoAmI).
    pub rules: Arc<Rules>,
}

gate::serve! {
    impl UsersService for Service {
        create_work_account(CreateWorkAccountRequest) -> CreateWorkAccountResponse;
        sign_in(SignInRequest) -> SignInResponse;
        change_password(ChangePasswordRequest) -> ChangePasswordResponse;
        who_am_i(WhoAmIRequest) -> WhoAmIResponse;
        check_domain_availability(CheckDomainAvailabilityRequest) -> CheckDomainAvailabilityResponse;
        sign_out(SignOutRequest) -> SignOutResponse;
        list_roles(ListRolesRequest) -> ListRolesResponse;
        test_permissions(TestPermissionsRequest) -> TestPermissionsResponse;
        create_user(CreateUserRequest) -> CreateUserResponse;
        redeem_user_invitation(RedeemUserInvitationRequest) -> RedeemUserInvitationResponse;
        get_user(GetUserRequest) -> GetUserResponse;
        list_users(ListUsersRequest) -> ListUsersResponse;
        update_user(UpdateUserRequest) -> UpdateUserResponse;
        update_user_roles(UpdateUserRolesRequest) -> UpdateUserRolesResponse;
        reset_user_password(ResetUserPasswordRequest) -> ResetUserPasswordResponse;
        suspend_user(SuspendUserRequest) -> SuspendUserResponse;
        reactivate_user(ReactivateUserRequest) -> ReactivateUserResponse;
        delete_user(DeleteUserRequest) -> DeleteUserResponse;
        undelete_user(UndeleteUserRequest) -> UndeleteUserResponse;
        request_email_verification(RequestEmailVerificationRequest) -> RequestEmailVerificationResponse;
        confirm_email(ConfirmEmailRequest) -> ConfirmEmailResponse;
        add_totp(AddTotpRequest) -> AddTotpResponse;
        confirm_totp(ConfirmTotpRequest) -> ConfirmTotpResponse;
        remove_totp(RemoveTotpRequest) -> RemoveTotpResponse;
        require_totp(RequireTotpRequest) -> RequireTotpResponse;
        create_service_account(CreateServiceAccountRequest) -> CreateServiceAccountResponse;
        get_service_account(GetServiceAccountRequest) -> GetServiceAccountResponse;
        list_service_accounts(ListServiceAccountsRequest) -> ListServiceAccountsResponse;
        suspend_service_account(SuspendServiceAccountRequest) -> SuspendServiceAccountResponse;
        reactivate_service_account(ReactivateServiceAccountRequest) -> ReactivateServiceAccountResponse;
        delete_service_account(DeleteServiceAccountRequest) -> DeleteServiceAccountResponse;
        add_service_account_key(AddServiceAccountKeyRequest) -> AddServiceAccountKeyResponse;
        list_service_account_keys(ListServiceAccountKeysRequest) -> ListServiceAccountKeysResponse;
        revoke_service_account_key(RevokeServiceAccountKeyRequest) -> RevokeServiceAccountKeyResponse;
        propose_global_admin(ProposeGlobalAdminRequest) -> ProposeGlobalAdminResponse;
        approve_global_admin(ApproveGlobalAdminRequest) -> ApproveGlobalAdminResponse;
    }
}
