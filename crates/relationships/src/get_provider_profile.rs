//! A provider reads what it said of itself in the directory (R1).

use api::relationships::v1::{GetProviderProfileRequest, GetProviderProfileResponse};
use domain::{Call, Error, Result};

use crate::{Service, directory};

pub async fn get_provider_profile(
    service: &Service,
    call: &Call,
    req: GetProviderProfileRequest,
) -> Result<GetProviderProfileResponse> {
    let id = directory::partner_of(&req.name)?;
    let read = async |view: &store::View| {
        let row = view.provider_profile(id).await?.ok_or_else(Error::not_found)?;
        let offers = view.any_offers(&[id]).await?.remove(&id).unwrap_or_default();
        Ok(directory::profile(&row, &offers))
    };
    let provider_profile = Some(service.db.read(call, read).await?);
    Ok(GetProviderProfileResponse { provider_profile })
}
