//! A place of business is read, by its own organisation's people and the platform.

use api::enrollment::v1::{GetLocationRequest, GetLocationResponse};
use domain::{Call, Result};

use crate::{Service, places};

pub async fn get_location(
    service: &Service,
    call: &Call,
    req: GetLocationRequest,
) -> Result<GetLocationResponse> {
    let read = async |view: &store::View| {
        let row = places::named(view, &req.name).await?;
        places::seen(view, &[row]).await
    };
    let location = service.db.read(call, read).await?.pop();
    Ok(GetLocationResponse { location })
}
