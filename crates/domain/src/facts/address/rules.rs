//! Checks an address against its country's rules, and says how it would better be written (E6).

use std::collections::BTreeMap;

use super::{
    AddressField, AddressProblem, AddressProblemKind, AddressReview, AddressVerdict, Metadata,
    PostalAddress, SubDivision, envelope::Envelope, postal_code::PostalCodes,
    sub_division::SubDivisions,
};
use crate::facts::{FactsError, Markets, RegionCode, territory::Territory};

/// The entry whose values stand for those that a country's own entry leaves out.
const DEFAULTS: &str = "ZZ";

/// Languages whose `i` has its dot in capitals too.
const DOTTED: [&str; 2] = ["tr", "az"];

/// What addresses look like, country by country (E6).
#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    rules: BTreeMap<RegionCode, Rule>,
    territories: Vec<Territory>,
}

#[derive(Clone, Debug)]
struct Rule {
    name: String,
    /// Whether the metadata says anything of this country's addresses.
    is_known: bool,
    has_own_format: bool,
    format: Envelope,
    /// For addresses in Latin letters, where it is another.
    latin_format: Option<Envelope>,
    required: Vec<AddressField>,
    upper: Vec<AddressField>,
    is_dotted: bool,
    types: [String; 3],
    postal_codes: PostalCodes,
    sub_divisions: SubDivisions,
}

impl AddressRules {
    /// Reads Google's address metadata: a JSON object of entries by region code.
    pub fn parse(json: &str) -> Result<AddressRules, FactsError> {
        let metadata: BTreeMap<String, Metadata> = serde_json::from_str(json)
            .map_err(|error| FactsError::new("address_rules.json", error))?;
        let defaults = metadata.get(DEFAULTS).cloned().unwrap_or_default();
        let mut rules = BTreeMap::new();
        for (code, entry) in metadata.iter().filter(|(code, _)| *code != DEFAULTS) {
            let region: RegionCode =
                code.parse().map_err(|error| FactsError::new("address_rules.json", error))?;
            rules.insert(region, Rule::of(code, entry, &defaults)?);
        }
        Ok(AddressRules { rules, territories: Territory::all(&metadata)? })
    }

    /// Whether the metadata has an entry for the country.
    pub fn is_known(&self, region: &RegionCode) -> bool {
        self.rules.contains_key(region)
    }

    /// Whether the metadata says anything of the country's addresses; else they are NOT_VALIDATED.
    pub fn has_rules(&self, region: &RegionCode) -> bool {
        self.rules.get(region).is_some_and(|it| it.is_known)
    }

    /// All countries of the metadata, by code.
    pub fn regions(&self) -> impl Iterator<Item = RegionCode> {
        self.rules.keys().copied()
    }

    /// The country's English name, in capitals.
    pub fn name(&self, region: &RegionCode) -> Option<&str> {
        self.rules.get(region).map(|it| it.name.as_str())
    }

    /// The parts that the country demands.
    pub fn required(&self, region: &RegionCode) -> &[AddressField] {
        self.rules.get(region).map_or(&[], |it| &it.required)
    }

    /// The parts that the country uses, in their order on an envelope.
    pub fn parts(&self, region: &RegionCode) -> Vec<AddressField> {
        self.rules.get(region).map(|it| it.format.parts().collect()).unwrap_or_default()
    }

    /// The parts that the country writes in capitals.
    pub fn in_capitals(&self, region: &RegionCode) -> &[AddressField] {
        self.rules.get(region).map_or(&[], |it| &it.upper)
    }

    /// What the country calls the part, where the metadata has a word: `state`, `eircode`.
    pub fn type_of(&self, region: &RegionCode, field: AddressField) -> &str {
        let Some(Rule { types: [area, locality, code], .. }) = self.rules.get(region) else {
            return "";
        };
        match field {
            AddressField::AdministrativeArea => area,
            AddressField::Locality => locality,
            AddressField::PostalCode => code,
            AddressField::RegionCode
            | AddressField::DependentLocality
            | AddressField::SortingCode
            | AddressField::AddressLines => "",
        }
    }

