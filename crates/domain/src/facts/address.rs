//! Checks an address against what is possible in its country.

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::market::Markets;
use super::territory::Territory;
use super::{FactsError, RegionCode};
use crate::company_name::fold;

/// The entry whose values stand for those that a country's own entry leaves out.
const DEFAULTS: &str = "ZZ";

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

/// Something that makes an address impossible (E6, ADDRESS_INVALID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressProblem {
    /// The part to mend.
    pub field: AddressField,
    /// What is wrong with it.
    pub kind: AddressProblemKind,
}

/// Why a part is impossible (E6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressProblemKind {
    /// The country demands this part.
    MissingRequired,
    /// No place of the country has such a postal code.
    PostalCodeInvalid,
    /// The place is in this territory, which the market table keeps apart.
    TerritoryOfOtherMarket(RegionCode),
}

/// What addresses look like, country by country (E6).
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    rules: BTreeMap<RegionCode, Rule>,
    territories: Vec<Territory>,
}

#[derive(Clone, Debug)]
struct Rule {
    format: String,
    required: Vec<AddressField>,
    postal_code: Option<Regex>,
}

/// One country's entry in the metadata.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) zip: Option<String>,
    fmt: Option<String>,
    require: Option<String>,
    #[serde(default)]
    sub_keys: String,
    #[serde(default)]
    sub_names: String,
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
}

impl AddressRules {
    /// Reads Google's address metadata: a JSON object of entries by region code.
    pub fn parse(json: &str) -> Result<AddressRules, FactsError> {
        let metadata: BTreeMap<String, Metadata> = serde_json::from_str(json)
            .map_err(|error| FactsError::new("address_rules.json", error))?;
        let defaults = metadata.get(DEFAULTS).cloned().unwrap_or_default();
        let mut rules = BTreeMap::new();
        for (code, entry) in &metadata {
            let region: RegionCode =
                code.parse().map_err(|error| FactsError::new("address_rules.json", error))?;
            rules.insert(region, Rule::of(entry, &defaults)?);
        }
        Ok(AddressRules { rules, territories: Territory::all(&metadata)? })
    }

    /// Whether there are rules for the country; without, an address is NOT_VALIDATED (E6).
    pub fn is_known(&self, region: &RegionCode) -> bool {
        self.rules.contains_key(region)
    }

    /// The order of the parts on an envelope, in the metadata's notation (`%A%n%Z %C`).
    pub fn format(&self, region: &RegionCode) -> Option<&str> {
        self.rules.get(region).map(|rule| rule.format.as_str())
    }

    /// The parts that the country demands.
    pub fn required(&self, region: &RegionCode) -> &[AddressField] {
        self.rules.get(region).map_or(&[], |rule| &rule.required)
    }

    /// What makes the address impossible, in the order of the fields (E5, E6). A region code
    /// that is none counts as missing; one that the market table lacks is for the caller.
    pub fn check(&self, markets: &Markets, address: &PostalAddress) -> Vec<AddressProblem> {
        let problem = |field, kind| AddressProblem { field, kind };
        let Ok(region) = address.region_code.parse::<RegionCode>() else {
            return vec![problem(AddressField::RegionCode, AddressProblemKind::MissingRequired)];
        };

        let missing = self.required(&region).iter().filter(|field| !address.has(**field));
        let mut problems: Vec<_> =
            missing.map(|field| problem(*field, AddressProblemKind::MissingRequired)).collect();
        if !self.is_possible_code(&region, &address.postal_code) {
            problems.push(problem(AddressField::PostalCode, AddressProblemKind::PostalCodeInvalid));
        }
        let territory = |is_there: &dyn Fn(&Territory) -> bool| {
            let mut apart = self.territories.iter().filter(|it| it.is_apart_from(&region, markets));
            let it = apart.find(|it| is_there(it))?;
            Some(AddressProblemKind::TerritoryOfOtherMarket(it.region()))
        };
        let by_code = territory(&|it| it.has_postal_code(&address.postal_code));
        problems.extend(by_code.map(|kind| problem(AddressField::PostalCode, kind)));
        let by_name = territory(&|it| it.is_named(&address.administrative_area));
        problems.extend(by_name.map(|kind| problem(AddressField::AdministrativeArea, kind)));
        problems.sort_by_key(|problem| problem.field);
        problems
    }

    fn is_possible_code(&self, region: &RegionCode, postal_code: &str) -> bool {
        let pattern = self.rules.get(region).and_then(|rule| rule.postal_code.as_ref());
        match (pattern, postal_code.trim()) {
            (None, _) | (_, "") => true,
            (Some(pattern), postal_code) => pattern.is_match(postal_code),
        }
    }

    #[cfg(test)]
    pub(super) fn territories(&self) -> &[Territory] {
        &self.territories
    }
}

impl Rule {
    fn of(entry: &Metadata, defaults: &Metadata) -> Result<Rule, FactsError> {
        let own_or_default = |part: fn(&Metadata) -> &Option<String>| {
            part(entry).as_ref().or(part(defaults).as_ref()).cloned().unwrap_or_default()
        };
        let letters = own_or_default(|it| &it.require);
        Ok(Rule {
            format: own_or_default(|it| &it.fmt),
            required: letters.chars().filter_map(AddressField::of_letter).collect(),
            postal_code: entry.zip.as_deref().map(postal_pattern).transpose()?,
        })
    }
}

