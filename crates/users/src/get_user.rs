//! A person is read by itself, by its company's admins, and by whom the company lets (R6).

use api::users::v1::{GetUserRequest, GetUserResponse};
use domain::{Call, Result};

use crate::{Service, person, resource::user};

pub async fn get_user(
    service: &Service,
    call: &Call,
    req: GetUserRequest,
) -> Result<GetUserResponse> {
    let (company, id) = person::ids(&req.name)?;
    let read = async |view: &store::View| {
        let account = view.person(company, id).await?;
        let roles = view.roles(id).await?;
        Ok(GetUserResponse { user: Some(user(&account, &roles)) })
    };
    service.db.read(call, read).await
}
