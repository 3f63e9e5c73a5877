//! What a field's value must look like, said once in the contract and checked here.

use crate::policy::v1::Format;

/// A message whose fields carry rules.
pub trait Check {
    /// Adds one violation per offending field; `at` is the path of the message, with its dot.
    fn check(&self, at: &str, out: &mut Violations);
}

/// One field that breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field in the request, such as `address.postal_code`.
    pub field: String,
    /// Stable code, such as `REQUIRED`.
    pub reason: &'static str,
    /// For people.
    pub description: String,
}

/// Every field of a request that breaks its rule.
#[derive(Debug, Default)]
pub struct Violations(pub Vec<Violation>);

/// The rule of a text field. Zero bounds mean the default ones.
pub struct Text {
    pub required: bool,
    pub least: usize,
    pub most: usize,
    pub multiline: bool,
    pub secret: bool,
    pub format: i32,
    pub resource: &'static str,
}

const MOST_TEXT: usize = 256;
const MOST_ITEMS: usize = 100;

impl Violations {
    fn add(&mut self, at: &str, name: &str, reason: &'static str, description: impl Into<String>) {
        let field = format!("{at}{name}");
        self.0.push(Violation { field, reason, description: description.into() });
    }

    pub fn present(&mut self, at: &str, name: &str, required: bool) {
        if required {
            self.add(at, name, "REQUIRED", "must be given");
        }
    }

    pub fn text(&mut self, at: &str, name: &str, value: &str, rule: &Text) {
        if value.is_empty() {
            return self.present(at, name, rule.required);
        }
        let most = if rule.most == 0 { MOST_TEXT } else { rule.most };
        let n_chars = value.chars().count();
        if n_chars > most {
            return self.add(at, name, "TOO_LONG", format!("at most {most} characters"));
        }
        if n_chars < rule.least {
            let least = rule.least;
            return self.add(at, name, "TOO_SHORT", format!("at least {least} characters"));
        }
        if value.chars().any(|it| is_forbidden(it, rule.multiline)) {
            let words = "no control characters or characters that reorder text";
            return self.add(at, name, "CHARACTER_NOT_ALLOWED", words);
        }
        if value.trim().is_empty() && rule.required {
            return self.add(at, name, "REQUIRED", "must not be blank");
        }
        let format = Format::try_from(rule.format).unwrap_or_default();
        if let Some(words) = format_flaw(format, value, rule.resource) {
            self.add(at, name, "FORMAT_INVALID", words);
        }
    }

    /// Whether the key of a map is a label; one that is not is never repeated in an answer.
    pub fn label(&mut self, at: &str, name: &str, key: &str) -> bool {
        let is_good = (1..=40).contains(&key.len()) && is_label(key);
        if !is_good {
            let words = "keys are lower-case letters, digits and inner hyphens, at most 40 of them";
            self.add(at, name, "KEY_INVALID", words);
        }
        is_good
    }

    pub fn bytes(
        &mut self,
        at: &str,
        name: &str,
        value: &[u8],
        required: bool,
        (least, most): (usize, usize),
        format: i32,
    ) {
        if value.is_empty() {
            return self.present(at, name, required);
        }
        let is_sha256 = Format::try_from(format).unwrap_or_default() == Format::Sha256;
        if is_sha256 && value.len() != 32 {
            self.add(at, name, "FORMAT_INVALID", "exactly 32 bytes");
        } else if most > 0 && value.len() > most {
            self.add(at, name, "TOO_LONG", format!("at most {most} bytes"));
        } else if value.len() < least {
            self.add(at, name, "TOO_SHORT", format!("at least {least} bytes"));
        }
    }

    pub fn defined(&mut self, at: &str, name: &str, defined: bool, zero: bool, required: bool) {
        if !defined {
            self.add(at, name, "NOT_DEFINED", "must be a value of the enum");
        } else if zero {
            self.present(at, name, required);
        }
    }

