//! What a reviewer is shown beside what a company stated of itself (E11).

use crate::{EmailAddress, email::ascii_domain};

/// How another address of a company compares with its contact's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainMatch {
    Same,
    /// One is a sub-domain of the other.
    Related,
    Other,
}

impl DomainMatch {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "SAME",
            Self::Related => "RELATED",
            Self::Other => "OTHER",
        }
    }

    /// How two domains in lower-case ASCII compare.
    pub fn of(one: &str, other: &str) -> Self {
        let is_below = |it: &str, above: &str| {
            it.strip_suffix(above).is_some_and(|it| it.ends_with('.') && it.len() > 1)
        };
        if one == other {
            Self::Same
        } else if is_below(one, other) || is_below(other, one) {
            Self::Related
        } else {
            Self::Other
        }
    }
}

/// The domain of an address, in lower-case ASCII.
pub fn mail_domain(address: &str) -> Option<String> {
    address.parse().ok().map(|it: EmailAddress| it.domain().to_owned())
}

/// The domain of a web page, in lower-case ASCII, without the `www.` that many begin with.
pub fn web_domain(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split(':').next()?;
    let domain = ascii_domain(host)?;
    Some(domain.strip_prefix("www.").map(str::to_owned).unwrap_or(domain))
}

/// A registration id to compare by: letters and digits, in capitals.
pub fn registration_key(id: &str) -> String {
    id.chars().filter(|it| it.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e11_domains_compare_by_whole_labels() {
        for (one, other, expected) in [
            ("acme.example", "acme.example", DomainMatch::Same),
            ("mail.acme.example", "acme.example", DomainMatch::Related),
            ("acme.example", "a.b.acme.example", DomainMatch::Related),
            ("notacme.example", "acme.example", DomainMatch::Other),
            ("acme.example", "acme.test", DomainMatch::Other),
        ] {
            assert_eq!(DomainMatch::of(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn a_page_and_a_mailbox_have_a_domain() {
        for (uri, expected) in [
            ("https://www.acme.example/help?x=1", Some("acme.example")),
            ("http://user@Acme.example:8080#x", Some("acme.example")),
            ("https://münchen.example/", Some("xn--mnchen-3ya.example")),
            ("acme.example", None),
            ("https://", None),
        ] {
            assert_eq!(web_domain(uri).as_deref(), expected, "{uri}");
        }
        assert_eq!(mail_domain("Jordi@Acme.Example").as_deref(), Some("acme.example"));
        assert_eq!(mail_domain(""), None);
    }

    #[test]
    fn e11_a_registration_id_is_the_same_however_it_is_written() {
        assert_eq!(registration_key("12.345.678/0001-90"), "12345678000190");
        assert_eq!(registration_key(" b-12 345 ä"), "B12345Ä");
        assert_eq!(registration_key("--"), "");
    }
}
