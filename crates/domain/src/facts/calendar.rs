//! Counts business days in a country's own zone, weekend and holidays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;

use super::{FactsError, RegionCode, rows};
use crate::Timestamp;

/// The longest stretch of local time that a zone ever left out was a day.
const LONGEST_GAP_MINUTES: i64 = 24 * 60;

/// Time zones, weekends and holidays by country (E10). A country without a row counts in UTC
/// with Saturday and Sunday off.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    zones: BTreeMap<RegionCode, Zone>,
    holidays: BTreeMap<RegionCode, BTreeSet<NaiveDate>>,
}

/// When a company under review may expect its decision, fixed when the review begins (E10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReviewClock {
    /// The end of the third business day.
    pub expected_from_time: Timestamp,
    /// The end of the fifth business day; from this instant on the review is overdue.
    pub expected_by_time: Timestamp,
}

#[derive(Clone, Debug)]
struct Zone {
    time_zone: Tz,
    weekend: Vec<Weekday>,
}

#[derive(Deserialize)]
struct ZoneRow {
    region_code: RegionCode,
    time_zone: String,
    weekend: String,
}

#[derive(Deserialize)]
struct HolidayRow {
    region_code: RegionCode,
    date: NaiveDate,
}

impl Calendars {
    /// Reads a table of `region_code,time_zone,weekend` (days as in `SA SU`) and one of
    /// `region_code,date`.
    pub fn parse(calendars_csv: &str, holidays_csv: &str) -> Result<Calendars, FactsError> {
        let rows: Vec<ZoneRow> = rows("business_calendars.csv", calendars_csv)?;
        let zones = rows.into_iter().map(ZoneRow::into_entry).collect::<Result<_, _>>()?;
        Calendars { zones, holidays: BTreeMap::new() }.with_holidays(holidays_csv)
    }

    /// The same zones and weekends with the holidays of this table and no others.
    pub fn with_holidays(&self, holidays_csv: &str) -> Result<Calendars, FactsError> {
        let rows: Vec<HolidayRow> = rows("holidays.csv", holidays_csv)?;
        let mut holidays: BTreeMap<RegionCode, BTreeSet<NaiveDate>> = BTreeMap::new();
        for row in rows {
            holidays.entry(row.region_code).or_default().insert(row.date);
        }
        Ok(Calendars { zones: self.zones.clone(), holidays })
    }

    /// Whether the country has a zone and weekend of its own.
    pub fn is_known(&self, region: &RegionCode) -> bool {
        self.zones.contains_key(region)
    }

    /// The date on the country's calendars at that moment.
    pub fn local_date(&self, region: &RegionCode, moment: Timestamp) -> NaiveDate {
        moment.with_timezone(&self.time_zone(region)).date_naive()
    }

    /// When the next day begins on the country's calendars.
    pub fn end_of_day(&self, region: &RegionCode, moment: Timestamp) -> Timestamp {
        start_of_day(self.time_zone(region), next_day(self.local_date(region, moment)))
    }

    /// The clock of a review that begins at `started` (E10).
    pub fn review_clock(&self, region: &RegionCode, started: Timestamp) -> ReviewClock {
        ReviewClock {
            expected_from_time: self.end_of_business_day(region, started, 3),
            expected_by_time: self.end_of_business_day(region, started, 5),
        }
    }

    /// The end of the `n`th business day, day 1 being the first one after the local date of
    /// `started`; day 0 is that local date itself.
    pub fn end_of_business_day(
        &self,
        region: &RegionCode,
        started: Timestamp,
        n: u32,
    ) -> Timestamp {
        let mut date = self.local_date(region, started);
        for _ in 0..n {
            date = self.next_business_day(region, date);
        }
        start_of_day(self.time_zone(region), next_day(date))
    }

    fn next_business_day(&self, region: &RegionCode, date: NaiveDate) -> NaiveDate {
        let mut next = next_day(date);
        while next < NaiveDate::MAX && self.is_day_off(region, next) {
            next = next_day(next);
        }
        next
    }

    fn is_day_off(&self, region: &RegionCode, date: NaiveDate) -> bool {
        let weekend = match self.zones.get(region) {
            Some(zone) => zone.weekend.as_slice(),
            None => &[Weekday::Sat, Weekday::Sun],
        };
        weekend.contains(&date.weekday())
            || self.holidays.get(region).is_some_and(|holidays| holidays.contains(&date))
    }

    fn time_zone(&self, region: &RegionCode) -> Tz {
        self.zones.get(region).map_or(Tz::UTC, |zone| zone.time_zone)
    }
}

impl ZoneRow {
    fn into_entry(self) -> Result<(RegionCode, Zone), FactsError> {
        let region = self.region_code;
        let wrong = |detail: &str| {
            FactsError::new("business_calendars.csv", format_args!("{region} has {detail}"))
        };
        let time_zone = self.time_zone.parse().map_err(|_| wrong("an unknown time zone"))?;
        let weekend: Option<Vec<_>> = self.weekend.split_whitespace().map(weekday).collect();
        let weekend = weekend.ok_or_else(|| wrong("an unknown weekday"))?;
        let distinct: BTreeSet<_> = weekend.iter().map(Weekday::num_days_from_monday).collect();
        if distinct.len() == 7 {
            return Err(wrong("no working day"));
        }
        Ok((region, Zone { time_zone, weekend }))
    }
}

