//! What can be wrong with an address, and how it is judged (E6).

use super::{AddressField, PostalAddress};
use crate::{Language, facts::RegionCode};

/// Something that is wrong with an address (E6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressProblem {
    /// The part to mend.
    pub field: AddressField,
    /// What is wrong with it.
    pub kind: AddressProblemKind,
}

/// What is wrong with a part (E6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressProblemKind {
    /// The country demands this part.
    MissingRequired,
    /// No place of the country has such a postal code.
    PostalCodeInvalid,
    /// The place is in this territory, which the market table keeps apart.
    TerritoryOfOtherMarket(RegionCode),
    /// The country has no such sub-division.
    SubDivisionUnknown,
    /// The postal code is of another sub-division.
    SubDivisionMismatch,
    /// The country's addresses have no such part.
    NotUsed,
}

/// What is known of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressVerdict {
    /// It is as the country's rules have it.
    Verified,
    /// Something is wrong with it.
    Problems,
    /// Nothing is known of the country's addresses.
    NotValidated,
}

/// How an address stands, and how it would better be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressReview {
    pub verdict: AddressVerdict,
    /// In the order of the fields.
    pub problems: Vec<AddressProblem>,
    /// The standardised form, where it differs from what was given.
    pub suggestion: Option<PostalAddress>,
    /// The standardised form as it stands on an envelope, below the names.
    pub envelope: Vec<String>,
}

impl AddressProblem {
    /// What is wrong with an address of this country, as a clause.
    pub fn text(&self, region_code: &str, language: Language) -> String {
        use AddressProblemKind as Kind;
        let (english, spanish) = match self.kind {
            Kind::MissingRequired => ("must be given".to_owned(), "falta".to_owned()),
            Kind::PostalCodeInvalid => (
                format!("not a postal code of {region_code}"),
                format!("no es un código postal de {region_code}"),
            ),
            Kind::TerritoryOfOtherMarket(territory) => {
                (format!("belongs to {territory}"), format!("es de {territory}"))
            }
            Kind::SubDivisionUnknown => (
                format!("{region_code} has no state or province of this name"),
                format!("{region_code} no tiene un estado o provincia con este nombre"),
            ),
            Kind::SubDivisionMismatch => (
                "the postal code is of another state or province".to_owned(),
                "el código postal es de otro estado o provincia".to_owned(),
            ),
            Kind::NotUsed => (
                format!("addresses of {region_code} have no such part"),
                format!("las direcciones de {region_code} no llevan esta parte"),
            ),
        };
        match language {
            Language::English => english,
            Language::Spanish => spanish,
        }
    }
}

impl AddressProblemKind {
    /// Whether nobody may keep an address with it; else it is enough to say so (E6).
    pub const fn is_impossible(self) -> bool {
        match self {
            Self::MissingRequired | Self::PostalCodeInvalid | Self::TerritoryOfOtherMarket(_) => {
                true
            }
            Self::SubDivisionUnknown | Self::SubDivisionMismatch | Self::NotUsed => false,
        }
    }

    /// Its published name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MissingRequired => "REQUIRED",
            Self::PostalCodeInvalid => "POSTAL_CODE_INVALID",
            Self::TerritoryOfOtherMarket(_) => "OTHER_MARKET",
            Self::SubDivisionUnknown => "SUB_DIVISION_UNKNOWN",
            Self::SubDivisionMismatch => "SUB_DIVISION_MISMATCH",
            Self::NotUsed => "NOT_USED",
        }
    }
}

impl AddressVerdict {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "VERIFIED",
            Self::Problems => "PROBLEMS",
            Self::NotValidated => "NOT_VALIDATED",
        }
    }
}

impl AddressReview {
    /// What nobody may keep (E5, E6).
    pub fn impossible(&self) -> impl Iterator<Item = &AddressProblem> {
        self.problems.iter().filter(|it| it.kind.is_impossible())
    }

    /// Whether the company has to say that it takes the suggestion, or keeps what it has (E6).
    pub fn needs_choice(&self) -> bool {
        !self.problems.is_empty() && self.impossible().next().is_none()
    }
}
