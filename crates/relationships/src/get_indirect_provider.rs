//! Anybody reads a provider in the directory (R1).

use api::relationships::v1::{GetIndirectProviderRequest, GetIndirectProviderResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, directory};

pub async fn get_indirect_provider(
    service: &Service,
    call: &Call,
    req: GetIndirectProviderRequest,
) -> Result<GetIndirectProviderResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| view.listed_provider(id).await;
    let listed = service.db.read(call, read).await?;
    Ok(GetIndirectProviderResponse { indirect_provider: Some(directory::shown(&listed)) })
}
