//! A country's postal codes: which are possible, and how they are written.

use regex::{Regex, RegexBuilder};

use super::Metadata;
use crate::facts::FactsError;

/// The digit zero of the scripts in which addresses come.
const ZEROS: [char; 9] = ['٠', '۰', '०', '০', '๐', '໐', '၀', '០', '０'];

/// What is known of a country's postal codes.
#[derive(Clone, Debug)]
pub(super) struct PostalCodes {
    pattern: Option<Regex>,
    examples: Vec<String>,
    prefix: String,
}

impl PostalCodes {
    pub(super) fn of(entry: &Metadata) -> Result<PostalCodes, FactsError> {
        let examples = entry.zipex.split(',').filter(|it| !it.is_empty()).map(str::to_owned);
        Ok(PostalCodes {
            pattern: entry.zip.as_deref().map(postal_pattern).transpose()?,
            examples: examples.collect(),
            prefix: compact(&entry.postprefix),
        })
    }

    pub(super) fn examples(&self) -> &[String] {
        &self.examples
    }

    /// Whether some place of the country has the code; an absent one is no matter of its shape.
    pub(super) fn is_possible(&self, text: &str) -> bool {
        let text = text.trim();
        text.is_empty() || self.matches(text) || self.without_prefix(text).is_some()
    }

    fn matches(&self, code: &str) -> bool {
        self.pattern.as_ref().is_none_or(|it| it.is_match(code))
    }

    /// The code without what is put before it on envelopes from abroad, such as `CH-`.
    fn without_prefix(&self, text: &str) -> Option<String> {
        let text = upper(text);
        let rest = text.strip_prefix(&self.prefix).filter(|_| !self.prefix.is_empty())?;
        let rest = rest.trim_start_matches(is_separator);
        self.matches(rest).then(|| rest.to_owned())
    }

    /// The code as the country writes it; what cannot be mended stays as it is.
    pub(super) fn standard(&self, text: &str) -> String {
        let code = upper(text);
        if code.is_empty() || self.pattern.is_none() {
            return code;
        }
        let code = self.without_prefix(&code).unwrap_or(code);
        let mended = match self.matches(&code) {
            true if code.contains(is_separator) => return code,
            true => self.like_an_example(&code),
            false => self.mended(&code),
        };
        mended.filter(|it| self.matches(it)).unwrap_or(code)
    }

    fn mended(&self, code: &str) -> Option<String> {
        let bare = compact(code);
        let longest = self.examples.iter().map(|it| compact(it).len()).max().unwrap_or_default();
        // Spreadsheets eat the first zeros, and leave a number.
        let is_number = bare.chars().all(|it| it.is_ascii_digit()) && !bare.starts_with('0');
        let is_near = longest.saturating_sub(bare.len()) <= 2;
        let with_zeros = (is_number && is_near).then(|| format!("{bare:0>longest$}"));
        let mut ways = [Some(bare), with_zeros].into_iter().flatten().flat_map(|it| {
            let like = self.like_an_example(&it);
            [like, Some(it)]
        });
        ways.find(|it| it.as_ref().is_some_and(|it| self.matches(it))).flatten()
    }

    /// The letters and digits with the separators of an example of the same shape.
    fn like_an_example(&self, code: &str) -> Option<String> {
        let wanted = shape(code);
        let example = self.examples.iter().find(|it| shape(&compact(it)) == wanted)?;
        let mut rest = code.chars();
        let next = |it: char| if is_separator(it) { Some(it) } else { rest.next() };
        example.chars().map(next).collect()
    }
}

/// The pattern for the whole of a postal code; its digits and letters are ASCII.
pub(in crate::facts) fn postal_pattern(pattern: &str) -> Result<Regex, FactsError> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .case_insensitive(true)
        .unicode(false)
        .build()
        .map_err(|error| FactsError::new("address_rules.json", error))
}

fn is_separator(it: char) -> bool {
    it == ' ' || it == '-'
}

fn compact(text: &str) -> String {
    text.chars().filter(|it| !is_separator(*it)).collect()
}

fn shape(code: &str) -> String {
    let kind = |it: char| if it.is_ascii_digit() { '9' } else { 'A' };
    code.chars().map(kind).collect()
}

/// Capitals and ASCII digits, one space between words.
fn upper(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().map(|it| ascii_digit(it).to_ascii_uppercase()).collect()
}

fn ascii_digit(it: char) -> char {
    let value = |zero: &char| u32::from(it).checked_sub(u32::from(*zero)).filter(|it| *it < 10);
    ZEROS.iter().find_map(value).and_then(|it| char::from_digit(it, 10)).unwrap_or(it)
}