impl Metadata {
    pub(super) fn sub_division(&self, key: &str) -> Option<&str> {
        let mut pairs = self.sub_keys.split('~').zip(self.sub_names.split('~'));
        pairs.find(|(it, _)| *it == key).map(|(_, name)| name)
    }
}

/// The pattern for the whole of a postal code; its digits and letters are ASCII.
pub(super) fn postal_pattern(pattern: &str) -> Result<Regex, FactsError> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .case_insensitive(true)
        .unicode(false)
        .build()
        .map_err(|error| FactsError::new("address_rules.json", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;

    fn barcelona() -> PostalAddress {
        PostalAddress {
            region_code: "ES".to_owned(),
            postal_code: "08018".to_owned(),
            administrative_area: "Barcelona".to_owned(),
            locality: "Barcelona".to_owned(),
            address_lines: vec!["Avinguda Diagonal 211".to_owned()],
            ..PostalAddress::default()
        }
    }

    fn found(address: &PostalAddress) -> Vec<(&'static str, AddressProblemKind)> {
        let facts = Facts::shipped();
        let problems = facts.addresses.check(&facts.markets, address);
        problems.into_iter().map(|it| (it.field.as_str(), it.kind)).collect()
    }

    #[test]
    fn e6_a_spreadsheet_that_ate_the_zero_is_told_so() {
        assert!(found(&barcelona()).is_empty());
        let address = PostalAddress { postal_code: "8018".to_owned(), ..barcelona() };
        assert_eq!(vec![("postal_code", AddressProblemKind::PostalCodeInvalid)], found(&address));
    }

    #[test]
    fn e6_a_province_that_does_not_fit_the_code_is_possible() {
        let address = PostalAddress { administrative_area: "Madrid".to_owned(), ..barcelona() };
        assert!(found(&address).is_empty());
    }

    #[test]
    fn e6_missing_parts_are_named_in_the_order_of_the_fields() {
        let address = PostalAddress {
            region_code: "ES".to_owned(),
            address_lines: vec![" ".to_owned()],
            ..PostalAddress::default()
        };
        let missing = |field| (field, AddressProblemKind::MissingRequired);
        let fields = ["postal_code", "administrative_area", "locality", "address_lines"];
        assert_eq!(fields.map(missing).to_vec(), found(&address));
        for region_code in ["", "es", "Spain"] {
            let address = PostalAddress { region_code: region_code.to_owned(), ..barcelona() };
            assert_eq!(vec![missing("region_code")], found(&address), "{region_code}");
        }
    }

    #[test]
    fn e6_a_postal_code_counts_whole_trimmed_and_in_any_letter_case() {
        let cases = [
            ("NL", " 1012 ab ", true),
            ("NL", "1012 AB 5", false),
            ("GB", "ec1y 8sy", true),
            ("DE", "10115\n", true),
            ("DE", "1011５", false),
            ("DE", "10115 x", false),
            ("CA", "K1A 0B1", true),
            ("PL", "00-950", true),
            ("PL", "00950", false),
            ("US", "10001-123", false),
            ("IE", "D02 AF30", true),
            ("BH", "1010", true),
            ("BH", "1010 1010", false),
            ("CA", "\u{212A}1A 0B1", false),
        ];
        for (region_code, code, is_good) in cases {
            let address = PostalAddress {
                region_code: region_code.to_owned(),
                postal_code: code.to_owned(),
                ..barcelona()
            };
            assert_eq!(is_good, found(&address).is_empty(), "{code:?} in {region_code}");
        }
    }

    #[test]
    fn e6_a_country_with_few_rules_demands_a_street_and_a_city_only() {
        let address = PostalAddress {
            region_code: "GH".to_owned(),
            locality: "Accra".to_owned(),
            address_lines: vec!["12 Ring Road".to_owned()],
            ..PostalAddress::default()
        };
        assert!(found(&address).is_empty());
        let address = PostalAddress { locality: String::new(), ..address };
        assert_eq!(vec![("locality", AddressProblemKind::MissingRequired)], found(&address));
    }

    #[test]
    fn e6_every_country_accepts_its_own_example_codes() {
        let json = include_str!("../../data/address_rules.json");
        let metadata: BTreeMap<String, serde_json::Value> = serde_json::from_str(json).unwrap();
        let rules = AddressRules::parse(json).unwrap();
        for (code, entry) in &metadata {
            let region: RegionCode = code.parse().unwrap();
            let examples = entry.get("zipex").and_then(|it| it.as_str()).unwrap_or_default();
            for example in examples.split(',').filter(|it| !it.is_empty()) {
                assert!(rules.is_possible_code(&region, example), "{example} in {code}");
            }
        }
    }

    #[test]
    fn a_country_without_rules_is_not_validated() {
        let rules = AddressRules::parse("{}").unwrap();
        assert!(!rules.is_known(&"ES".parse().unwrap()));
        let address = PostalAddress { region_code: "ES".to_owned(), ..PostalAddress::default() };
        assert_eq!(Vec::<AddressProblem>::new(), rules.check(&Markets::default(), &address));
    }
}
