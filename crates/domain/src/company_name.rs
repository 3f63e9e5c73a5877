//! Says whether a company can have such a name, and how names are searched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// Words that join the parts of a legal form.
const CONNECTORS: [&str; 9] = ["and", "und", "et", "y", "e", "i", "og", "och", "de"];

static LEGAL_FORMS: LazyLock<LegalForms> =
    LazyLock::new(|| LegalForms::parse(include_str!("../data/legal_forms.txt")));

/// Letters and digits of the legal forms, by country (E5).
struct LegalForms(BTreeMap<&'static str, BTreeSet<String>>);

/// Why a company cannot have this legal name (E5, COMPANY_NAME_INVALID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NameProblem {
    /// Nothing, or a single letter or digit.
    TooShort,
    /// Not one letter or digit.
    OnlyPunctuation,
    /// A legal form without the name of the company that has it.
    OnlyLegalForm,
}

/// Why the text cannot be a company's legal name, if it cannot (E5).
pub fn name_problem(name: &str) -> Option<NameProblem> {
    let n_letters = name.chars().filter(|it| it.is_alphanumeric()).take(2).count();
    match n_letters {
        0 if name.trim().chars().nth(1).is_none() => Some(NameProblem::TooShort),
        0 => Some(NameProblem::OnlyPunctuation),
        1 => Some(NameProblem::TooShort),
        _ if is_only_legal_form(name) => Some(NameProblem::OnlyLegalForm),
        _ => None,
    }
}

/// The name as it is searched: lower case, trimmed, one space between words.
pub fn fold(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn is_only_legal_form(name: &str) -> bool {
    let name = fold(name);
    let is_inside_word = |it: char| it.is_alphanumeric() || matches!(it, '&' | '+');
    let whole: String = name.chars().filter(|it| is_inside_word(*it)).collect();
    let words =
        name.split(|it: char| !is_inside_word(it) && it != '.').flat_map(|it| it.split(['&', '+']));
    let words: Vec<String> =
        words.map(|it| it.replace('.', "")).filter(|it| !it.is_empty()).collect();
    LEGAL_FORMS.0.values().any(|forms| forms.contains(&whole) || is_made_of(forms, &words))
}

/// Whether the words are legal forms of one country and nothing else: `AB` in Sweden and `Ltd` in
/// Britain make a name.
fn is_made_of(forms: &BTreeSet<String>, words: &[String]) -> bool {
    let is_part = |it: &String| forms.contains(it) || CONNECTORS.contains(&it.as_str());
    words.first().is_some_and(|it| forms.contains(it)) && words.iter().all(is_part)
}

impl LegalForms {
    fn parse(text: &'static str) -> LegalForms {
        let mut by_region: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        let lines = text.lines().filter(|it| !it.starts_with('#'));
        for (region, forms) in lines.filter_map(|it| it.split_once(' ')) {
            let letters = |it: &str| fold(it).chars().filter(|it| it.is_alphanumeric()).collect();
            by_region.entry(region).or_default().extend(forms.split(';').map(letters));
        }
        LegalForms(by_region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e5_a_legal_form_alone_is_no_name() {
        for name in [
            "llc",
            "GmbH",
            "sl",
            "S.L.",
            "S. L.",
            "s.a.",
            "Inc",
            "Inc.",
            "LTD",
            "AG",
            "kg",
            "BV",
            "B.V.",
            "Sarl",
            "S.à r.l.",
            "SRL",
            "SpA",
            "Oy",
            "AB",
            "A/S",
            "ApS",
            "Kft.",
            "Sp. z o.o.",
            "s.r.o.",
            "a.s.",
            "d.o.o.",
            "Pty Ltd",
            "Pty. Ltd.",
            "plc",
            "Co.",
            "Corp",
            "Co., Ltd.",
            "GmbH & Co. KG",
            "GmbH und Co KG",
            "S.A. de C.V.",
            "S. de R.L. de C.V.",
            "(GmbH)",
            " gmbh ",
            "株式会社",
            "Ltd. Şti.",
            "A.Ş.",
            "ООО",
            "Limited Company",
            "S.A.S.",
            "Sdn. Bhd.",
            "UG (haftungsbeschränkt)",
        ] {
            assert_eq!(Some(NameProblem::OnlyLegalForm), name_problem(name), "{name}");
        }
    }

    #[test]
    fn e5_a_legal_form_in_full_or_of_any_country_is_no_name() {
        for name in [
            "Gesellschaft mit beschränkter Haftung",
            "Sociedad Limitada",
            "Sociedad Anónima de Capital Variable",
            "Société à responsabilité limitée",
            "Spółka z o.o.",
            "Besloten Vennootschap",
            "ООО",
            "Общество с ограниченной ответственностью",
            "Công ty TNHH",
            "LLP",
            "L.L.C.",
            "SAC",
            "EIRL",
            "Sanayi ve Ticaret Limited Şirketi",
            "AB (publ)",
            "FZ-LLC",
            "Private Limited",
            "주식회사",
        ] {
            assert_eq!(Some(NameProblem::OnlyLegalForm), name_problem(name), "{name}");
        }
    }

    #[test]
    fn e5_one_character_is_no_name() {
        for name in ["", " ", "A", " x ", "7", "é", "e\u{301}", "A.", "-", "光"] {
            assert_eq!(Some(NameProblem::TooShort), name_problem(name), "{name:?}");
        }
    }

    #[test]
    fn e5_punctuation_is_no_name() {
        for name in ["--", "...", "- -", "&&&", "«»", "!?", "\u{200B}\u{200B}"] {
            assert_eq!(Some(NameProblem::OnlyPunctuation), name_problem(name), "{name:?}");
        }
    }

    #[test]
    fn e5_real_names_are_good() {
        for name in [
            "Diagonal Cloud, S.L.",
            "Distribuidora Anáhuac",
            "Nube Tapatía",
            "Donau Systeme GmbH",
            "Aare IT AG",
            "Wisła Distribution",
            "Odra Soft",
            "3M",
            "HP",
            "EY",
            "BP p.l.c.",
            "A&B",
            "S&L",
            "Co-op Bank",
            "SAS Institute Inc.",
            "Company of Heroes Ltd",
            "Limited Brands",
            "SAP SE",
            "Кооператив",
            "光通信",
            "Y Combinator",
            "AB Volvo",
            "Zoo",
            "Alphabet",
            "AB Ltd",
            "SE Inc.",
            "AG Kft.",
            "Limitless",
            "Sociedad Anónima de Aguas de Barcelona",
            "Group 4",
            "De Beers",
            "Y Sociedad",
            "Incorta",
            "Agora",
            "Bäckerei Zbinden",
            "O2",
        ] {
            assert_eq!(None, name_problem(name), "{name}");
        }
    }

    #[test]
    fn a_name_is_searched_without_letter_case_and_spare_space() {
        assert_eq!("diagonal cloud, s.l.", fold("  Diagonal\t CLOUD,\u{A0}S.L.\n"));
        assert_eq!("wisła", fold("WISŁA"));
        assert_eq!("", fold(" \n"));
    }
}
