//! Rows of markets, calendars, holidays and mail domains.

use domain::{
    email::ascii_domain,
    facts::{
        RegionCode, Table,
        calendar::{is_time_zone, is_weekend},
    },
};
use store::ImportRow;

use crate::{Bad, Row};

/// Most rows of a table: every server holds it in memory.
pub fn most_rows(table: Table) -> u64 {
    match table {
        Table::Markets | Table::Calendars => 1_000,
        Table::Holidays => 200_000,
        Table::MailDomains => 1_000_000,
    }
}

/// What is kept of a row, if it is good.
pub fn checked(table: Table, row: &Row) -> Result<ImportRow, Bad> {
    match table {
        Table::Markets => market(row)?,
        Table::Calendars => calendar(row)?,
        Table::Holidays => holiday(row)?,
        Table::MailDomains => return domain(row),
    }
    let key = row.fields().get(..table.key_columns()).unwrap_or_default().join(" ");
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let written = writer.write_record(row.fields()).ok();
    let body = written.and_then(|()| writer.into_inner().ok());
    let body = body.and_then(|it| String::from_utf8(it).ok());
    let body = body.ok_or_else(|| row.bad("", "cannot be written"))?;
    Ok(ImportRow { n: line(row)?, key, body: body.trim_end().to_owned() })
}

/// The row's line as the database counts.
pub fn line(row: &Row) -> Result<i64, Bad> {
    i64::try_from(row.line).map_err(|_| row.bad("", "has too high a number"))
}

/// A country's two letters.
pub fn region(row: &Row, column: &str) -> Result<RegionCode, Bad> {
    let code = row.get(column).parse();
    code.map_err(|_| row.bad(column, "must be two capital letters, as in ISO 3166-1"))
}

fn market(row: &Row) -> Result<(), Bad> {
    region(row, "region_code")?;
    if row.get("country_name").is_empty() {
        return Err(row.bad("country_name", "must be given"));
    }
    let name = row.get("market_region");
    let is_name = |it: &str| it.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
    if name.is_empty() || !is_name(name) {
        return Err(row.bad("market_region", "must be capitals and underscores"));
    }
    let currency = row.get("currency_code");
    let is_code = currency.len() == 3 && currency.bytes().all(|it| it.is_ascii_uppercase());
    match is_code || currency.is_empty() {
        true => Ok(()),
        false => Err(row.bad("currency_code", "must be three capital letters, or empty")),
    }
}

fn calendar(row: &Row) -> Result<(), Bad> {
    region(row, "region_code")?;
    if !is_time_zone(row.get("time_zone")) {
        return Err(row.bad("time_zone", "is no zone of the time-zone database"));
    }
    match is_weekend(row.get("weekend")) {
        true => Ok(()),
        false => Err(row.bad("weekend", "must be days such as SA SU, and not all seven")),
    }
}

fn holiday(row: &Row) -> Result<(), Bad> {
    region(row, "region_code")?;
    let date = row.get("date");
    match date.parse::<chrono::NaiveDate>().is_ok_and(|it| it.to_string() == date) {
        true => Ok(()),
        false => Err(row.bad("date", "must be a date as YYYY-MM-DD")),
    }
}

fn domain(row: &Row) -> Result<ImportRow, Bad> {
    match ascii_domain(row.get("domain")) {
        Some(domain) => Ok(ImportRow { n: line(row)?, key: domain.clone(), body: domain }),
        None => Err(row.bad("domain", "is no domain")),
    }
}
