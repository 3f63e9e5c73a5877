//! Tables that an import can replace, whole; what was not imported stays as shipped.

use std::fmt;

use super::{Facts, FactsError, Markets};

/// A table of its own generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Markets,
    Calendars,
    Holidays,
    MailDomains,
}

impl Table {
    pub const ALL: [Self; 4] = [Self::Markets, Self::Calendars, Self::Holidays, Self::MailDomains];

    /// The name under which it is imported.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markets => "markets",
            Self::Calendars => "calendars",
            Self::Holidays => "holidays",
            Self::MailDomains => "mail-domains",
        }
    }

    /// The table of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }

    /// Its columns, in their order.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Markets => &["region_code", "country_name", "market_region", "currency_code"],
            Self::Calendars => &["region_code", "time_zone", "weekend"],
            Self::Holidays => &["region_code", "date"],
            Self::MailDomains => &["domain"],
        }
    }

    /// How many of the columns, from the left, tell one row from another.
    pub fn key_columns(self) -> usize {
        match self {
            Self::Markets | Self::Calendars | Self::MailDomains => 1,
            Self::Holidays => 2,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Facts {
    /// The same facts with the rows of one table, lines of CSV without a head, and no others of it.
    pub fn with(&self, table: Table, rows: &str) -> Result<Facts, FactsError> {
        let csv = format!("{}\n{rows}", table.columns().join(","));
        let mut facts = self.clone();
        match table {
            Table::Markets => facts.markets = Markets::parse(&csv)?.into(),
            Table::Calendars => facts.calendars = self.calendars.with_zones(&csv)?.into(),
            Table::Holidays => facts.calendars = self.calendars.with_holidays(&csv)?.into(),
            Table::MailDomains => facts.mail_domains = self.mail_domains.with_domains(rows)?.into(),
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn one_table_is_replaced_and_the_others_stay() {
        let shipped = Facts::shipped();
        let region = "ES".parse().unwrap();
        let facts = shipped.with(Table::Markets, "FR,France,EUROPE,EUR\n").unwrap();
        assert!(!facts.markets.is_known(&region) && facts.calendars.is_known(&region));
        let facts = facts.with(Table::MailDomains, "correo.example\n").unwrap();
        assert!(facts.mail_domains.is_shared("correo.example"));
        assert!(!facts.mail_domains.is_shared("gmail.com"));
        assert!(Arc::ptr_eq(&facts.addresses, &shipped.addresses), "nothing is copied");
        assert!(!facts.markets.is_known(&region));
    }

    #[test]
    fn zones_and_holidays_come_apart() {
        let region = "ES".parse().unwrap();
        let facts = Facts::shipped().with(Table::Calendars, "ES,Asia/Tokyo,FR SA\n").unwrap();
        let facts = facts.with(Table::Holidays, "ES,2026-11-25\n").unwrap();
        let noon = "2026-11-24T16:00:00Z".parse().unwrap();
        // In Tokyo it is the 25th; the first working day after it is Thursday, the 26th.
        let end = facts.calendars.end_of_business_day(&region, noon, 1);
        assert_eq!(end.to_rfc3339(), "2026-11-26T15:00:00+00:00");
    }
}
