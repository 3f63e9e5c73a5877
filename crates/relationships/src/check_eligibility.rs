//! Anybody asks with whom companies of a country may work, from the market table in force (R11).

use api::relationships::v1::{CheckEligibilityRequest, CheckEligibilityResponse};
use domain::{
    Call, Error, Reason, Result,
    facts::{RegionCode, RegionCodeError},
};
use store::View;

use crate::Service;

pub async fn check_eligibility(
    service: &Service,
    call: &Call,
    req: CheckEligibilityRequest,
) -> Result<CheckEligibilityResponse> {
    let read = async |view: &View| {
        let code = match req.region_code.as_str() {
            "" => own_country(view).await?,
            code => code.to_owned(),
        };
        eligibility(view, &code)
    };
    service.db.read(call, read).await
}

/// The country of the caller's company.
async fn own_country(view: &View) -> Result<String> {
    let missing =
        || Error::field("region_code", "REQUIRED", "a caller without a company names one");
    let company = view.caller().principal().ok_or_else(missing)?.company;
    Ok(view.company(company).await?.region_code)
}

fn eligibility(view: &View, code: &str) -> Result<CheckEligibilityResponse> {
    let unknown = || Error::new(Reason::CountryUnknown).with("regionCode", code);
    let region: RegionCode = code.parse().map_err(|_: RegionCodeError| unknown())?;
    let markets = &view.facts().markets;
    let market_region = markets.market_region(&region).ok_or_else(unknown)?;
    // A provider, its resellers and their customers are of one market region (R5, R9).
    let countries: Vec<String> =
        markets.with_same_region(&region).map(|it| it.as_str().to_owned()).collect();
    Ok(CheckEligibilityResponse {
        region_code: code.to_owned(),
        market_region: market_region.to_owned(),
        currency_code: markets.currency(&region).unwrap_or_default().to_owned(),
        provider_region_codes: countries.clone(),
        customer_region_codes: countries,
        check_time: Some(gate::wire_time(view.now())),
    })
}
