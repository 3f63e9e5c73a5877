//! The company register: how a name is looked for, whatever its case, accents and marks.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// Most words of one name that are kept or looked for.
pub const MOST_WORDS: usize = 12;
/// Most bytes of a folded name that are kept or looked for: keys of an index are bounded.
const MOST_BYTES: usize = 300;
/// Most bytes of a word.
const MOST_WORD_BYTES: usize = 64;
/// Behind everything that begins with a name.
pub const BEHIND: char = '\u{10FFFF}';

/// The name in lower case, without accents; marks are a space. Empty if nothing is left.
pub fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for char in name.nfkd().filter(|it| !is_combining_mark(*it)).flat_map(char::to_lowercase) {
        match plain(char) {
            Some(text) => folded.push_str(text),
            None if char.is_alphanumeric() => folded.push(char),
            None if matches!(char, '\'' | '\u{2019}' | '.') => {}
            None if !folded.is_empty() && !folded.ends_with(' ') => folded.push(' '),
            None => {}
        }
    }
    let cut = cut(folded.trim_end(), MOST_BYTES).trim_end();
    cut.to_owned()
}

/// The different words of a folded name.
pub fn words(folded: &str) -> BTreeSet<&str> {
    folded.split(' ').filter(|it| !it.is_empty()).take(MOST_WORDS).map(word).collect()
}

/// A registration id without spaces and marks, in capitals.
pub fn registration_key(id: &str) -> String {
    let letters = id.nfkc().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase);
    cut(&letters.collect::<String>(), MOST_BYTES).to_owned()
}

/// Whether it is shaped like a legal entity identifier: 18 letters or digits, 2 digits.
pub fn is_lei(text: &str) -> bool {
    let is_letter = |it: &u8| it.is_ascii_digit() || it.is_ascii_uppercase();
    match text.as_bytes().split_at_checked(18) {
        Some((body, check)) => {
            check.len() == 2 && body.iter().all(is_letter) && check.iter().all(u8::is_ascii_digit)
        }
        None => false,
    }
}

fn word(of: &str) -> &str {
    cut(of, MOST_WORD_BYTES)
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|it| text.is_char_boundary(*it));
    end.and_then(|it| text.get(..it)).unwrap_or_default()
}

/// Letters that do not come apart into a letter and a mark.
fn plain(char: char) -> Option<&'static str> {
    Some(match char {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        'ħ' => "h",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_marks_do_not_count() {
        assert_eq!("distribuidora anahuac sl", fold("  Distribuidora ANÁHUAC, S.L.\n"));
        assert_eq!("baeckerei gross ae", fold("Baeckerei Groß (Æ)"));
        assert_eq!("wisla", fold("WISŁA"));
        assert_eq!("", fold("% _ * \\ ;"));
        assert_eq!("株式会社", fold("株式会社"));
    }

    #[test]
    fn names_and_words_are_bounded() {
        let name = "ñandú ".repeat(1_000);
        assert!(fold(&name).len() <= MOST_BYTES);
        assert_eq!(BTreeSet::from(["nandu"]), words(&fold(&name)));
        assert!(words(&fold(&"x".repeat(1_000))).iter().all(|it| it.len() <= MOST_WORD_BYTES));
    }

    #[test]
    fn an_lei_has_its_shape() {
        assert!(is_lei("529900T8BM49AURSDO55"));
        for wrong in ["", "529900T8BM49AURSDO5", "529900t8BM49AURSDO55", "529900T8BM49AURSDO5X"] {
            assert!(!is_lei(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_registration_id_is_compared_without_its_marks() {
        assert_eq!("HRB123456", registration_key(" hrb 123-456 "));
    }
}
