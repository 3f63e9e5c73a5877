//! Another system asks whether this provider may administer this reseller's company (R6, R10).

use api::relationships::v1::{
    CheckDelegatedAdministrationRequest, CheckDelegatedAdministrationResponse,
};
use domain::{Call, Result, id::last_id};

use crate::Service;

pub async fn check_delegated_administration(
    service: &Service,
    call: &Call,
    req: CheckDelegatedAdministrationRequest,
) -> Result<CheckDelegatedAdministrationResponse> {
    let (provider, reseller) = (last_id(&req.provider)?, last_id(&req.reseller)?);
    let read = async |view: &store::View| {
        Ok((view.delegation_blockers(provider, reseller).await?, view.now()))
    };
    let (blockers, now) = service.db.read(call, read).await?;
    Ok(CheckDelegatedAdministrationResponse {
        authorized: blockers.is_empty(),
        blockers: blockers.into_iter().map(gate::requirement).collect(),
        check_time: Some(gate::wire_time(now)),
    })
}
