//! Checks an address as it comes in: what is impossible is refused at once, by field (E5, E6).

use api::types::v1::PostalAddress;
use domain::{
    Error, Reason, Result,
    facts::{self, AddressProblemKind, Facts, RegionCode},
};

use crate::resource::domain_address;

/// The address, if it can be one of the country; `at` is its path in the request.
pub fn checked_address(
    address: &PostalAddress,
    at: &str,
    region: &RegionCode,
    facts: &Facts,
) -> Result<facts::PostalAddress> {
    let address = domain_address(address);
    let mut err = Error::new(Reason::AddressInvalid).with("regionCode", region.as_str());
    let at = |field: &str| format!("{at}.{field}");
    if address.region_code != region.as_str() {
        err = err.violation(at("region_code"), "COUNTRY_MISMATCH", "not the company's country");
    }
    for problem in facts.addresses.check(&facts.markets, &address) {
        let (reason, words) = match problem.kind {
            AddressProblemKind::MissingRequired => ("REQUIRED", "must be given".to_owned()),
            AddressProblemKind::PostalCodeInvalid => {
                ("POSTAL_CODE_INVALID", format!("not a postal code of {}", region.as_str()))
            }
            AddressProblemKind::TerritoryOfOtherMarket(territory) => {
                ("OTHER_MARKET", format!("belongs to {}", territory.as_str()))
            }
        };
        err = err.violation(at(problem.field.as_str()), reason, words);
    }
    match err.violations.is_empty() {
        true => Ok(address),
        false => Err(err),
    }
}
