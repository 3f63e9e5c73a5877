//! Rows of the company register: columns as in GLEIF's golden copy, and the D-U-N-S number.

use domain::register::{fold, is_lei, registration_key};
use store::entity::register_company::Model;

use crate::{
    Bad, Row,
    tables::{line, region},
};

pub const LEI: &str = "LEI";
pub const NAME: &str = "Entity.LegalName";
pub const COUNTRY: &str = "Entity.LegalAddress.Country";
pub const DUNS: &str = "DUNS";
const AREA: &str = "Entity.LegalAddress.Region";
const POSTAL_CODE: &str = "Entity.LegalAddress.PostalCode";
const CITY: &str = "Entity.LegalAddress.City";
const LINE: &str = "Entity.LegalAddress.FirstAddressLine";
const AUTHORITY: &str = "Entity.RegistrationAuthority.RegistrationAuthorityID";
const REGISTRATION: &str = "Entity.RegistrationAuthority.RegistrationAuthorityEntityID";
const STATUS: &str = "Entity.EntityStatus";

pub const REQUIRED: &[&str] = &[LEI, NAME, COUNTRY];
pub const OPTIONAL: &[&str] =
    &[DUNS, AREA, POSTAL_CODE, CITY, LINE, AUTHORITY, REGISTRATION, STATUS];

/// Most bytes of a value that an index holds.
const MOST_KEY_BYTES: usize = 300;

/// What is kept of a row, if it is good.
pub fn checked(row: &Row) -> Result<Model, Bad> {
    let (lei, duns) = (row.get(LEI), row.get(DUNS).replace('-', ""));
    if lei.is_empty() && duns.is_empty() {
        return Err(row.bad(LEI, "an LEI or a D-U-N-S number must be given"));
    }
    if !lei.is_empty() && !is_lei(lei) {
        return Err(row.bad(LEI, "must be 18 letters or digits and 2 digits"));
    }
    if !duns.is_empty() && (duns.len() != 9 || !duns.bytes().all(|it| it.is_ascii_digit())) {
        return Err(row.bad(DUNS, "must be 9 digits"));
    }
    let name = row.get(NAME);
    if name.is_empty() {
        return Err(row.bad(NAME, "must be given"));
    }
    let region = region(row, COUNTRY)?;
    for column in [AUTHORITY, REGISTRATION, STATUS] {
        if row.get(column).len() > MOST_KEY_BYTES {
            return Err(row.bad(column, format!("is longer than {MOST_KEY_BYTES} bytes")));
        }
    }
    let text = |column| row.get(column).to_owned();
    Ok(Model {
        generation: 0,
        n: line(row)?,
        key: if lei.is_empty() { format!("D-U-N-S {duns}") } else { lei.to_owned() },
        lei: lei.to_owned(),
        duns_number: duns,
        registration_authority: text(AUTHORITY),
        registration_id: text(REGISTRATION),
        registration_key: registration_key(row.get(REGISTRATION)),
        name: name.to_owned(),
        name_key: fold(name),
        region_code: region.to_string(),
        administrative_area: text(AREA),
        postal_code: text(POSTAL_CODE),
        locality: text(CITY),
        address_line: text(LINE),
        status: text(STATUS),
    })
}
