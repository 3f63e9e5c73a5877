//! A relationship is read, from either side, also after its end (R7), and as it was before.

use api::relationships::v1::{GetRelationshipRequest, GetRelationshipResponse};
use domain::{Call, Result, id::last_id};

use crate::{Service, tie};

pub async fn get_relationship(
    service: &Service,
    call: &Call,
    req: GetRelationshipRequest,
) -> Result<GetRelationshipResponse> {
    let id = last_id(&req.name)?;
    let as_of = gate::domain_time("as_of", req.as_of)?;
    let read = async |view: &store::View| {
        let row = view.relationship(id).await?;
        tie::relationships(view, &[row], call.language).await
    };
    let relationship = service.db.read_as_of(call, as_of, read).await?.pop();
    Ok(GetRelationshipResponse { relationship })
}
