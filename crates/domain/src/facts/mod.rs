//! What the programme knows of the world: countries, calendars, addresses, ids and mail domains.

pub mod address;
pub mod calendar;
pub mod imported;
pub mod mail_domain;
pub mod market;
pub mod region;
pub mod registration;
mod territory;

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::de::DeserializeOwned;

pub use address::{
    AddressField, AddressProblem, AddressProblemKind, AddressReview, AddressRules, AddressVerdict,
    PostalAddress, SubDivision,
};
pub use calendar::{Calendars, ReviewClock};
pub use imported::Table;
pub use mail_domain::{EmailProblem, MailDomains};
pub use market::Markets;
pub use region::{RegionCode, RegionCodeError};
pub use registration::RegistrationIds;

static SHIPPED: LazyLock<Arc<Facts>> =
    LazyLock::new(|| Arc::new(Facts::parse_shipped().unwrap_or_default()));

/// All tables in force at one moment; an import makes another value, which shares what stayed.
#[derive(Clone, Default)]
pub struct Facts {
    /// Countries, their market regions and currencies (R5, R11).
    pub markets: Arc<Markets>,
    /// Registration ids that countries demand (E5).
    pub registration_ids: Arc<RegistrationIds>,
    /// How addresses of a country look (E6).
    pub addresses: Arc<AddressRules>,
    /// Time zones, weekends and holidays (E10).
    pub calendars: Arc<Calendars>,
    /// Mail domains and local parts that are no person's own (E7).
    pub mail_domains: Arc<MailDomains>,
}

/// A table that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("table {table} cannot be read: {detail}")]
pub struct FactsError {
    /// The table, named as its file.
    pub table: &'static str,
    /// What is wrong and where.
    pub detail: String,
}

impl Facts {
    /// A country that exists and that the market table in force serves.
    pub fn served_region(&self, code: &str) -> crate::Result<RegionCode> {
        let error = |reason| crate::Error::new(reason).with("regionCode", code);
        let region: RegionCode = code.parse().map_err(|_| error(crate::Reason::CountryUnknown))?;
        match (self.markets.is_known(&region), self.addresses.is_known(&region)) {
            (true, _) => Ok(region),
            (false, true) => Err(error(crate::Reason::RegionNotServed)),
            (false, false) => Err(error(crate::Reason::CountryUnknown)),
        }
    }

    /// The tables that the product ships with, read once.
    pub fn shipped() -> Arc<Facts> {
        Arc::clone(&SHIPPED)
    }

    fn parse_shipped() -> Result<Facts, FactsError> {
        Ok(Facts {
            markets: Markets::parse(include_str!("../../data/markets.csv"))?.into(),
            registration_ids: RegistrationIds::parse(include_str!(
                "../../data/registration_ids.csv"
            ))?
            .into(),
            addresses: AddressRules::parse(include_str!("../../data/address_rules.json"))?.into(),
            calendars: Calendars::parse(
                include_str!("../../data/business_calendars.csv"),
                include_str!("../../data/holidays.csv"),
            )?
            .into(),
            mail_domains: MailDomains::parse(
                include_str!("../../data/web_mail_domains.txt"),
                include_str!("../../data/disposable_domains.txt"),
                include_str!("../../data/role_local_parts.csv"),
            )?
            .into(),
        })
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Facts").finish_non_exhaustive()
    }
}

impl FactsError {
    fn new(table: &'static str, detail: impl fmt::Display) -> FactsError {
        FactsError { table, detail: detail.to_string() }
    }
}

fn rows<Row: DeserializeOwned>(table: &'static str, text: &str) -> Result<Vec<Row>, FactsError> {
    csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.map_err(|error| FactsError::new(table, error)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_row_is_readable() {
        let facts = Facts::parse_shipped().unwrap();
        assert_eq!(242, facts.markets.regions().count());
    }

    #[test]
    fn every_market_country_has_a_calendar_and_address_rules() {
        let facts = Facts::shipped();
        for region in facts.markets.regions() {
            assert!(facts.calendars.is_known(&region), "{region} has no calendar");
            assert!(facts.addresses.is_known(&region), "{region} has no address rules");
        }
    }

    #[test]
    fn an_unreadable_row_names_its_table() {
        let error = Markets::parse(
            "region_code,country_name,market_region,currency_code\nes,Spain,EUROPE,EUR\n",
        )
        .unwrap_err();
        assert_eq!("markets.csv", error.table);
        assert!(error.to_string().contains("line: 2"), "{error}");
    }

    #[test]
    fn a_debug_print_shows_no_table() {
        assert_eq!("Facts { .. }", format!("{:?}", Facts::shipped()));
    }
}
