//! `pacta import members`: companies that take part in the programme already, out of a CSV file.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error as StdError,
    fmt,
    path::Path,
};

use api::{enrollment::v1 as wire, users::v1::CreateWorkAccountRequest};
use csv::StringRecord;
use domain::{Call, Error, Result, Secret, Violation, partner::Kind};
use enrollment::member::{Member, Presence, postal_address};
use store::{Tries, Tx, View};
use users::Passwords;

use crate::app::App;

pub use enrollment::member::Imported;

/// Each column, and what it is called where its values are checked.
const COLUMNS: &[(&str, &str)] = &[
    ("domain_prefix", "domain_prefix"),
    ("display_name", "display_name"),
    ("region_code", "region_code"),
    ("kind", "kind"),
    ("legal_name", "legal_profile.legal_name"),
    ("postal_code", "legal_profile.address.postal_code"),
    ("administrative_area", "legal_profile.address.administrative_area"),
    ("locality", "legal_profile.address.locality"),
    ("address_line_1", "legal_profile.address.address_lines"),
    ("address_line_2", "legal_profile.address.address_lines[1]"),
    ("registration_id_type", "legal_profile.registration_id.type"),
    ("registration_id", "legal_profile.registration_id.value"),
    ("duns_number", "legal_profile.duns_number"),
    ("contact_given_name", "primary_contact.given_name"),
    ("contact_family_name", "primary_contact.family_name"),
    ("contact_email", "primary_contact.email"),
    ("contact_phone", "primary_contact.phone"),
    ("contact_language_code", "primary_contact.language_code"),
    ("contact_confirmed", "contact_confirmed"),
    ("admin_name", "user_name"),
    ("admin_given_name", "given_name"),
    ("admin_family_name", "family_name"),
    ("admin_email", "email"),
    ("admin_language_code", "language_code"),
    ("global_partner_id", "global_partner_id"),
    ("partner_id", "partner_id"),
];

/// Greatest size of a file: some tens of thousands of members.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Something that is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    /// By its name in the header; empty where the whole line is meant.
    pub column: String,
    pub words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.words),
            column => write!(f, "line {}, column {column}: {}", self.line, self.words),
        }
    }
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing was imported.
    Refused(Vec<Fault>),
    Imported {
        n_new: usize,
        /// Members that an earlier import of the file brought in.
        n_present: usize,
    },
}

/// Imports the members of a file: all are checked first, then each is brought in whole. `shown` gets
/// each new one with its first global admin's one-time password, which is kept nowhere. A file whose
/// import was cut off is imported again to go on.
pub async fn import(
    app: &App,
    path: &Path,
    mut shown: impl FnMut(&Imported, &Secret),
) -> Result<Outcome, Box<dyn StdError + Send + Sync>> {
    if std::fs::metadata(path)?.len() > MOST_BYTES {
        return Err(format!("a file of members has at most {MOST_BYTES} bytes").into());
    }
    let (rows, mut faults) = read(&std::fs::read(path)?);
    let facts = &*app.db.facts();
    let directory = &app.db.programme().directory_domain;
    let mut sound = Vec::new();
    for (line, member) in &rows {
        let problems = member.problems(facts, directory);
        if problems.is_empty() {
            sound.push((line, member));
        }
        faults.extend(problems.into_iter().map(|it| fault(*line, it)));
    }
    faults.extend(repeated(&rows));
    let mut new = Vec::new();
    for (line, member) in sound {
        match presence(app, member).await {
            Ok(Presence::New) => new.push(member),
            Ok(Presence::Imported) => {}
            Err(err) if err.violations.is_empty() => return Err(err.into()),
            Err(err) => faults.extend(err.violations.into_iter().map(|it| fault(*line, it))),
        }
    }
    if !faults.is_empty() {
        faults.sort_by_key(|it| it.line);
        return Ok(Outcome::Refused(faults));
    }
    for member in &new {
        let password = Passwords::one_time()?;
        let imported = bring_in(app, member, &password).await?;
        shown(&imported, &password);
    }
    Ok(Outcome::Imported { n_new: new.len(), n_present: rows.len() - new.len() })
}

async fn presence(app: &App, member: &Member) -> Result<Presence> {
    let call = Call::system("pacta import members");
    app.db.read(&call, async |view: &View| member.presence(view).await).await
}

async fn bring_in(app: &App, member: &Member, password: &Secret) -> Result<Imported> {
    let call = Call::system("pacta import members");
    let password_hash = app.passwords.hash(password).await?;
    let mut tries = Tries::default();
    loop {
        let mut imported = None;
        let write = async |tx: &mut Tx| {
            imported = Some(member.import(tx, password_hash.clone()).await?);
            Ok(())
        };
        match app.db.write(&call, write).await {
            Ok(()) => return imported.ok_or_else(Error::not_found),
            Err(err) if tries.another(&err).await => {}
            Err(err) => return Err(err),
        }
    }
}

/// The members of a file, by line, and what cannot be read.
fn read(bytes: &[u8]) -> (Vec<(u64, Member)>, Vec<Fault>) {
    // The reader counts lines by their LF, and a record behind a CR LF as of the line before.
    let pairs = bytes.iter().zip(bytes.iter().skip(1).map(Some).chain([None]));
    let bytes: Vec<u8> =
        pairs.filter(|(it, next)| **it != b'\r' || *next != Some(&b'\n')).map(|it| *it.0).collect();
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes.as_slice());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(err) => return (Vec::new(), vec![unreadable(&err)]),
    };
    let faults = header_faults(&header);
    if !faults.is_empty() {
        return (Vec::new(), faults);
    }
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let found = record.map_err(|err| vec![unreadable(&err)]).and_then(|record| {
            let line = record.position().map_or(0, csv::Position::line);
            Ok((line, member(line, &header, &record)?))
        });
        match found {
            Ok(row) => rows.push(row),
            Err(more) => faults.extend(more),
        }
    }
    (rows, faults)
}

