//! A company says by which ids it knows what it can read; it alone sees them.

use std::collections::BTreeMap;

use api::relationships::v1::{SetExternalIdsRequest, SetExternalIdsResponse};
use domain::{Call, Error, Result, id::last_id};
use store::Tx;

use crate::{Service, external_id, resource};

pub async fn set_external_ids(
    service: &Service,
    call: &Call,
    req: SetExternalIdsRequest,
) -> Result<SetExternalIdsResponse> {
    let company = call.caller.principal().ok_or_else(Error::not_found)?.company;
    let write = async |tx: &mut Tx| {
        check_readable(tx, &req.name).await?;
        tx.name_externally(company, &req.name, &req.external_ids).await?;
        let external_ids = external_id::own(tx, &req.name).await?;
        Ok(SetExternalIdsResponse { name: req.name.clone(), external_ids, plan: None })
    };
    service.db.write(call, write).await
}

/// Whatever a Get of its kind answers with; anything else is unknown.
async fn check_readable(tx: &Tx, name: &str) -> Result<()> {
    match name.split('/').next() {
        Some("relationships") => tx.relationship(last_id(name)?).await.map(drop),
        Some("invitations") => tx.invitation(last_id(name)?).await.map(drop),
        Some("customerInvitations") => tx.customer_invitation(last_id(name)?).await.map(drop),
        Some("customers") => {
            let rows = tx.customer_history(last_id(name)?).await?;
            resource::customer(&rows, BTreeMap::new()).map(drop)
        }
        _ => Err(Error::not_found()),
    }
}
