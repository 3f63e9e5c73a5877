//! Checks an address as it comes in: what is impossible is refused at once, by field (E5, E6).

use api::types::v1 as wire;
use domain::{
    Error, Language, Reason, Result,
    facts::{self, AddressProblem, AddressProblemKind, Facts, RegionCode},
};

use crate::resource::{domain_address, wire_address};

/// The address, if it can be one of the country; `at` is its path in the request.
pub fn checked_address(
    address: &wire::PostalAddress,
    at: &str,
    region: &RegionCode,
    facts: &Facts,
    language: Language,
) -> Result<facts::PostalAddress> {
    let address = domain_address(address);
    let mut err = Error::new(Reason::AddressInvalid).with("regionCode", region.as_str());
    let at = |field: &str| format!("{at}.{field}");
    if address.region_code != region.as_str() {
        let words = match language {
            Language::English => "not the company's country",
            Language::Spanish => "no es el país de la empresa",
        };
        err = err.violation(at("region_code"), "COUNTRY_MISMATCH", words);
    }
    for problem in facts.addresses.review(&facts.markets, &address).impossible() {
        let (reason, words) = (problem.kind.as_str(), problem.text(region.as_str(), language));
        err = err.violation(at(problem.field.as_str()), reason, words);
    }
    match err.violations.is_empty() {
        true => Ok(address),
        false => Err(err),
    }
}

/// How an address stands, in the reader's language.
pub fn reviewed(
    address: &facts::PostalAddress,
    facts: &Facts,
    language: Language,
) -> wire::AddressReview {
    let review = facts.addresses.review(&facts.markets, address);
    let choice_required = review.needs_choice();
    let problem = |it: &AddressProblem| wire::AddressProblem {
        field: it.field.as_str().to_owned(),
        reason: api::number::<wire::AddressProblemReason>(it.kind.as_str()),
        text: it.text(&address.region_code, language),
        impossible: it.kind.is_impossible(),
        region_code: match it.kind {
            AddressProblemKind::TerritoryOfOtherMarket(territory) => territory.to_string(),
            AddressProblemKind::MissingRequired
            | AddressProblemKind::PostalCodeInvalid
            | AddressProblemKind::SubDivisionUnknown
            | AddressProblemKind::SubDivisionMismatch
            | AddressProblemKind::NotUsed => String::new(),
        },
    };
    wire::AddressReview {
        verdict: api::number::<wire::AddressVerdict>(review.verdict.as_str()),
        problems: review.problems.iter().map(problem).collect(),
        suggestion: review.suggestion.map(wire_address),
        envelope: review.envelope,
        choice_required,
    }
}
