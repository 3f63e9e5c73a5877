//! An acceptance of the caller's company is read.

use api::agreements::v1::{GetAcceptanceRequest, GetAcceptanceResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_acceptance(
    service: &Service,
    call: &Call,
    req: GetAcceptanceRequest,
) -> Result<GetAcceptanceResponse> {
    let id = last_id(&req.name)?;
    let row = service.db.read(call, async |view| view.acceptance(id).await).await?;
    Ok(GetAcceptanceResponse { acceptance: Some(resource::acceptance(&row)) })
}
