//! Says which countries we do business in, and which of them may work together.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FactsError, RegionCode, rows};

/// The market table: one row per country (R5, R11).
#[derive(Clone, Debug, Default)]
pub struct Markets {
    markets: BTreeMap<RegionCode, Market>,
}

#[derive(Clone, Debug, Deserialize)]
struct Market {
    region_code: RegionCode,
    country_name: String,
    market_region: String,
    currency_code: String,
}

impl Markets {
    /// Reads a table of `region_code,country_name,market_region,currency_code`.
    pub fn parse(csv: &str) -> Result<Markets, FactsError> {
        let rows: Vec<Market> = rows("markets.csv", csv)?;
        let markets = rows.into_iter().map(|market| (market.region_code, market)).collect();
        Ok(Markets { markets })
    }

    /// Whether the country has a row; otherwise it is COUNTRY_UNKNOWN.
    pub fn is_known(&self, region: &RegionCode) -> bool {
        self.markets.contains_key(region)
    }

    /// The country's English name.
    pub fn name(&self, region: &RegionCode) -> Option<&str> {
        self.part(region, |market| &market.country_name)
    }

    /// The set of countries inside which partners and customers may work together.
    pub fn market_region(&self, region: &RegionCode) -> Option<&str> {
        self.part(region, |market| &market.market_region)
    }

    /// The billing currency, where known.
    pub fn currency(&self, region: &RegionCode) -> Option<&str> {
        self.part(region, |market| &market.currency_code)
    }

    /// Whether companies of the two countries may work together (R5); never of an unknown one.
    pub fn same_region(&self, a: &RegionCode, b: &RegionCode) -> bool {
        match (self.market_region(a), self.market_region(b)) {
            (Some(a), Some(b)) => a == b,
            (None, _) | (_, None) => false,
        }
    }

    /// Countries whose companies may work with those of this one, itself among them, by code (R11).
    pub fn with_same_region(&self, region: &RegionCode) -> impl Iterator<Item = RegionCode> {
        let market_region = self.market_region(region);
        let is_in = move |it: &&RegionCode| {
            market_region.is_some() && self.market_region(it) == market_region
        };
        self.markets.keys().filter(is_in).copied()
    }

    /// All countries of the table, by code.
    pub fn regions(&self) -> impl Iterator<Item = RegionCode> {
        self.markets.keys().copied()
    }

    fn part(&self, region: &RegionCode, part: fn(&Market) -> &String) -> Option<&str> {
        let text = self.markets.get(region).map(part)?;
        (!text.is_empty()).then_some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    fn region(code: &str) -> RegionCode {
        code.parse().unwrap()
    }

    #[test]
    fn germans_and_swiss_may_work_together_but_turks_are_elsewhere() {
        let markets = &Facts::shipped().markets;
        assert!(markets.same_region(&region("CH"), &region("DE")));
        assert!(!markets.same_region(&region("CH"), &region("TR")));
        assert!(!markets.same_region(&region("US"), &region("PR")));
    }

    #[test]
    fn an_unknown_country_shares_no_region_even_with_itself() {
        let markets = &Facts::shipped().markets;
        assert!(!markets.is_known(&region("RU")));
        assert!(!markets.same_region(&region("RU"), &region("RU")));
        assert_eq!(None, markets.market_region(&region("RU")));
    }

    #[test]
    fn a_country_has_a_name_and_perhaps_a_currency() {
        let markets = Markets::parse(
            "region_code,country_name,market_region,currency_code\n\
             VI,\"Virgin Islands, U.S.\",LATIN_AMERICA_CARIBBEAN,USD\nXK,Kosovo,EUROPE,\n",
        )
        .unwrap();
        assert_eq!(Some("Virgin Islands, U.S."), markets.name(&region("VI")));
        assert_eq!(Some("USD"), markets.currency(&region("VI")));
        assert_eq!(None, markets.currency(&region("XK")));
        assert_eq!(Some("EUROPE"), markets.market_region(&region("XK")));
    }
}
