//! A country's states, provinces or prefectures: by which names they go, and which codes they have.

use std::collections::BTreeMap;

use regex::{RegexSet, RegexSetBuilder};
use unicode_normalization::UnicodeNormalization as _;

use super::Metadata;
use crate::facts::FactsError;

/// Where the name is written on envelopes, not the key.
const BY_NAME: &[&str] = &["ES"];

/// Official names that the metadata does not have, by country and key.
const OTHER_NAMES: &[(&str, &str, &str)] = &[
    ("ES", "VI", "Araba/Álava;Araba"),
    ("ES", "A", "Alicante/Alacant;Alacant"),
    ("ES", "PM", "Illes Balears;Baleares;Islas Baleares"),
    ("ES", "C", "A Coruña;Coruña"),
    ("ES", "CS", "Castellón/Castelló;Castelló"),
    ("ES", "GI", "Gerona"),
    ("ES", "SS", "Gipuzkoa"),
    ("ES", "L", "Lleida"),
    ("ES", "NA", "Nafarroa;Navarra/Nafarroa"),
    ("ES", "OR", "Orense"),
    ("ES", "V", "Valencia/València;València"),
    ("ES", "BI", "Bizkaia"),
    ("MX", "CDMX", "Distrito Federal;D.F."),
    ("MX", "Qro.", "Querétaro de Arteaga"),
    ("TR", "Afyon", "Afyonkarahisar"),
    ("IT", "BZ", "Bozen;Bolzano/Bozen;Südtirol"),
    ("IT", "AO", "Valle d'Aosta;Vallée d'Aoste"),
];

/// Words that people put before or behind the name, or leave out.
const BEFORE: &[&[&str]] = &[
    &["provincia", "de"],
    &["provincia", "di"],
    &["provincia"],
    &["province", "of"],
    &["departamento", "de"],
    &["departamento"],
    &["estado", "de"],
    &["state", "of"],
    &["emirate", "of"],
    &["county"],
    &["co"],
];
const BEHIND: &[&str] = &[
    "province",
    "prefecture",
    "county",
    "state",
    "governorate",
    "district",
    "parish",
    "oblast",
    "sheng",
    "shi",
    "city",
    "department",
    "islands",
    "island",
];
const BEHIND_HAN: [char; 7] = ['省', '市', '县', '縣', '都', '府', '県'];

/// A state, province or prefecture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubDivision {
    /// What the metadata calls it: often its postal abbreviation.
    pub key: String,
    /// Its name in the country's language; empty where the key is it.
    pub name: String,
    /// Its name in Latin letters; empty where the others are.
    pub latin_name: String,
    /// Its code in ISO 3166-2, behind the country's; empty where the metadata has none.
    pub iso_code: String,
    /// What is written on an envelope in Latin letters, and in others.
    written: [String; 2],
}

/// The sub-divisions of one country.
#[derive(Clone, Debug, Default)]
pub(super) struct SubDivisions {
    all: Vec<SubDivision>,
    /// By every name and code, folded; what could mean two is none of them.
    by_name: BTreeMap<String, Option<usize>>,
    /// The beginnings of their postal codes, compiled once, and whose they are.
    codes: RegexSet,
    has_code: Vec<usize>,
}

impl SubDivision {
    /// As it is written on an envelope.
    pub(super) fn written(&self, in_latin: bool) -> &str {
        let [latin, local] = &self.written;
        if in_latin { latin } else { local }
    }

    fn with_forms(self, region: &str) -> SubDivision {
        let mut forms = [&self.key, &self.name, &self.latin_name];
        if BY_NAME.contains(&region) {
            forms.swap(0, 1);
        }
        let is_given = |it: &&&String| !it.is_empty();
        let first = forms.iter().find(is_given).map(|it| it.to_string()).unwrap_or_default();
        let first_that = |wanted: bool| {
            let mut fits =
                forms.iter().filter(is_given).filter(|it| wanted == it.chars().all(is_latin));
            fits.next().map_or_else(|| first.clone(), |it| it.to_string())
        };
        let written = [first_that(true), first_that(false)];
        SubDivision { written, ..self }
    }
}

impl SubDivisions {
    pub(super) fn of(region: &str, entry: &Metadata) -> Result<SubDivisions, FactsError> {
        let parts = |list: &str| list.split('~').map(str::to_owned).collect::<Vec<String>>();
        let lists = [&entry.sub_names, &entry.sub_lnames, &entry.sub_isoids, &entry.sub_zips];
        let [names, latin_names, iso_codes, codes] = lists.map(|it| parts(it));
        let at = |list: &[String], n: usize| list.get(n).cloned().unwrap_or_default();
        let keys = parts(&entry.sub_keys).into_iter().filter(|it| !it.is_empty());
        let all: Vec<SubDivision> = keys
            .enumerate()
            .map(|(n, key)| SubDivision {
                key,
                name: at(&names, n),
                latin_name: at(&latin_names, n),
                iso_code: at(&iso_codes, n),
                written: Default::default(),
            })
            .map(|it| it.with_forms(region))
            .collect();
        let has_code = (0..all.len()).filter(|it| !at(&codes, *it).is_empty()).collect::<Vec<_>>();
        let patterns = has_code.iter().map(|it| format!("^(?:{})", at(&codes, *it)));
        let codes = RegexSetBuilder::new(patterns)
            .unicode(false)
            .build()
            .map_err(|error| FactsError::new("address_rules.json", error))?;
        let by_name = index(region, &all);
        Ok(SubDivisions { all, by_name, codes, has_code })
    }

