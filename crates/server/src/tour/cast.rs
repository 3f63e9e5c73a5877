//! Who plays: companies, their people and addresses, from a file that one can replace.

use std::path::Path;

use serde::Deserialize;

use super::Failure;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    pub provider: Firm,
    pub reseller: Firm,
    pub stranger: Company,
    pub customer: Company,
    pub buyer_abroad: Company,
}

/// A company that enrols.
#[derive(Clone, Debug, Deserialize)]
pub struct Firm {
    #[serde(flatten)]
    pub company: Company,
    pub legal_name: String,
    pub contact: Contact,
    pub support: Support,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Company {
    pub domain_prefix: String,
    pub display_name: String,
    pub person: Person,
    pub address: Address,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub user_name: String,
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub language_code: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    pub given_name: String,
    pub family_name: String,
    pub email: String,
    pub phone: String,
    pub language_code: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    pub email: String,
    pub phone: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    pub region_code: String,
    #[serde(default)]
    pub postal_code: String,
    #[serde(default)]
    pub administrative_area: String,
    pub locality: String,
    pub address_lines: Vec<String>,
}

impl Cast {
    /// The cast of a file, or the one that comes along.
    pub fn load(path: Option<&Path>) -> Result<Self, Failure> {
        let own = include_str!("../../data/tour.toml");
        let text = path.map(std::fs::read_to_string).transpose()?;
        Ok(toml::from_str(text.as_deref().unwrap_or(own))?)
    }
}

impl Address {
    pub fn on_wire(&self) -> api::types::v1::PostalAddress {
        api::types::v1::PostalAddress {
            region_code: self.region_code.clone(),
            postal_code: self.postal_code.clone(),
            administrative_area: self.administrative_area.clone(),
            locality: self.locality.clone(),
            dependent_locality: String::new(),
            address_lines: self.address_lines.clone(),
        }
    }
}