fn unreadable(err: &csv::Error) -> Fault {
    let line = err.position().map_or(1, csv::Position::line);
    let words = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = err.kind() {
        format!("has {len} values, not {expected_len}")
    } else if let csv::ErrorKind::Utf8 { .. } = err.kind() {
        "is not UTF-8".to_owned()
    } else {
        err.to_string()
    };
    Fault { line, column: String::new(), words }
}

fn header_faults(header: &StringRecord) -> Vec<Fault> {
    let at = |column: &str, words: &str| Fault {
        line: 1,
        column: column.to_owned(),
        words: words.to_owned(),
    };
    let is_known = |it: &str| COLUMNS.iter().any(|(name, _)| *name == it);
    let unknown = header.iter().filter(|it| !is_known(it)).map(|it| at(it, "is no column"));
    let names = COLUMNS.iter().map(|(name, _)| *name);
    let missing = names.filter(|name| !header.iter().any(|it| it == *name));
    let mut seen = BTreeSet::new();
    let doubled = header.iter().filter(|it| !seen.insert(*it)).map(|it| at(it, "stands twice"));
    unknown.chain(missing.map(|it| at(it, "is missing"))).chain(doubled).collect()
}

fn member(line: u64, header: &StringRecord, record: &StringRecord) -> Result<Member, Vec<Fault>> {
    let values: BTreeMap<&str, &str> = header.iter().zip(record).collect();
    let of = |column: &str| values.get(column).copied().unwrap_or_default();
    let mut faults = Vec::new();
    let mut wrong = |column: &str, words: &str| {
        faults.push(Fault { line, column: column.to_owned(), words: words.to_owned() });
    };
    let kind = match of("kind") {
        "" => Some(Kind::Reseller),
        stated => Kind::of(stated),
    };
    if kind.is_none() {
        wrong("kind", "must be RESELLER or PROVIDER, or empty for RESELLER");
    }
    let is_contact_confirmed = of("contact_confirmed") == "true";
    if !["true", "false", ""].contains(&of("contact_confirmed")) {
        wrong("contact_confirmed", "must be true or false");
    }
    for column in ["partner_id", "global_partner_id"] {
        let number = of(column);
        let is_number =
            (4..=10).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
        if !number.is_empty() && !is_number {
            wrong(column, "must be 4 to 10 digits");
        }
    }
    if of("partner_id").is_empty() && !of("global_partner_id").is_empty() {
        wrong("global_partner_id", "needs a partner_id beside it");
    }
    let parts =
        ["postal_code", "administrative_area", "locality", "address_line_1", "address_line_2"];
    let member = Member {
        account: account(&of),
        kind: kind.unwrap_or(Kind::Reseller),
        legal_profile: wire::LegalProfile {
            legal_name: of("legal_name").to_owned(),
            region_code: of("region_code").to_owned(),
            address: Some(postal_address(of("region_code"), parts.map(of))),
            address_choice: 0,
            registration_id: Some(wire::RegistrationId {
                r#type: of("registration_id_type").to_owned(),
                value: of("registration_id").to_owned(),
            })
            .filter(|it| !it.value.is_empty() || !it.r#type.is_empty()),
            duns_number: of("duns_number").to_owned(),
        },
        primary_contact: wire::PrimaryContact {
            given_name: of("contact_given_name").to_owned(),
            family_name: of("contact_family_name").to_owned(),
            email: of("contact_email").to_owned(),
            phone: of("contact_phone").to_owned(),
            language_code: of("contact_language_code").to_owned(),
        },
        is_contact_confirmed,
        partner_id: of("partner_id").to_owned(),
        global_partner_id: of("global_partner_id").to_owned(),
    };
    if faults.is_empty() { Ok(member) } else { Err(faults) }
}

fn account<'a>(of: &impl Fn(&str) -> &'a str) -> CreateWorkAccountRequest {
    CreateWorkAccountRequest {
        domain_prefix: of("domain_prefix").to_owned(),
        display_name: of("display_name").to_owned(),
        region_code: of("region_code").to_owned(),
        user_name: of("admin_name").to_owned(),
        given_name: of("admin_given_name").to_owned(),
        family_name: of("admin_family_name").to_owned(),
        email: of("admin_email").to_owned(),
        language_code: of("admin_language_code").to_owned(),
        validate_only: false,
    }
}

/// What may stand in a file once, and stands twice.
fn repeated(rows: &[(u64, Member)]) -> Vec<Fault> {
    let mut first: BTreeMap<(bool, &str), u64> = BTreeMap::new();
    let mut faults = Vec::new();
    for (line, member) in rows {
        let keys = [
            ("domain_prefix", &member.account.domain_prefix),
            ("partner_id", &member.partner_id),
            ("global_partner_id", &member.global_partner_id),
        ];
        for (column, key) in keys.into_iter().filter(|(_, it)| !it.is_empty()) {
            // PartnerIDs of both kinds share one space.
            if let Some(first) = first.insert((column == "domain_prefix", key), *line) {
                let words = format!("stands in line {first} already");
                faults.push(Fault { line: *line, column: column.to_owned(), words });
            }
        }
    }
    faults
}

/// The fault of a column whose value was checked under the contract's name.
fn fault(line: u64, violation: Violation) -> Fault {
    let field = violation.field.as_str();
    let exact = COLUMNS.iter().find(|(_, name)| *name == field);
    let near = || COLUMNS.iter().find(|(_, name)| field.starts_with(*name));
    let column = exact.or_else(near).map_or(field, |(column, _)| *column).to_owned();
    Fault { line, column, words: violation.description }
}