    pub(super) fn all(&self) -> &[SubDivision] {
        &self.all
    }

    pub(super) fn get(&self, n: usize) -> Option<&SubDivision> {
        self.all.get(n)
    }

    /// Which one the text means: key, name, Latin name or ISO code, in any letter case.
    pub(super) fn named(&self, text: &str) -> Option<usize> {
        let found = self.by_name.get(&folded(text)).copied().flatten();
        let looser = || self.by_name.get(&looser(text)?).copied().flatten();
        found.or_else(looser)
    }

    /// Those whose codes begin like this one; a code in the country's spelling.
    pub(super) fn with_code(&self, code: &str) -> Vec<usize> {
        let matches = self.codes.matches(code);
        matches.iter().filter_map(|it| self.has_code.get(it).copied()).collect()
    }

    /// Whether codes of this one are known and the code is none of them.
    pub(super) fn is_elsewhere(&self, n: usize, code: &str) -> bool {
        self.has_code.contains(&n) && !self.with_code(code).contains(&n)
    }
}

/// Exact names first, so that no looser form of one takes the name of another.
fn index(region: &str, all: &[SubDivision]) -> BTreeMap<String, Option<usize>> {
    let mut by_name = BTreeMap::new();
    let names = |it: &SubDivision| {
        let codes = [&it.iso_code, &it.key];
        let codes =
            codes.into_iter().filter(|it| !it.is_empty()).map(|it| format!("{region}-{it}"));
        let others =
            OTHER_NAMES.iter().filter(|(country, key, _)| *country == region && *key == it.key);
        let others = others.flat_map(|(.., names)| names.split(';')).map(str::to_owned);
        let exact = [&it.key, &it.name, &it.latin_name, &it.iso_code].map(String::clone);
        exact.into_iter().chain(codes).chain(others).filter(|it| !it.is_empty()).collect::<Vec<_>>()
    };
    for (n, sub_division) in all.iter().enumerate() {
        for name in names(sub_division) {
            by_name.entry(folded(&name)).or_insert(Some(n));
        }
    }
    let mut loose: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for (n, sub_division) in all.iter().enumerate() {
        for name in names(sub_division).iter().filter_map(|it| looser(it)) {
            let is_same = |it: &Option<usize>| it.is_none_or(|it| it == n);
            let known = loose.entry(name).or_insert(Some(n));
            if !is_same(known) {
                *known = None;
            }
        }
    }
    for (name, n) in loose {
        by_name.entry(name).or_insert(n);
    }
    by_name
}

/// Letters and digits only, without case and accents.
fn folded(text: &str) -> String {
    words(text).concat()
}

/// The name without the words that say what it is the name of.
fn looser(text: &str) -> Option<String> {
    let words = words(text);
    let mut rest: &[String] = &words;
    let leads = |it: &&&[&str]| rest.len() > it.len() && rest.iter().zip(**it).all(|(a, b)| a == b);
    let n_before = BEFORE.iter().find(leads).map_or(0, |it| it.len());
    rest = rest.get(n_before..).unwrap_or_default();
    if let [before @ .., last] = rest
        && !before.is_empty()
        && BEHIND.contains(&last.as_str())
    {
        rest = before;
    }
    let name = rest.concat();
    let bare = name.strip_suffix(BEHIND_HAN).filter(|it| it.chars().nth(1).is_some());
    let bare = bare.unwrap_or(&name);
    (bare != words.concat()).then(|| bare.to_owned())
}

fn words(text: &str) -> Vec<String> {
    let text: String =
        text.nfkd().filter(|it| !is_accent(*it)).flat_map(char::to_lowercase).collect();
    let text: String = text.chars().filter(|it| !is_accent(*it)).map(plain).collect();
    let words = text.split(|it: char| it.is_whitespace() || it == '-' || it == '–' || it == '/');
    let letters = words.map(|it| it.chars().filter(|it| it.is_alphanumeric()).collect::<String>());
    letters.filter(|it| !it.is_empty()).map(|it| it.nfc().collect()).collect()
}

fn is_accent(it: char) -> bool {
    matches!(it, '\u{300}'..='\u{36F}' | '\u{64B}'..='\u{655}')
}

fn plain(it: char) -> char {
    match it {
        'ı' => 'i',
        'đ' => 'd',
        'ł' => 'l',
        'ø' => 'o',
        '臺' => '台',
        it => it,
    }
}

/// Whether it is no letter of another script.
pub(super) fn is_latin(it: char) -> bool {
    let is_in_latin_block =
        matches!(it, '\0'..='\u{24F}' | '\u{2B0}'..='\u{36F}' | '\u{1E00}'..='\u{1EFF}');
    is_in_latin_block || !it.is_alphabetic()
}
