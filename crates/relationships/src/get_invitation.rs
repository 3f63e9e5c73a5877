//! An invitation is read by who sent it, or to whom it was sent.

use api::relationships::v1::{GetInvitationRequest, GetInvitationResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_invitation(
    service: &Service,
    call: &Call,
    req: GetInvitationRequest,
) -> Result<GetInvitationResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| {
        let row = view.invitation(id).await?;
        Ok(resource::invitations(view, &[row]).await?.pop())
    };
    Ok(GetInvitationResponse { invitation: service.db.read(call, read).await? })
}
