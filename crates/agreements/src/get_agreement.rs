//! An agreement is read, by those for whom it is (A1).

use api::agreements::v1::{Agreement, GetAgreementRequest, GetAgreementResponse};
use domain::{Call, Error, Result, agreement::may_sign, id::version_id};

use crate::{Service, resource};

pub async fn get_agreement(
    service: &Service,
    call: &Call,
    req: GetAgreementRequest,
) -> Result<GetAgreementResponse> {
    let audience = resource::audience(&req.name)?;
    if !audience.is_open_to(&call.caller) {
        return Err(Error::not_found());
    }
    let read = async |view: &store::View| resource::agreement(view, call, audience).await;
    let agreement = service.db.read(call, read).await?;
    remember(service, call, &agreement).await?;
    Ok(GetAgreementResponse { agreement: Some(agreement) })
}

/// What was shown to who may come to sign it is part of the evidence of a signature (A5).
async fn remember(service: &Service, call: &Call, agreement: &Agreement) -> Result<()> {
    let audience = resource::audience(&agreement.name)?;
    let Some(user) = call.caller.user().filter(|it| may_sign(it, audience)) else {
        return Ok(());
    };
    if agreement.effective_version.is_empty() {
        return Ok(());
    }
    let (_, version) = version_id(&agreement.effective_version)?;
    let remember =
        async |chore: &mut store::Chore| chore.set_present_time(user.user, version).await;
    service.db.maintain("remember presentation", remember).await
}
