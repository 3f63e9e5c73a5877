//! Tells a territory's address from one of the country that delivers its mail.

use std::collections::BTreeMap;

use regex::Regex;

use super::address::{Metadata, postal_pattern};
use super::market::Markets;
use super::{FactsError, RegionCode};

const UNITED_STATES: &str = "US";

/// The pairs of E6. Of two territories that share postal codes the first one is named.
const PAIRS: &[(&str, &str)] = &[
    ("US", "AS FM GU MH MP PR PW UM VI"),
    ("FR", "BL MF GP GF MC MQ NC PF PM RE WF YT"),
    ("FI", "AX"),
    ("GB", "GG IM JE"),
    ("CH", "LI"),
    ("IT", "SM VA"),
    ("DK", "GL"),
    ("AU", "CC CX NF"),
];

// The metadata gives the three islands one pattern, which takes in Monaco's codes and leaves
// out their newer ones; to the Minor Outlying Islands it gives no ZIP+4.
const OWN_CODES: &[(&str, &str)] = &[
    ("BL", r"97133|977\d{2}"),
    ("MF", r"97150|978\d{2}"),
    ("GP", r"971\d{2}"),
    ("UM", r"96898(?:[ \-]\d{4})?"),
];

const OTHER_NAMES: &[(&str, &str)] = &[
    ("FM", "Federated States of Micronesia"),
    ("UM", "U.S. Minor Outlying Islands"),
    ("VI", "U.S. Virgin Islands"),
];

/// A territory whose addresses pass the postal pattern of another country, its parent.
#[derive(Clone, Debug)]
pub(super) struct Territory {
    parent: RegionCode,
    region: RegionCode,
    postal_code: Option<Regex>,
    sub_division_names: Vec<String>,
}

impl Territory {
    pub(super) fn all(metadata: &BTreeMap<String, Metadata>) -> Result<Vec<Territory>, FactsError> {
        let pairs = PAIRS
            .iter()
            .flat_map(|(parent, codes)| codes.split_whitespace().map(move |code| (*parent, code)));
        pairs.map(|(parent, code)| Territory::of(parent, code, metadata)).collect()
    }

    fn of(
        parent: &str,
        code: &str,
        metadata: &BTreeMap<String, Metadata>,
    ) -> Result<Territory, FactsError> {
        let region =
            |code: &str| code.parse().map_err(|error| FactsError::new("address_rules.json", error));
        let own = metadata.get(code);
        let pattern = said_of(code, OWN_CODES).next();
        let pattern = pattern.or_else(|| own?.zip.as_deref());
        let mut names = Vec::new();
        if parent == UNITED_STATES {
            names.extend([folded(code), folded(&format!("{parent}-{code}"))]);
            names.extend(own.and_then(|it| it.name.as_deref()).map(folded));
            names.extend(metadata.get(parent).and_then(|it| it.sub_division(code)).map(folded));
            names.extend(said_of(code, OTHER_NAMES).map(folded));
        }
        Ok(Territory {
            parent: region(parent)?,
            region: region(code)?,
            postal_code: pattern.map(postal_pattern).transpose()?,
            sub_division_names: names,
        })
    }

    pub(super) fn region(&self) -> RegionCode {
        self.region
    }

    /// Whether E6 keeps the territory apart from the country: only with a market row of its own.
    pub(super) fn is_apart_from(&self, country: &RegionCode, markets: &Markets) -> bool {
        self.parent == *country && markets.is_known(&self.region)
    }

    pub(super) fn has_postal_code(&self, postal_code: &str) -> bool {
        let compact: String = postal_code.split_whitespace().collect();
        self.postal_code.as_ref().is_some_and(|pattern| {
            pattern.is_match(postal_code.trim()) || pattern.is_match(&compact)
        })
    }

    pub(super) fn is_named(&self, sub_division: &str) -> bool {
        self.sub_division_names.contains(&folded(sub_division))
    }
}

fn said_of(
    code: &str,
    table: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = &'static str> {
    table.iter().filter(move |(it, _)| *it == code).map(|(_, said)| *said)
}