    pub fn number(
        &mut self,
        at: &str,
        name: &str,
        value: i64,
        required: bool,
        least: i64,
        most: i64,
    ) {
        if value == 0 && required {
            self.present(at, name, true);
        } else if value < least {
            self.add(at, name, "OUT_OF_RANGE", format!("at least {least}"));
        } else if most != 0 && value > most {
            self.add(at, name, "OUT_OF_RANGE", format!("at most {most}"));
        }
    }

    pub fn items(
        &mut self,
        at: &str,
        name: &str,
        n: usize,
        required: bool,
        least: usize,
        most: usize,
    ) {
        let most = if most == 0 { MOST_ITEMS } else { most };
        if n == 0 {
            self.present(at, name, required || least > 0);
        } else if n < least {
            self.add(at, name, "TOO_FEW", format!("at least {least} items"));
        } else if n > most {
            self.add(at, name, "TOO_MANY", format!("at most {most} items"));
        }
    }
}

/// Control characters, and those that make text read in another order than it is stored.
fn is_forbidden(it: char, multiline: bool) -> bool {
    let is_break = matches!(it, '\n' | '\r' | '\t');
    let reorders = matches!(it, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    reorders || (it.is_control() && !(multiline && is_break))
}

fn format_flaw(format: Format, value: &str, resource: &str) -> Option<String> {
    let digits = value.bytes().all(|it| it.is_ascii_digit());
    let (good, words) = match format {
        Format::Unspecified | Format::Sha256 => (true, ""),
        Format::Email => (is_email(value), "must be an e-mail address"),
        Format::Uuid => (is_uuid(value), "must be a UUID"),
        Format::Region => (
            value.len() == 2 && value.bytes().all(|it| it.is_ascii_uppercase()),
            "must be an ISO 3166-1 alpha-2 code",
        ),
        Format::Language => (
            value.split('-').all(|it| {
                (1..=8).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_alphanumeric())
            }),
            "must be a BCP-47 language tag",
        ),
        Format::PartnerId => ((4..=10).contains(&value.len()) && digits, "must be 4 to 10 digits"),
        Format::ResourceName => {
            let good = is_resource(value, resource);
            let patterns = resource.replace('|', " or ");
            return (!good).then(|| format!("must be a resource name like {patterns}"));
        }
        Format::Phone => (is_phone(value), "must be + and 7 to 15 digits"),
        Format::DomainLabel => {
            (is_label(value), "must be lower-case letters, digits and inner hyphens")
        }
        Format::Date => (is_date(value), "must be a date as YYYY-MM-DD"),
        Format::Duns => (value.len() == 9 && digits, "must be 9 digits"),
        Format::Url => (
            value.starts_with("https://") && !value.contains(char::is_whitespace),
            "must be an https URL",
        ),
        Format::MediaType => (is_media_type(value), "must be a media type like application/pdf"),
    };
    (!good).then(|| words.to_owned())
}

fn is_email(value: &str) -> bool {
    let mut parts = value.split('@');
    let (local, domain, more) = (parts.next(), parts.next(), parts.next());
    let is_part =
        |it: Option<&str>| it.is_some_and(|it| !it.is_empty() && !it.contains(char::is_whitespace));
    is_part(local) && is_part(domain) && more.is_none()
}

fn is_uuid(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && value.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-')
}

fn is_phone(value: &str) -> bool {
    value
        .strip_prefix('+')
        .is_some_and(|it| (7..=15).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()))
}

fn is_media_type(value: &str) -> bool {
    let is_token = |it: &str| {
        let good =
            |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"!#$&^_.+-".contains(&it);
        !it.is_empty() && it.bytes().all(good)
    };
    value.split_once('/').is_some_and(|(kind, sub)| is_token(kind) && is_token(sub))
}

fn is_label(value: &str) -> bool {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    value.bytes().all(inner) && !value.starts_with('-') && !value.ends_with('-')
}

