//! A provider asks about many resellers at once (A7).

use api::agreements::v1::{BatchCheckAgreementStatusRequest, BatchCheckAgreementStatusResponse};
use domain::{Call, Error, Reason, Result, constants::BATCH};

use crate::{Service, statuses};

pub async fn batch_check_agreement_status(
    service: &Service,
    call: &Call,
    req: BatchCheckAgreementStatusRequest,
) -> Result<BatchCheckAgreementStatusResponse> {
    if req.keys.len() > BATCH {
        return Err(Error::new(Reason::BatchTooLarge).with("limit", BATCH.to_string()));
    }
    let statuses = statuses::ask(service, call, &req.keys).await?;
    Ok(BatchCheckAgreementStatusResponse { statuses })
}
