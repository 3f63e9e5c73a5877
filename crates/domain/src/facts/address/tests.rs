//! What the country rules make of addresses.

mod hostile;

use std::collections::BTreeMap;

use super::*;
use crate::facts::{Facts, Markets};

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

fn review(address: &PostalAddress) -> AddressReview {
    let facts = Facts::shipped();
    facts.addresses.review(&facts.markets, address)
}

fn found(address: &PostalAddress) -> Vec<(&'static str, AddressProblemKind)> {
    let review = review(address);
    review.problems.into_iter().map(|it| (it.field.as_str(), it.kind)).collect()
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
    let problem = ("administrative_area", AddressProblemKind::SubDivisionMismatch);
    assert_eq!(vec![problem], found(&address));
    let review = review(&address);
    assert_eq!(0, review.impossible().count());
    assert!(review.needs_choice());
    let suggestion = review.suggestion.unwrap();
    assert_eq!("Barcelona", suggestion.administrative_area);
    assert_eq!("BARCELONA", suggestion.locality);
    assert_eq!(["Avinguda Diagonal 211", "08018 BARCELONA Barcelona"], *review.envelope);
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
        let is_found = review(&address).impossible().next().is_none();
        assert_eq!(is_good, is_found, "{code:?} in {region_code}");
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
    let json = include_str!("../../../data/address_rules.json");
    let metadata: BTreeMap<String, serde_json::Value> = serde_json::from_str(json).unwrap();
    let rules = AddressRules::parse(json).unwrap();
    for (code, entry) in &metadata {
        let examples = entry.get("zipex").and_then(|it| it.as_str()).unwrap_or_default();
        for example in examples.split(',').filter(|it| !it.is_empty()) {
            let address = PostalAddress {
                region_code: code.clone(),
                postal_code: example.to_owned(),
                ..PostalAddress::default()
            };
            let problems = rules.review(&Markets::default(), &address).problems;
            let is_wrong = problems.iter().any(|it| it.field == AddressField::PostalCode);
            assert!(!is_wrong, "{example} in {code}");
        }
    }
}

#[test]
fn a_country_without_rules_is_not_validated() {
    let rules = AddressRules::parse("{}").unwrap();
    assert!(!rules.is_known(&"ES".parse().unwrap()));
    let address = PostalAddress { region_code: "ES".to_owned(), ..PostalAddress::default() };
    let review = rules.review(&Markets::default(), &address);
    assert_eq!((AddressVerdict::NotValidated, Vec::new()), (review.verdict, review.problems));
}

/// The suggestion for an address of these parts: code, area, city.
fn suggested(region: &str, code: &str, area: &str, city: &str, line: &str) -> [String; 3] {
    let address = PostalAddress {
        region_code: region.to_owned(),
        postal_code: code.to_owned(),
        administrative_area: area.to_owned(),
        locality: city.to_owned(),
        address_lines: vec![line.to_owned()],
        ..PostalAddress::default()
    };
    let it = review(&address).suggestion.unwrap_or(address);
    [it.postal_code, it.administrative_area, it.locality]
}

#[test]
fn e6_a_suggestion_has_the_countrys_spelling() {
    for (region, given, expected) in [
        ("MX", ["44160", "N.L.", "Guadalajara"], ["44160", "Jal.", "GUADALAJARA"]),
        ("MX", ["44160", "", "Guadalajara"], ["44160", "Jal.", "GUADALAJARA"]),
        ("MX", ["44160", "jalisco", "Guadalajara"], ["44160", "Jal.", "GUADALAJARA"]),
        ("ES", ["8018", "B", "Barcelona"], ["08018", "Barcelona", "BARCELONA"]),
        ("ES", ["25001", "LLEIDA", "Lleida"], ["25001", "Lérida", "LLEIDA"]),
        ("US", ["98052", "washington", " Redmond "], ["98052", "WA", "REDMOND"]),
        ("CA", ["k1a0b1", "Ontario", "Ottawa"], ["K1A 0B1", "ON", "OTTAWA"]),
        ("GB", ["ec1y8sy", "", "London"], ["EC1Y 8SY", "", "LONDON"]),
        ("NL", ["1234ab", "", "Delft"], ["1234 AB", "", "DELFT"]),
        ("PL", ["00950", "", "Warszawa"], ["00-950", "", "WARSZAWA"]),
        ("SE", ["SE-114 55", "", "Stockholm"], ["114 55", "", "STOCKHOLM"]),
        ("CH", ["CH-3011", "", "Bern"], ["3011", "", "Bern"]),
        ("LT", ["lt 04340", "", "Vilnius"], ["04340", "", "VILNIUS"]),
        ("TR", ["34394", "Istanbul", "Şişli"], ["34394", "İstanbul", "ŞİŞLİ"]),
        ("BR", ["40301110", "Bahia", "Salvador"], ["40301-110", "BA", "SALVADOR"]),
        ("AE", ["00000", "dubai", ""], ["", "Dubai", ""]),
        ("EG", ["١١٥١١", "Cairo", "Cairo"], ["11511", "Cairo Governorate", "CAIRO"]),
        ("IE", ["", "County Dublin", "Dublin"], ["", "Co. Dublin", "DUBLIN"]),
    ] {
        let [code, area, city] = given;
        let found = suggested(region, code, area, city, "1 Main Street");
        assert_eq!(expected.map(str::to_owned), found, "{given:?} in {region}");
    }
}