fn weekday(text: &str) -> Option<Weekday> {
    match text {
        "MO" => Some(Weekday::Mon),
        "TU" => Some(Weekday::Tue),
        "WE" => Some(Weekday::Wed),
        "TH" => Some(Weekday::Thu),
        "FR" => Some(Weekday::Fri),
        "SA" => Some(Weekday::Sat),
        "SU" => Some(Weekday::Sun),
        _ => None,
    }
}

fn next_day(date: NaiveDate) -> NaiveDate {
    date.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

// Where clocks spring forward over midnight the day begins when they have sprung.
fn start_of_day(time_zone: Tz, date: NaiveDate) -> Timestamp {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..=LONGEST_GAP_MINUTES)
        .filter_map(|minute| midnight.checked_add_signed(TimeDelta::minutes(minute)))
        .find_map(|local| time_zone.from_local_datetime(&local).earliest())
        .map_or(DateTime::<Utc>::MAX_UTC, |start| start.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    fn region(code: &str) -> RegionCode {
        code.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn with_holidays(rows: &str) -> Calendars {
        let csv = format!("region_code,date\n{rows}");
        Facts::shipped().calendars.with_holidays(&csv).unwrap()
    }

    #[test]
    fn e10_a_spanish_review_skips_the_weekend_and_the_holiday() {
        let clock = with_holidays("ES,2026-12-08\n")
            .review_clock(&region("ES"), at("2026-12-03T15:20:00Z"));
        assert_eq!(at("2026-12-09T23:00:00Z"), clock.expected_from_time);
        assert_eq!(at("2026-12-11T23:00:00Z"), clock.expected_by_time);
    }

    #[test]
    fn e10_a_mexican_friday_night_counts_from_its_local_date() {
        let calendars = with_holidays("MX,2027-02-01\n");
        let started = at("2027-01-30T05:30:00Z");
        assert_eq!("2027-01-29", calendars.local_date(&region("MX"), started).to_string());
        let clock = calendars.review_clock(&region("MX"), started);
        assert_eq!(at("2027-02-09T06:00:00Z"), clock.expected_by_time);
    }

    #[test]
    fn e10_the_shipped_holidays_give_the_same_answers() {
        let calendars = &Facts::shipped().calendars;
        let spain = calendars.review_clock(&region("ES"), at("2026-12-03T15:20:00Z"));
        assert_eq!(at("2026-12-11T23:00:00Z"), spain.expected_by_time);
        let mexico = calendars.review_clock(&region("MX"), at("2027-01-30T05:30:00Z"));
        assert_eq!(at("2027-02-09T06:00:00Z"), mexico.expected_by_time);
    }

    #[test]
    fn e10_a_clock_that_crosses_a_change_to_summer_time_ends_at_the_new_midnight() {
        let clock = with_holidays("").review_clock(&region("ES"), at("2027-03-24T12:00:00Z"));
        assert_eq!(at("2027-03-29T22:00:00Z"), clock.expected_from_time);
        assert_eq!(at("2027-03-31T22:00:00Z"), clock.expected_by_time);
    }

    #[test]
    fn e10_where_midnight_does_not_exist_the_day_ends_when_clocks_have_sprung() {
        // Cairo springs from 00:00 to 01:00 on Friday 2026-04-24.
        let end =
            with_holidays("").end_of_business_day(&region("EG"), at("2026-04-22T12:00:00Z"), 1);
        assert_eq!(at("2026-04-23T22:00:00Z"), end);
    }

    #[test]
    fn e10_where_midnight_comes_twice_the_first_one_ends_the_day() {
        // Havana falls back from 01:00 to 00:00 on Sunday 2026-11-01.
        let zones = "region_code,time_zone,weekend\nCU,America/Havana,SU\n";
        let calendars = Calendars::parse(zones, "region_code,date\n").unwrap();
        let end = calendars.end_of_business_day(&region("CU"), at("2026-10-30T12:00:00Z"), 1);
        assert_eq!(at("2026-11-01T04:00:00Z"), end);
    }

    #[test]
    fn e10_a_country_without_a_calendar_counts_in_utc_without_saturday_and_sunday() {
        let calendars = with_holidays("ZZ,2026-12-07\n");
        let end = calendars.end_of_business_day(&region("ZZ"), at("2026-12-04T23:59:59Z"), 1);
        assert_eq!(at("2026-12-09T00:00:00Z"), end);
    }

    #[test]
    fn e10_a_friday_and_saturday_weekend_is_honoured() {
        let end =
            with_holidays("").end_of_business_day(&region("BD"), at("2026-12-03T06:00:00Z"), 1);
        assert_eq!(at("2026-12-06T18:00:00Z"), end);
    }

    #[test]
    fn a_calendar_that_could_not_be_counted_in_is_refused() {
        for row in [
            "ES,Europe/Madrit,SA SU",
            "ES,Europe/Madrid,SAT",
            "ES,Europe/Madrid,MO TU WE TH FR SA SU",
        ] {
            let zones = format!("region_code,time_zone,weekend\n{row}\n");
            assert!(Calendars::parse(&zones, "region_code,date\n").is_err(), "{row}");
        }
        assert!(with_holidays("").with_holidays("region_code,date\nES,2026-02-30\n").is_err());
    }

    #[test]
    fn counting_ends_even_at_the_end_of_time() {
        let calendars = Calendars::default();
        let end = calendars.end_of_business_day(&region("ES"), Timestamp::MAX_UTC, 5);
        assert_eq!(Timestamp::MAX_UTC.date_naive(), end.date_naive());
    }
}
