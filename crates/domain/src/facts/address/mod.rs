//! What an address is made of, and what its country says of it.

mod envelope;
mod metadata;
mod postal_code;
mod problem;
mod rules;
mod sub_division;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::company_name::fold;

pub(super) use metadata::Metadata;
pub(super) use postal_code::postal_pattern;
pub use problem::{AddressProblem, AddressProblemKind, AddressReview, AddressVerdict};
pub use rules::AddressRules;
pub use sub_division::SubDivision;

/// An address as the caller gives it; an empty part is an absent one. Names are those of
/// `google.type.PostalAddress`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PostalAddress {
    /// The country or territory, two capitals.
    pub region_code: String,
    /// The postal code.
    pub postal_code: String,
    /// State, province or prefecture.
    pub administrative_area: String,
    /// City or town.
    pub locality: String,
    /// Neighbourhood or district.
    pub dependent_locality: String,
    /// CEDEX and the like.
    pub sorting_code: String,
    /// Street and house, and what else stands above the city.
    pub address_lines: Vec<String>,
}

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressField {
    RegionCode,
    PostalCode,
    AdministrativeArea,
    Locality,
    DependentLocality,
    SortingCode,
    AddressLines,
}

impl AddressField {
    /// The field's path in the message.
    pub const fn as_str(self) -> &'static str {
        match self {
            AddressField::RegionCode => "region_code",
            AddressField::PostalCode => "postal_code",
            AddressField::AdministrativeArea => "administrative_area",
            AddressField::Locality => "locality",
            AddressField::DependentLocality => "dependent_locality",
            AddressField::SortingCode => "sorting_code",
            AddressField::AddressLines => "address_lines",
        }
    }

    /// The part that the metadata means by the letter; names of people and companies are none.
    fn of_letter(letter: char) -> Option<AddressField> {
        match letter {
            'A' => Some(AddressField::AddressLines),
            'C' => Some(AddressField::Locality),
            'D' => Some(AddressField::DependentLocality),
            'S' => Some(AddressField::AdministrativeArea),
            'X' => Some(AddressField::SortingCode),
            'Z' => Some(AddressField::PostalCode),
            _ => None,
        }
    }
}

impl PostalAddress {
    /// The address to compare by: without letter case, punctuation and spare space.
    pub fn key(&self) -> String {
        let parts = [
            &self.region_code,
            &self.postal_code,
            &self.administrative_area,
            &self.locality,
            &self.dependent_locality,
            &self.sorting_code,
        ];
        let fold = |it: &String| {
            let letters = it.chars().map(|it| if it.is_alphanumeric() { it } else { ' ' });
            fold(&letters.collect::<String>())
        };
        let parts: Vec<String> = parts.into_iter().chain(&self.address_lines).map(fold).collect();
        parts.join("|")
    }

    fn has(&self, field: AddressField) -> bool {
        let is_given = |text: &String| !text.trim().is_empty();
        match field {
            AddressField::RegionCode => is_given(&self.region_code),
            AddressField::PostalCode => is_given(&self.postal_code),
            AddressField::AdministrativeArea => is_given(&self.administrative_area),
            AddressField::Locality => is_given(&self.locality),
            AddressField::DependentLocality => is_given(&self.dependent_locality),
            AddressField::SortingCode => is_given(&self.sorting_code),
            AddressField::AddressLines => self.address_lines.iter().any(is_given),
        }
    }

    /// Whether street and city are in Latin letters.
    fn is_latin(&self) -> bool {
        let parts = [&self.locality, &self.dependent_locality];
        let mut letters = parts.into_iter().chain(&self.address_lines).flat_map(|it| it.chars());
        letters.all(sub_division::is_latin)
    }
}
