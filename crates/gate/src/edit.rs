//! What every edit shares: which fields it means, and whether the caller saw the newest version.

use domain::{Error, Reason, Result};
use prost_types::FieldMask;

/// Which fields an update changes.
#[derive(Debug)]
pub struct Mask<'a>(Option<&'a [String]>);

impl<'a> Mask<'a> {
    /// Refuses paths other than `known`. Without a mask, an update changes the fields it gives.
    pub fn read(mask: Option<&'a FieldMask>, known: &[&str]) -> Result<Self> {
        let Some(mask) = mask.filter(|it| !it.paths.is_empty()) else {
            return Ok(Self(None));
        };
        let unknown = mask.paths.iter().filter(|it| !known.contains(&it.as_str()) && *it != "*");
        let unknown: Vec<&String> = unknown.collect();
        if let Some(first) = unknown.first() {
            let words = format!("{first} is none of {}", known.join(", "));
            return Err(Error::field("update_mask", "PATH_UNKNOWN", words));
        }
        Ok(Self(Some(&mask.paths)))
    }

    /// Whether the field is to take the given value; `given` says if the value is not empty.
    pub fn changes(&self, field: &str, given: bool) -> bool {
        match self.0 {
            None => given,
            Some(paths) => paths.iter().any(|it| it == field || it == "*"),
        }
    }

    /// Puts text into its place, if the update means it.
    pub fn text(&self, field: &str, value: &str, place: &mut String) {
        if self.changes(field, !value.is_empty()) {
            value.clone_into(place);
        }
    }
}

/// REASON_REQUIRED where an act has to say why.
pub fn check_reason(given: &str) -> Result<()> {
    match given.trim().is_empty() {
        true => Err(Error::new(Reason::ReasonRequired)),
        false => Ok(()),
    }
}

/// Refuses an edit of a version that is no longer the newest.
pub fn check_etag(given: &str, version: i64) -> Result<()> {
    match given.is_empty() || given == version.to_string() {
        true => Ok(()),
        false => Err(Error::new(Reason::EtagMismatch)),
    }
}