    /// Postal codes of the country, as it writes them; empty where it has none, or none is known.
    pub fn example_codes(&self, region: &RegionCode) -> &[String] {
        self.rules.get(region).map_or(&[], |it| it.postal_codes.examples())
    }

    /// The country's states, provinces or prefectures, where the metadata lists them.
    pub fn sub_divisions(&self, region: &RegionCode) -> &[SubDivision] {
        self.rules.get(region).map_or(&[], |it| it.sub_divisions.all())
    }

    /// The sub-division that a text means: its key, name, Latin name or ISO code.
    pub fn sub_division(&self, region: &RegionCode, text: &str) -> Option<&SubDivision> {
        let all = &self.rules.get(region)?.sub_divisions;
        all.get(all.named(text)?)
    }

    /// All that the rules say of the address (E6). A region code that is none counts as missing;
    /// one that the market table lacks is for the caller.
    pub fn review(&self, markets: &Markets, address: &PostalAddress) -> AddressReview {
        let Ok(region) = address.region_code.parse::<RegionCode>() else {
            let kind = AddressProblemKind::MissingRequired;
            let problem = AddressProblem { field: AddressField::RegionCode, kind };
            let verdict = AddressVerdict::Problems;
            let problems = vec![problem];
            return AddressReview { verdict, problems, suggestion: None, envelope: Vec::new() };
        };
        let rule = self.rules.get(&region);
        let mut problems = self.territory_problems(markets, &region, address);
        problems.extend(rule.iter().flat_map(|it| it.problems(address)));
        // A territory taken for a sub-division is that, and nothing else.
        problems.sort_by_key(|it| it.field);
        problems.dedup_by_key(|it| it.field);

        let standard = rule.map_or_else(|| address.clone(), |it| it.standard(address));
        let verdict = match rule {
            _ if !problems.is_empty() => AddressVerdict::Problems,
            Some(rule) if rule.is_known => AddressVerdict::Verified,
            Some(_) | None => AddressVerdict::NotValidated,
        };
        let envelope = rule.map(|it| it.envelope(&standard)).unwrap_or_default();
        let suggestion = Some(standard).filter(|it| it != address);
        AddressReview { verdict, problems, suggestion, envelope }
    }

    fn territory_problems(
        &self,
        markets: &Markets,
        region: &RegionCode,
        address: &PostalAddress,
    ) -> Vec<AddressProblem> {
        let apart = |is_there: &dyn Fn(&Territory) -> bool, field| {
            let mut apart = self.territories.iter().filter(|it| it.is_apart_from(region, markets));
            let it = apart.find(|it| is_there(it))?;
            let kind = AddressProblemKind::TerritoryOfOtherMarket(it.region());
            Some(AddressProblem { field, kind })
        };
        let by_code =
            apart(&|it| it.has_postal_code(&address.postal_code), AddressField::PostalCode);
        let area = &address.administrative_area;
        let by_name = apart(&|it| it.is_named(area), AddressField::AdministrativeArea);
        by_code.into_iter().chain(by_name).collect()
    }

    #[cfg(test)]
    pub(in crate::facts) fn territories(&self) -> &[Territory] {
        &self.territories
    }
}

impl Rule {
    fn of(code: &str, entry: &Metadata, defaults: &Metadata) -> Result<Rule, FactsError> {
        let own_or_default = |part: fn(&Metadata) -> &Option<String>| {
            part(entry).as_ref().or(part(defaults).as_ref()).cloned().unwrap_or_default()
        };
        let fields =
            |letters: String| letters.chars().filter_map(AddressField::of_letter).collect();
        let types = [&entry.state_name_type, &entry.locality_name_type, &entry.zip_name_type];
        Ok(Rule {
            name: entry.name.clone().unwrap_or_default(),
            is_known: !entry.is_bare(),
            has_own_format: entry.fmt.is_some(),
            format: Envelope::parse(&own_or_default(|it| &it.fmt)),
            latin_format: entry.lfmt.as_deref().map(Envelope::parse),
            required: fields(own_or_default(|it| &it.require)),
            upper: fields(own_or_default(|it| &it.upper)),
            is_dotted: DOTTED.contains(&entry.lang.as_str()),
            types: types.map(String::clone),
            postal_codes: PostalCodes::of(entry)?,
            sub_divisions: SubDivisions::of(code, entry)?,
        })
    }

