//! Reads the address metadata once more, apart from the product, and holds the product to it.

use std::collections::{BTreeMap, BTreeSet};

use domain::facts::{AddressField, AddressProblemKind, Facts, PostalAddress, RegionCode};
use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::Value;

const METADATA: &str = include_str!("../../crates/domain/data/address_rules.json");

/// What was tried of one country, and what in the metadata contradicts itself.
#[derive(Debug, Default)]
pub struct Figures {
    pub region: String,
    /// Example codes, all of them accepted.
    pub n_examples: usize,
    pub n_sub_divisions: usize,
    /// Names and codes of sub-divisions, each of them recognised in three letter cases.
    pub n_names: usize,
    /// Sub-divisions with a pattern for their codes.
    pub n_patterns: usize,
    /// Codes made from these patterns, each accepted in its own sub-division.
    pub n_codes: usize,
    /// Pairs of such a code and another sub-division: refused, as its patterns do not match.
    pub n_refused: usize,
    /// Pairs of such a code and another sub-division whose patterns match too: accepted.
    pub n_shared: usize,
    /// Example codes that no sub-division's pattern matches.
    pub homeless_examples: Vec<String>,
    /// Sub-divisions none of whose codes the country's own pattern allows.
    pub codeless: Vec<String>,
}

/// A code as the letters possible at each of its places.
type Places = Vec<Vec<char>>;

struct SubDivision {
    names: Vec<String>,
    key: String,
    pattern: Option<Regex>,
    beginnings: Vec<Places>,
}

/// Tries every country; of each sub-division at most `most` beginnings of codes.
pub fn audit(most: usize) -> Vec<Figures> {
    let metadata: BTreeMap<String, BTreeMap<String, Value>> =
        serde_json::from_str(METADATA).unwrap();
    let countries = metadata.iter().filter(|(code, _)| *code != "ZZ");
    countries.map(|(code, entry)| country(code, entry, most)).collect()
}

fn text<'a>(entry: &'a BTreeMap<String, Value>, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn country(code: &str, entry: &BTreeMap<String, Value>, most: usize) -> Figures {
    let facts = Facts::shipped();
    let region: RegionCode = code.parse().unwrap();
    let all = sub_divisions(code, entry);
    let mut figures = Figures { region: code.to_owned(), ..Figures::default() };

    for example in text(entry, "zipex").split(',').filter(|it| !it.is_empty()) {
        figures.n_examples += 1;
        assert_eq!(problem(code, example, "", AddressField::PostalCode), None, "{example} {code}");
        let is_home = |it: &SubDivision| it.pattern.as_ref().is_none_or(|it| it.is_match(example));
        if all.iter().any(|it| it.pattern.is_some()) && !all.iter().any(is_home) {
            figures.homeless_examples.push(example.to_owned());
        }
    }
    for it in &all {
        figures.n_sub_divisions += 1;
        for name in &it.names {
            figures.n_names += 1;
            for spelt in [name.clone(), name.to_lowercase(), name.to_uppercase()] {
                let found = facts.addresses.sub_division(&region, &spelt);
                assert_eq!(found.map(|it| &it.key), Some(&it.key), "{spelt} in {code}");
            }
        }
    }
    let has_pattern: Vec<&SubDivision> = all.iter().filter(|it| it.pattern.is_some()).collect();
    let whole = match has_pattern.is_empty() {
        true => Vec::new(),
        false => places(&parsed(text(entry, "zip"))),
    };
    for it in has_pattern {
        figures.n_patterns += 1;
        let codes = codes(it, &whole, most);
        if codes.is_empty() {
            figures.codeless.push(it.key.clone());
        }
        figures.n_codes += codes.len();
        for postal_code in &codes {
            try_everywhere(code, postal_code, it, &all, &mut figures);
        }
    }
    figures
}

/// The code is good in its own sub-division, and in others only if their patterns match it.
fn try_everywhere(
    region: &str,
    postal_code: &str,
    own: &SubDivision,
    all: &[SubDivision],
    figures: &mut Figures,
) {
    let area = AddressField::AdministrativeArea;
    for it in all {
        let found = problem(region, postal_code, &it.key, area);
        // A territory under its parent is refused whatever the code.
        if matches!(found, Some(AddressProblemKind::TerritoryOfOtherMarket(_))) {
            continue;
        }
        let what = format!("{postal_code} of {} in {}, {region}", own.key, it.key);
        let is_match = it.pattern.as_ref().is_none_or(|it| it.is_match(postal_code));
        match is_match {
            true => assert_eq!(found, None, "{what}"),
            false => assert_eq!(found, Some(AddressProblemKind::SubDivisionMismatch), "{what}"),
        }
        if it.key == own.key {
            assert!(is_match, "{what}");
        } else {
            figures.n_shared += usize::from(is_match);
            figures.n_refused += usize::from(!is_match);
        }
    }
}