fn folded(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{AddressField, AddressProblem, AddressProblemKind, Facts, PostalAddress};

    fn problems(markets: &Markets, region: &str, area: &str, code: &str) -> Vec<AddressProblem> {
        let address = PostalAddress {
            region_code: region.to_owned(),
            postal_code: code.to_owned(),
            administrative_area: area.to_owned(),
            locality: "Somewhere".to_owned(),
            address_lines: vec!["1 Main Street".to_owned()],
            ..PostalAddress::default()
        };
        let review = Facts::shipped().addresses.review(markets, &address);
        review.impossible().copied().collect()
    }

    fn clash(field: AddressField, territory: &str) -> Vec<AddressProblem> {
        let kind = AddressProblemKind::TerritoryOfOtherMarket(territory.parse().unwrap());
        vec![AddressProblem { field, kind }]
    }

    #[test]
    fn e6_a_territorys_postal_code_is_refused_under_its_parent() {
        let cases = [
            ("US", "AS", "96799 96799-1234"),
            ("US", "FM", "96941 96944"),
            ("US", "GU", "96910 96931"),
            ("US", "MH", "96960 96970"),
            ("US", "MP", "96950 96952"),
            ("US", "PR", "00601 00725 00901 00901-1234 00988"),
            ("US", "PW", "96939 96940"),
            ("US", "UM", "96898 96898-0001"),
            ("US", "VI", "00801 00802-1222 00851"),
            ("FR", "BL", "97133 97700"),
            ("FR", "GF", "97300"),
            ("FR", "GP", "97100 97110 97139"),
            ("FR", "MC", "98000 98020"),
            ("FR", "MF", "97150 97800"),
            ("FR", "MQ", "97200 97220"),
            ("FR", "NC", "98800 98814"),
            ("FR", "PF", "98709 98713"),
            ("FR", "PM", "97500"),
            ("FR", "RE", "97400 97490"),
            ("FR", "WF", "98600"),
            ("FR", "YT", "97600"),
            ("FI", "AX", "22100 22150"),
            ("GB", "GG", "GY1 gy9"),
            ("GB", "IM", "IM1 im99"),
            ("GB", "JE", "JE2 je3"),
            ("CH", "LI", "9485 9490 9498"),
            ("IT", "SM", "47890 47899"),
            ("IT", "VA", "00120"),
            ("DK", "GL", "3900 3911 3992"),
            ("AU", "CC", "6799"),
            ("AU", "CX", "6798"),
            ("AU", "NF", "2899"),
        ];
        let markets = &Facts::shipped().markets;
        for (parent, territory, codes) in cases {
            for code in codes.split_whitespace() {
                let code = if parent == "GB" { format!("{code} 1AA") } else { code.to_owned() };
                assert_eq!(
                    clash(AddressField::PostalCode, territory),
                    problems(markets, parent, "NSW", &code),
                    "{code} under {parent}"
                );
            }
        }
    }

    #[test]
    fn e6_ordinary_postal_codes_of_the_parent_pass() {
        let cases = [
            (
                "US",
                "95014 00501 00544 02108 96701 96795 96813 96860 09001 34001 96201 10001-0001 99950",
            ),
            ("FR", "75001 20090 33380 95880 06000 00100 99999 69001 98 980"),
            ("FI", "00550 21600 23100 20100 02200 12200"),
            ("GB", "EC1Y@8SY M2@5BQ G1@1AA JE I1 GL1@1AA IP1@1AA SW1A1AA BFPO@61 GU1@1AA"),
            ("CH", "3011 9479 9484 9499 9500 8001 1211"),
            ("IT", "00144 00118 00119 00121 47889 47900 47921 47037"),
            ("DK", "1566 2412 3800 4000 8660 3790"),
            ("AU", "2060 2898 2900 6797 6800 6430 0872"),
        ];
        let markets = &Facts::shipped().markets;
        for (parent, codes) in cases {
            for code in codes.split_whitespace() {
                let problems = problems(markets, parent, "NSW", &code.replace('@', " "));
                let clashes = problems
                    .iter()
                    .any(|it| matches!(it.kind, AddressProblemKind::TerritoryOfOtherMarket(_)));
                assert!(!clashes, "{code} under {parent}: {problems:?}");
            }
        }
    }

    #[test]
    fn e6_a_space_inside_the_code_hides_no_territory() {
        let markets = &Facts::shipped().markets;
        for (parent, code, territory) in
            [("FR", "97 100", "GP"), ("FR", " 98 000 ", "MC"), ("GB", "je23ab", "JE")]
        {
            let problems = problems(markets, parent, "", code);
            assert_eq!(clash(AddressField::PostalCode, territory), problems, "{code}");
        }
    }

    #[test]
    fn e6_a_territory_given_as_a_state_of_the_united_states_is_refused() {
        let markets = &Facts::shipped().markets;
        for (area, territory) in [
            ("PR", "PR"),
            ("pr", "PR"),
            ("US-PR", "PR"),
            ("Puerto Rico", "PR"),
            ("GU", "GU"),
            ("American Samoa", "AS"),
            ("U.S. Virgin Islands", "VI"),
            ("Virgin Islands", "VI"),
            ("Micronesia", "FM"),
            ("MP", "MP"),
            ("UM", "UM"),
            ("MH", "MH"),
            ("Palau", "PW"),
        ] {
            assert_eq!(
                clash(AddressField::AdministrativeArea, territory),
                problems(markets, "US", area, "95014"),
                "{area}"
            );
        }
        for area in ["CA", "VA", "MS", "PA", "Virginia", "West Virginia", "GA", "AR", "FL", "MI"] {
            assert!(problems(markets, "US", area, "95014").is_empty(), "{area}");
        }
        assert!(problems(markets, "IT", "VA", "21100").is_empty(), "Varese is not the Vatican");
    }

    #[test]
    fn e6_a_territory_is_good_under_its_own_code() {
        let markets = &Facts::shipped().markets;
        for (region, area, code) in
            [("PR", "", "00901"), ("GP", "", "97100"), ("JE", "", "JE2 3AB"), ("GU", "", "96910")]
        {
            assert!(problems(markets, region, area, code).is_empty(), "{region}");
        }
    }

    #[test]
    fn e6_a_territory_without_a_market_row_belongs_to_its_parent() {
        let markets = Markets::parse(
            "region_code,country_name,market_region,currency_code\nUS,United States,UNITED_STATES,USD\n\
             FR,France,EUROPE,EUR\nGP,Guadeloupe,EUROPE,EUR\n",
        )
        .unwrap();
        assert!(problems(&markets, "US", "PR", "00901").is_empty());
        assert!(problems(&markets, "FR", "", "98000").is_empty());
        assert!(!problems(&markets, "FR", "", "97100").is_empty());
    }

    #[test]
    fn every_territory_has_a_postal_pattern() {
        let territories = Facts::shipped().addresses.territories().to_vec();
        assert_eq!(32, territories.len());
        assert!(territories.iter().all(|it| it.postal_code.is_some()));
    }
}