    fn problems(&self, address: &PostalAddress) -> Vec<AddressProblem> {
        use AddressProblemKind as Kind;
        let problem = |field, kind| AddressProblem { field, kind };
        let missing = self.required.iter().filter(|field| !address.has(**field));
        let mut problems: Vec<_> =
            missing.map(|field| problem(*field, Kind::MissingRequired)).collect();
        let is_possible = self.postal_codes.is_possible(&address.postal_code);
        if !is_possible {
            problems.push(problem(AddressField::PostalCode, Kind::PostalCodeInvalid));
        }
        let has_code = address.has(AddressField::PostalCode);
        if has_code && self.has_own_format && !self.format.has(AddressField::PostalCode) {
            problems.push(problem(AddressField::PostalCode, Kind::NotUsed));
        }
        let area = AddressField::AdministrativeArea;
        if address.has(area) && !self.sub_divisions.all().is_empty() {
            let code = self.postal_codes.standard(&address.postal_code);
            let kind = match self.sub_divisions.named(&address.administrative_area) {
                None => Some(Kind::SubDivisionUnknown),
                Some(n)
                    if !is_possible || !has_code || !self.sub_divisions.is_elsewhere(n, &code) =>
                {
                    None
                }
                Some(_) => Some(Kind::SubDivisionMismatch),
            };
            problems.extend(kind.map(|kind| problem(area, kind)));
        }
        problems
    }

    /// The address in the country's spelling: official names, capitals, separators, no spare space.
    fn standard(&self, address: &PostalAddress) -> PostalAddress {
        let postal_code = match self.has_own_format && !self.format.has(AddressField::PostalCode) {
            true => String::new(),
            false => self.postal_codes.standard(&address.postal_code),
        };
        let lines = address.address_lines.iter();
        let lines = lines.map(|it| self.cased(AddressField::AddressLines, it));
        PostalAddress {
            region_code: address.region_code.clone(),
            administrative_area: self.area(address, &postal_code),
            postal_code,
            locality: self.cased(AddressField::Locality, &address.locality),
            dependent_locality: self
                .cased(AddressField::DependentLocality, &address.dependent_locality),
            sorting_code: self.cased(AddressField::SortingCode, &address.sorting_code),
            address_lines: lines.filter(|it| !it.is_empty()).collect(),
        }
    }

    /// The sub-division that was named, if the code allows it; else the one that the code allows.
    fn area(&self, address: &PostalAddress, code: &str) -> String {
        let field = AddressField::AdministrativeArea;
        let given = address.administrative_area.trim();
        if given.is_empty() && !self.required.contains(&field) {
            return String::new();
        }
        let named = self.sub_divisions.named(given);
        let is_good = !code.is_empty() && self.postal_codes.is_possible(code);
        let with_code = if is_good { self.sub_divisions.with_code(code) } else { Vec::new() };
        let meant = match (named, with_code.as_slice()) {
            (Some(n), with_code) if with_code.contains(&n) => Some(n),
            (Some(n), [only]) if self.sub_divisions.is_elsewhere(n, code) => Some(*only),
            (None, [only]) => Some(*only),
            (named, _) => named,
        };
        match meant.and_then(|it| self.sub_divisions.get(it)) {
            Some(it) => it.written(address.is_latin()).to_owned(),
            None => self.cased(field, given),
        }
    }

    fn cased(&self, field: AddressField, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        match self.upper.contains(&field) {
            true if self.is_dotted => text.replace('i', "İ").to_uppercase(),
            true => text.to_uppercase(),
            false => text,
        }
    }

    fn envelope(&self, address: &PostalAddress) -> Vec<String> {
        let latin = self.latin_format.as_ref().filter(|_| address.is_latin());
        latin.unwrap_or(&self.format).lines(address)
    }
}