#[test]
fn e6_a_suggestion_stays_in_the_script_of_the_address() {
    let tokyo = ["100-0001".to_owned(), "東京都".to_owned(), "千代田区".to_owned()];
    assert_eq!(tokyo, suggested("JP", "1000001", "東京", "千代田区", "千代田1-1"));
    let tokyo = ["100-0001".to_owned(), "Tokyo".to_owned(), "Chiyoda".to_owned()];
    assert_eq!(tokyo, suggested("JP", "1000001", "Tokyo Prefecture", "Chiyoda", "Chiyoda 1-1"));
    let dubai = [String::new(), "إمارة دبيّ".to_owned(), "دبي".to_owned()];
    assert_eq!(dubai, suggested("AE", "", "دبي", "دبي", "شارع الشيخ زايد"));
    assert_eq!("Kowloon", suggested("HK", "", "九龍", "", "1 Nathan Road")[1]);
    assert_eq!("九龍", suggested("HK", "", "Kowloon", "旺角", "彌敦道1號")[1]);
}

#[test]
fn e6_parts_stand_on_the_envelope_in_the_countrys_order() {
    let lines = |region: &str, code: &str, area: &str, city: &str, lines: &[&str]| {
        let address = PostalAddress {
            region_code: region.to_owned(),
            postal_code: code.to_owned(),
            administrative_area: area.to_owned(),
            locality: city.to_owned(),
            address_lines: lines.iter().map(|it| (*it).to_owned()).collect(),
            ..PostalAddress::default()
        };
        review(&address).envelope
    };
    let seattle = lines("US", "98101", "wa", "Seattle", &["Floor 2", "1912 Pike Place"]);
    assert_eq!(["Floor 2", "1912 Pike Place", "SEATTLE, WA 98101"], *seattle);
    assert_eq!(["1 A", "BOGOTA, 111221"], *lines("CO", "111221", "", "Bogota", &["1 A"]));
    assert_eq!(["1 A", "CH-3011 Bern"], *lines("CH", "CH-3011", "", "Bern", &["1 A"]));
    let mariehamn = lines("AX", "22100", "", "Mariehamn", &["1 A"]);
    assert_eq!(["1 A", "AX-22100 MARIEHAMN", "ÅLAND"], *mariehamn);
    let tokyo = lines("JP", "1000001", "東京都", "", &["千代田区千代田1-1"]);
    assert_eq!(["〒100-0001", "東京都", "千代田区千代田1-1"], *tokyo);
    let tokyo = lines("JP", "1000001", "Tokyo", "", &["1-1 Chiyoda"]);
    assert_eq!(["1-1 Chiyoda, Tokyo", "100-0001"], *tokyo);
    assert_eq!(["1 A"], *lines("CH", "", "", "", &["1 A"]));
}

#[test]
fn e6_the_verdict_tells_good_wrong_and_unknown_apart() {
    let verdict = |region: &str, city: &str| {
        let address = PostalAddress {
            region_code: region.to_owned(),
            locality: city.to_owned(),
            address_lines: vec!["1 Main Street".to_owned()],
            ..PostalAddress::default()
        };
        review(&address).verdict
    };
    assert_eq!(AddressVerdict::NotValidated, verdict("GH", "Accra"));
    assert_eq!(AddressVerdict::Problems, verdict("GH", ""));
    assert_eq!(AddressVerdict::Problems, verdict("DE", "Berlin"));
    assert_eq!(AddressVerdict::Verified, review(&barcelona()).verdict);
    assert_eq!(AddressVerdict::Verified, verdict("IE", "Dublin"));
}

#[test]
fn the_entry_of_defaults_is_no_country() {
    let addresses = &Facts::shipped().addresses;
    assert!(!addresses.is_known(&"ZZ".parse().unwrap()));
    assert_eq!(252, addresses.regions().count());
}
