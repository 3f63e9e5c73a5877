//! A provider asks whether a reseller's agreement stands (A7).

use api::agreements::v1::{CheckAgreementStatusRequest, CheckAgreementStatusResponse};
use domain::{Call, Error, Result};

use crate::{Service, statuses};

pub async fn check_agreement_status(
    service: &Service,
    call: &Call,
    req: CheckAgreementStatusRequest,
) -> Result<CheckAgreementStatusResponse> {
    let keys: Vec<_> = req.key.into_iter().collect();
    let statuses = statuses::ask(service, call, &keys).await?;
    let status = statuses.first().copied().ok_or_else(Error::not_found)?;
    Ok(CheckAgreementStatusResponse { status })
}
