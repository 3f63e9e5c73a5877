//! A relationship is read, from either side, also after its end (R7).

use api::relationships::v1::{GetRelationshipRequest, GetRelationshipResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, resource};

pub async fn get_relationship(
    service: &Service,
    call: &Call,
    req: GetRelationshipRequest,
) -> Result<GetRelationshipResponse> {
    let id = last_id(&req.name)?;
    let read = async |view: &store::View| {
        let row = view.relationship(id).await?;
        resource::relationships(view, &[row]).await
    };
    let relationship = service.db.read(call, read).await?.pop();
    Ok(GetRelationshipResponse { relationship })
}