fn is_date(value: &str) -> bool {
    let mut parts = value.split('-');
    let mut next = |length: usize| {
        let part = parts.next().filter(|it| it.len() == length)?;
        part.bytes().all(|it| it.is_ascii_digit()).then(|| part.parse::<u32>().ok()).flatten()
    };
    let (year, month, day) = (next(4), next(2), next(2));
    let in_range = |it: Option<u32>, most| it.is_some_and(|it| (1..=most).contains(&it));
    year.is_some() && in_range(month, 12) && in_range(day, 31) && parts.next().is_none()
}

/// `companies/x/users/y` against `companies/*/users/*`; `|` stands between patterns.
fn is_resource(value: &str, patterns: &str) -> bool {
    patterns.split('|').any(|pattern| is_like(value, pattern))
}

fn is_like(value: &str, pattern: &str) -> bool {
    let is_id = |it: &str| {
        let good = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
        !it.is_empty() && it.len() <= 40 && it.bytes().all(good)
    };
    let same = |(segment, wanted): (&str, &str)| match wanted {
        "*" => is_id(segment),
        _ => segment == wanted,
    };
    let counts = value.split('/').count() == pattern.split('/').count();
    counts && value.split('/').zip(pattern.split('/')).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(value: &str, rule: &Text) -> Vec<&'static str> {
        let mut out = Violations::default();
        out.text("", "it", value, rule);
        out.0.into_iter().map(|it| it.reason).collect()
    }

    fn rule(format: Format, resource: &'static str) -> Text {
        let format = format.into();
        Text {
            required: true,
            least: 0,
            most: 0,
            multiline: false,
            secret: false,
            format,
            resource,
        }
    }

    #[test]
    fn each_format_takes_what_it_names_and_nothing_else() {
        let cases = [
            (Format::Email, "anna@donau.example", "anna@donau@example"),
            (Format::Uuid, "0194e0c0-0000-7000-8000-000000000000", "0194e0c0"),
            (Format::Region, "AT", "at"),
            (Format::Language, "es-MX", "es_MX"),
            (Format::PartnerId, "1234567", "12345678901"),
            (Format::Phone, "+43123456789", "0043123456789"),
            (Format::DomainLabel, "donau-1", "-donau"),
            (Format::Date, "2026-11-24", "2026-13-24"),
            (Format::Duns, "123456789", "12345678"),
            (Format::Url, "https://a.example", "http://a.example"),
            (Format::MediaType, "text/markdown", "text"),
        ];
        for (format, good, bad) in cases {
            assert_eq!(reasons(good, &rule(format, "")), Vec::<&str>::new(), "{format:?} {good}");
            assert_eq!(reasons(bad, &rule(format, "")), ["FORMAT_INVALID"], "{format:?} {bad}");
        }
        let users = rule(Format::ResourceName, "companies/*/users/*");
        assert_eq!(reasons("companies/a-1/users/b", &users), Vec::<&str>::new());
        for bad in ["companies/a-1/users", "companies//users/b", "companies/A/users/b"] {
            assert_eq!(reasons(bad, &users), ["FORMAT_INVALID"], "{bad}");
        }
    }

    #[test]
    fn text_is_bounded_and_free_of_control_and_reordering_characters() {
        let any = rule(Format::Unspecified, "");
        for (value, reason) in [
            ("", "REQUIRED"),
            ("  ", "REQUIRED"),
            ("a\0b", "CHARACTER_NOT_ALLOWED"),
            ("a\r\nb", "CHARACTER_NOT_ALLOWED"),
            ("a\u{202e}b", "CHARACTER_NOT_ALLOWED"),
        ] {
            assert_eq!(reasons(value, &any), [reason], "{value:?}");
        }
        assert_eq!(reasons(&"x".repeat(257), &any), ["TOO_LONG"]);
        assert_eq!(reasons(&"é".repeat(256), &any), Vec::<&str>::new());
        assert_eq!(reasons("شركة \u{1f600}", &any), Vec::<&str>::new());
    }
}
