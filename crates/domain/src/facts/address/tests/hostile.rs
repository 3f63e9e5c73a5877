//! Addresses of every country, in shapes that nobody should send.

use super::*;

/// What somebody may put into any part.
fn values() -> Vec<String> {
    let long = "ß".repeat(512);
    let texts = [
        "",
        "   ",
        "\u{A0}\u{2003}\u{3000}",
        "00000",
        "08018",
        "EC1Y 8SY",
        "１２３４５",
        "١٢٣٤٥",
        "१२३४५६",
        "-",
        "Ǆ ŉ ﬁ İı ς",
        "Calle\r\nMayor 1",
        "a\u{202E}b\u{2066}c",
        "🏠🏢👨‍👩‍👧",
        "e\u{301}\u{301}\u{301}",
        "\u{1F1EA}\u{1F1F8}",
        "%A%n%Z",
        "(\\d+)+$",
        "' OR 1=1 --",
        "ﷺ",
        "\u{0}",
        long.as_str(),
    ];
    texts.map(str::to_owned).to_vec()
}

#[test]
fn e6_no_address_of_any_country_is_too_much() {
    let facts = Facts::shipped();
    let values = values();
    for (n, region) in facts.addresses.regions().enumerate() {
        for (m, value) in values.iter().enumerate() {
            let other = |it: usize| values[(n + m * it) % (values.len() - 1)].clone();
            let all = |value: &String| PostalAddress {
                region_code: region.to_string(),
                postal_code: value.clone(),
                administrative_area: value.clone(),
                locality: value.clone(),
                dependent_locality: value.clone(),
                sorting_code: value.clone(),
                address_lines: vec![value.clone(); 4],
            };
            let mixed = PostalAddress {
                postal_code: other(3),
                administrative_area: other(5),
                locality: other(7),
                ..all(value)
            };
            for address in [all(value), mixed] {
                let judged = review(&address);
                let suggestion = judged.suggestion.clone().unwrap_or_else(|| address.clone());
                let again = review(&suggestion);
                assert_eq!(None, again.suggestion, "{region}: {suggestion:?} of {address:?}");
                let impossible = judged.impossible().count();
                assert!(again.impossible().count() <= impossible, "{region}: {suggestion:?}");
            }
        }
    }
}

#[test]
fn e6_the_longest_text_is_judged_like_any_other() {
    let long = "ß".repeat(32 * 1024);
    let address = PostalAddress {
        postal_code: long.clone(),
        administrative_area: long.clone(),
        locality: long.clone(),
        address_lines: vec![long],
        ..barcelona()
    };
    let problems = [
        ("postal_code", AddressProblemKind::PostalCodeInvalid),
        ("administrative_area", AddressProblemKind::SubDivisionUnknown),
    ];
    assert_eq!(problems, *found(&address));
}

#[test]
fn e6_every_part_that_a_country_demands_is_named_when_it_lacks() {
    let facts = Facts::shipped();
    for region in facts.addresses.regions() {
        let empty = PostalAddress { region_code: region.to_string(), ..PostalAddress::default() };
        let mut demanded = facts.addresses.required(&region).to_vec();
        demanded.sort();
        let judged = review(&empty);
        let named: Vec<AddressField> = judged.impossible().map(|it| it.field).collect();
        assert_eq!(demanded, named, "{region}");
        let missing = judged.problems.iter().map(|it| it.kind);
        assert!(missing.into_iter().all(|it| it == AddressProblemKind::MissingRequired));
    }
}

#[test]
fn e6_another_countrys_code_is_refused_unless_it_has_this_countrys_shape() {
    let facts = Facts::shipped();
    let with_codes: Vec<_> = facts.addresses.regions().collect();
    let mut n_refused = 0;
    for region in &with_codes {
        for other in &with_codes {
            for code in facts.addresses.example_codes(other).iter().take(1) {
                let address = PostalAddress {
                    region_code: region.to_string(),
                    postal_code: code.clone(),
                    ..PostalAddress::default()
                };
                let problems = review(&address).problems;
                let found = problems.iter().find(|it| it.field == AddressField::PostalCode);
                let is_own = region == other;
                let is_invalid =
                    found.is_some_and(|it| it.kind == AddressProblemKind::PostalCodeInvalid);
                assert!(!(is_own && found.is_some()), "{code} in {region}: {found:?}");
                n_refused += usize::from(is_invalid);
            }
        }
    }
    assert!(n_refused > 15_000, "{n_refused}");
}