/// What is wrong with one part of an address that has these and all other required parts.
fn problem(
    region: &str,
    postal_code: &str,
    area: &str,
    field: AddressField,
) -> Option<AddressProblemKind> {
    let facts = Facts::shipped();
    let address = PostalAddress {
        region_code: region.to_owned(),
        postal_code: postal_code.to_owned(),
        administrative_area: area.to_owned(),
        locality: "Town".to_owned(),
        address_lines: vec!["Street 1".to_owned()],
        ..PostalAddress::default()
    };
    let review = facts.addresses.review(&facts.markets, &address);
    review.problems.iter().find(|it| it.field == field).map(|it| it.kind)
}

fn sub_divisions(region: &str, entry: &BTreeMap<String, Value>) -> Vec<SubDivision> {
    let list = |field: &str| text(entry, field).split('~').map(str::to_owned).collect::<Vec<_>>();
    let names = ["sub_keys", "sub_names", "sub_lnames", "sub_isoids"].map(list);
    let patterns = list("sub_zips");
    let keys = names[0].iter().filter(|it| !it.is_empty());
    keys.enumerate()
        .map(|(n, key)| {
            let mut own: Vec<String> = names
                .iter()
                .filter_map(|it| it.get(n))
                .filter(|it| !it.is_empty())
                .cloned()
                .collect();
            own.extend(
                names[3].get(n).filter(|it| !it.is_empty()).map(|it| format!("{region}-{it}")),
            );
            let pattern = patterns.get(n).filter(|it| !it.is_empty());
            SubDivision {
                names: own,
                key: key.clone(),
                pattern: pattern.map(|it| Regex::new(&format!("^(?:{it})")).unwrap()),
                beginnings: pattern.map(|it| places(&parsed(it))).unwrap_or_default(),
            }
        })
        .collect()
}

fn parsed(pattern: &str) -> Hir {
    let mut parser = regex_syntax::ParserBuilder::new();
    parser.unicode(false).utf8(false).build().parse(pattern).unwrap()
}

/// Every way through a pattern.
fn places(hir: &Hir) -> Vec<Places> {
    match hir.kind() {
        HirKind::Empty => vec![Vec::new()],
        HirKind::Literal(it) => {
            let text = std::str::from_utf8(&it.0).unwrap();
            vec![text.chars().map(|it| vec![it]).collect()]
        }
        HirKind::Class(Class::Bytes(it)) => {
            let letters = it.iter().flat_map(|it| it.start()..=it.end()).map(char::from);
            vec![vec![letters.collect()]]
        }
        HirKind::Class(Class::Unicode(it)) => {
            vec![vec![it.iter().flat_map(|it| it.start()..=it.end()).collect()]]
        }
        HirKind::Repetition(it) => {
            let once = places(&it.sub);
            let most = it.max.unwrap();
            (it.min..=most).flat_map(|n| times(&once, n)).collect()
        }
        HirKind::Capture(it) => places(&it.sub),
        HirKind::Concat(parts) => {
            parts.iter().fold(vec![Vec::new()], |done, it| joined(&done, &places(it)))
        }
        HirKind::Alternation(ways) => ways.iter().flat_map(places).collect(),
        HirKind::Look(_) => panic!("{hir:?}"),
    }
}

fn times(once: &[Places], n: u32) -> Vec<Places> {
    (0..n).fold(vec![Vec::new()], |done, _| joined(&done, once))
}

fn joined(before: &[Places], behind: &[Places]) -> Vec<Places> {
    let pairs = before.iter().flat_map(|a| behind.iter().map(move |b| (a, b)));
    pairs.map(|(a, b)| [a.clone(), b.clone()].concat()).collect()
}

/// Codes that begin as the sub-division's do and are possible in the country: of each beginning the
/// first and the last, in each length.
fn codes(of: &SubDivision, whole: &[Places], most: usize) -> BTreeSet<String> {
    let mut beginnings: Vec<String> = of.beginnings.iter().flat_map(spelt).collect();
    beginnings.sort();
    beginnings.dedup();
    let step = beginnings.len().div_ceil(most).max(1);
    let mut codes = BTreeSet::new();
    for beginning in beginnings.iter().step_by(step) {
        let fits = |it: &&Places| {
            let letters: Vec<char> = beginning.chars().collect();
            letters.len() <= it.len() && letters.iter().zip(*it).all(|(a, b)| b.contains(a))
        };
        for places in whole.iter().filter(fits) {
            let rest = &places[beginning.chars().count()..];
            let first: String = rest.iter().map(|it| it[0]).collect();
            let last: String = rest.iter().map(|it| it[it.len() - 1]).collect();
            codes.extend([format!("{beginning}{first}"), format!("{beginning}{last}")]);
        }
    }
    codes
}

fn spelt(places: &Places) -> Vec<String> {
    places.iter().fold(vec![String::new()], |done, letters| {
        let longer = |it: &String| letters.iter().map(|letter| format!("{it}{letter}")).collect();
        done.iter().flat_map(|it: &String| -> Vec<String> { longer(it) }).collect()
    })
}
