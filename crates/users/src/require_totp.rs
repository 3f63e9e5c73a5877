//! A company demands a second factor of its global admins, or no longer.

use api::users::v1::{RequireTotpRequest, RequireTotpResponse};
use domain::{Call, Error, Reason, Result, id::company_name};
use event::{Event, TotpRequirementChanged, event::Kind};

use crate::Service;

pub async fn require_totp(
    service: &Service,
    call: &Call,
    req: RequireTotpRequest,
) -> Result<RequireTotpResponse> {
    let caller = call.caller.user().ok_or_else(Error::not_found)?;
    // Nobody shuts itself out with the others.
    if req.required && !caller.has_second_factor() {
        return Err(Error::new(Reason::SecondFactorRequired));
    }
    let write = async |tx: &mut store::Tx| {
        tx.require_totp(caller.company, req.required).await?;
        let name = company_name(caller.company);
        let what = TotpRequirementChanged { company: name.clone(), required: req.required };
        let event = Event::of(name, Kind::TotpRequirementChanged(what));
        tx.record(event, &[caller.company]);
        Ok(RequireTotpResponse { required: req.required, plan: None })
    };
    service.db.write(call, write).await
}
