//! Work accounts, sign-in, people and their roles.

mod change_password;
mod create_work_account;
mod passwords;
mod resource;
mod sign_in;
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
    }
}
