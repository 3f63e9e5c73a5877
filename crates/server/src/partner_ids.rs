//! `pacta import partner-ids`: places of business with PartnerIDs given elsewhere, out of a CSV file.

use std::{collections::BTreeMap, path::Path};

use domain::{Call, Error, Result, Violation};
use enrollment::{
    imported_place::{Effect, ImportedPlace},
    member::postal_address,
};
use event::{Event, LocationsImported, event::Kind as What};
use imports::{Bad, File, Refused, Report, Row};
use store::{Tries, Tx, View};

use crate::{app::App, operator};

const COLUMNS: &[&str] =
    &["company", "partner_id", "display_name", "region_code", "locality", "address_line_1"];
const OPTIONAL: &[&str] =
    &["global_partner_id", "postal_code", "administrative_area", "address_line_2"];
/// Most rows of a file.
const MOST: usize = 100_000;
const PRINCIPAL: &str = "pacta import partner-ids";

/// What became of the rows of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub n_added: usize,
    /// They were here, and take part from now on.
    pub n_activated: usize,
    /// They were here, ACTIVE.
    pub n_present: usize,
}

/// Imports the places of a file: all are checked first, then each is brought in whole. A file whose
/// import was cut off is imported again to go on.
pub async fn import(app: &App, path: &Path, is_dry: bool) -> Result<Imported, Refused> {
    let mut file = File::open(path, COLUMNS, OPTIONAL, false)?;
    let (places, mut report) = read(&mut file);
    if places.is_empty() && report.is_clean() {
        return Err(Refused::NoRows);
    }
    let (mut done, mut waiting) = (Imported::default(), Vec::new());
    for (row, place) in &places {
        match check(app, place).await? {
            Ok(effect) => {
                count(&mut done, effect);
                waiting.extend(Some((row, place)).filter(|_| effect != Effect::None));
            }
            Err(violations) => violations.into_iter().for_each(|it| report.add(bad(row, it))),
        }
    }
    if !report.is_clean() {
        return Err(Refused::BadRows(report));
    }
    if is_dry {
        return Ok(done);
    }
    for (row, place) in waiting {
        match write(app, async |tx| place.import(tx).await).await {
            Ok(_) => {}
            // Somebody was faster: what was brought in stays, the next import says what is wrong.
            Err(err) if !err.violations.is_empty() => {
                err.violations.into_iter().for_each(|it| report.add(bad(row, it)));
                return Err(Refused::BadRows(report));
            }
            Err(err) => return Err(err.into()),
        }
    }
    record(app, report.n_rows, file.sha256()).await?;
    Ok(done)
}

fn count(done: &mut Imported, effect: Effect) {
    match effect {
        Effect::Added => done.n_added += 1,
        Effect::Activated => done.n_activated += 1,
        Effect::None => done.n_present += 1,
    }
}

/// The places of a file, and what is wrong with its rows among themselves.
fn read(file: &mut File) -> (Vec<(Row, ImportedPlace)>, Report) {
    let mut report = Report::default();
    let mut places: Vec<(Row, ImportedPlace)> = Vec::new();
    // Whose a number is, and since which line; a head office's stands at each of its places.
    let mut seen: BTreeMap<String, (u64, Option<String>)> = BTreeMap::new();
    while let Some(row) = file.next_row() {
        report.n_rows += 1;
        let read = row.and_then(|row| {
            if places.len() >= MOST {
                return Err(row.bad("", format!("is one more than the {MOST} rows there may be")));
            }
            Ok((place(&row, &mut seen)?, row))
        });
        match read {
            Ok((place, row)) => places.push((row, place)),
            Err(bad) => report.add(bad),
        }
    }
    (places, report)
}

fn place(
    row: &Row,
    seen: &mut BTreeMap<String, (u64, Option<String>)>,
) -> Result<ImportedPlace, Bad> {
    let company = row.get("company").to_owned();
    if company.is_empty() {
        return Err(row.bad("company", "must be given"));
    }
    for (column, is_optional) in [("partner_id", false), ("global_partner_id", true)] {
        let number = row.get(column);
        if number.is_empty() && is_optional {
            continue;
        }
        if !(4..=10).contains(&number.len()) || !number.bytes().all(|it| it.is_ascii_digit()) {
            return Err(row.bad(column, "must be 4 to 10 digits"));
        }
        // A place's number is of this row alone, a head office's of one company.
        let holder = is_optional.then(|| company.clone());
        let first = seen.entry(number.to_owned()).or_insert((row.line, holder.clone()));
        if first.0 != row.line && (holder.is_none() || first.1 != holder) {
            return Err(row.bad(column, format!("stands in line {} already", first.0)));
        }
        if first.0 == row.line && first.1 != holder {
            return Err(row.bad(column, "is the place's own number"));
        }
    }
    let parts =
        ["postal_code", "administrative_area", "locality", "address_line_1", "address_line_2"];
    Ok(ImportedPlace {
        company,
        global_partner_id: row.get("global_partner_id").to_owned(),
        partner_id: row.get("partner_id").to_owned(),
        display_name: row.get("display_name").to_owned(),
        address: postal_address(row.get("region_code"), parts.map(|it| row.get(it))),
    })
}

/// What importing a place would do, or what is wrong with it.
async fn check(app: &App, place: &ImportedPlace) -> Result<Result<Effect, Vec<Violation>>> {
    let problems = place.problems(&app.db.facts());
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let call = Call::system(PRINCIPAL);
    match app.db.read(&call, async |view: &View| place.effect(view).await).await {
        Ok(effect) => Ok(Ok(effect)),
        Err(err) if err.violations.is_empty() => Err(err),
        Err(err) => Ok(Err(err.violations)),
    }
}

async fn write<T>(app: &App, work: impl AsyncFn(&mut Tx) -> Result<T>) -> Result<T> {
    let call = Call::system(PRINCIPAL);
    let mut tries = Tries::default();
    loop {
        let mut done = None;
        let write = async |tx: &mut Tx| {
            done = Some(work(tx).await?);
            Ok(())
        };
        match app.db.write(&call, write).await {
            Ok(()) => return done.ok_or_else(Error::not_found),
            Err(err) if tries.another(&err).await => {}
            Err(err) => return Err(err),
        }
    }
}

/// The vendor's own company remembers the file.
async fn record(app: &App, n_rows: u64, file_sha256: String) -> Result<()> {
    let platform = operator::platform(app).await?;
    let what = LocationsImported { rows: n_rows.to_string(), file_sha256 };
    let entry = async |tx: &mut Tx| {
        let event =
            Event::of("imports/partner-ids".to_owned(), What::LocationsImported(what.clone()));
        tx.record(event, &[platform]);
        Ok(())
    };
    write(app, entry).await
}

/// The column of a value that was checked under another name.
fn bad(row: &Row, violation: Violation) -> Bad {
    let column = match violation.field.strip_prefix("address.") {
        Some("address_lines") => "address_line_1",
        Some(part) => part,
        None if violation.field == "address" => "address_line_1",
        None => violation.field.as_str(),
    };
    row.bad(column, violation.description)
}
