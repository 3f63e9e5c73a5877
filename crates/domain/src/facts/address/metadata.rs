//! One country's entry in the address metadata.

use serde::Deserialize;

/// The parts of an entry that say how addresses look; lists are separated by `~`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::facts) struct Metadata {
    pub(in crate::facts) name: Option<String>,
    pub(in crate::facts) zip: Option<String>,
    pub(super) zipex: String,
    pub(super) postprefix: String,
    pub(super) fmt: Option<String>,
    pub(super) lfmt: Option<String>,
    pub(super) require: Option<String>,
    pub(super) upper: Option<String>,
    pub(super) lang: String,
    pub(super) state_name_type: String,
    pub(super) locality_name_type: String,
    pub(super) zip_name_type: String,
    pub(super) sub_keys: String,
    pub(super) sub_names: String,
    pub(super) sub_lnames: String,
    pub(super) sub_isoids: String,
    pub(super) sub_zips: String,
}

impl Metadata {
    /// Whether it says anything of the country's addresses.
    pub(super) fn is_bare(&self) -> bool {
        let says = [&self.fmt, &self.zip, &self.require, &self.upper];
        says.iter().all(|it| it.is_none()) && self.sub_keys.is_empty()
    }

    /// The name of the sub-division with this key.
    pub(in crate::facts) fn sub_division(&self, key: &str) -> Option<&str> {
        let mut pairs = self.sub_keys.split('~').zip(self.sub_names.split('~'));
        pairs.find(|(it, _)| *it == key).map(|(_, name)| name)
    }
}
