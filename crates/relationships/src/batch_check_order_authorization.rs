//! The order system asks about many orders at once (R10).

use api::relationships::v1::{
    BatchCheckOrderAuthorizationRequest, BatchCheckOrderAuthorizationResponse, OrderQuestion,
};
use domain::{Call, Error, Reason, Result, constants::BATCH};

use crate::{Service, orders};

pub async fn batch_check_order_authorization(
    service: &Service,
    call: &Call,
    req: BatchCheckOrderAuthorizationRequest,
) -> Result<BatchCheckOrderAuthorizationResponse> {
    if req.questions.len() > BATCH {
        return Err(Error::new(Reason::BatchTooLarge).with("limit", BATCH.to_string()));
    }
    let question = |it: &OrderQuestion| {
        orders::question(it.operation(), &it.provider, &it.reseller, &it.customer)
    };
    let questions: Vec<_> = req.questions.iter().map(question).collect::<Result<_>>()?;
    let read = async |view: &store::View| Ok((view.order_blockers(&questions).await?, view.now()));
    let (blockers, now) = service.db.read(call, read).await?;
    Ok(BatchCheckOrderAuthorizationResponse {
        authorizations: blockers.into_iter().map(orders::authorization).collect(),
        check_time: Some(gate::wire_time(now)),
    })
}
