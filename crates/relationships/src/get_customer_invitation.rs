//! A customer invitation is read by who sent it, and by the provider that it names.

use api::relationships::v1::{GetCustomerInvitationRequest, GetCustomerInvitationResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_customer_invitation(
    service: &Service,
    call: &Call,
    req: GetCustomerInvitationRequest,
) -> Result<GetCustomerInvitationResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| {
        let row = view.customer_invitation(id).await?;
        Ok(resource::customer_invitations(view, &[row]).await?.pop())
    };
    Ok(GetCustomerInvitationResponse { customer_invitation: service.db.read(call, read).await? })
}
