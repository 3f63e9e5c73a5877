//! An e-mail address, as its owner writes it and as we compare it.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const MAX_LENGTH: usize = 254;
const MAX_LOCAL_PART_LENGTH: usize = 64;

/// A mailbox in the plain form `local.part@domain.tld`: no quotes, comments or IP addresses, the
/// local part in ASCII. Two addresses are equal if letter case and spelling of the domain are all
/// that sets them apart. It is personal data, so a debug print masks it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    text: String,
    key: String,
    local_part_length: usize,
}

/// The text is no address that we could send mail to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressError {
    #[error("an e-mail address has at most 254 characters, 64 of them before the @")]
    TooLong,
    #[error("an e-mail address has a name and a domain with one @ between them")]
    NotOneAt,
    #[error("the part before the @ is not a plain mailbox name")]
    LocalPart,
    #[error("the part after the @ is not a domain name")]
    Domain,
}

impl EmailAddress {
    /// The address as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address to compare by: lower case, the domain in ASCII.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands before the `@`, as it was given.
    pub fn local_part(&self) -> &str {
        self.text.get(..self.local_part_length).unwrap_or_default()
    }

    /// The domain in lower-case ASCII.
    pub fn domain(&self) -> &str {
        self.key.get(self.local_part_length..).unwrap_or_default().trim_start_matches('@')
    }
}

impl FromStr for EmailAddress {
    type Err = EmailAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().nth(MAX_LENGTH).is_some() {
            return Err(EmailAddressError::TooLong);
        }
        let (local_part, domain) = text.split_once('@').ok_or(EmailAddressError::NotOneAt)?;
        if domain.contains('@') {
            return Err(EmailAddressError::NotOneAt);
        }
        if MAX_LOCAL_PART_LENGTH < local_part.len() {
            return Err(EmailAddressError::TooLong);
        }
        if !local_part.split('.').all(is_atom) {
            return Err(EmailAddressError::LocalPart);
        }
        let domain = ascii_domain(domain).ok_or(EmailAddressError::Domain)?;
        let key = format!("{}@{domain}", local_part.to_ascii_lowercase());
        if MAX_LENGTH < key.len() {
            return Err(EmailAddressError::TooLong);
        }
        Ok(Self { text: text.to_owned(), key, local_part_length: local_part.len() })
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailAddressError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

/// The domain name in lower-case ASCII, if it is a public one with a dot in it.
pub fn ascii_domain(domain: &str) -> Option<String> {
    if domain.chars().any(is_invisible) {
        return None;
    }
    let ascii = idna::domain_to_ascii_strict(domain).ok()?;
    let (_, top) = ascii.rsplit_once('.')?;
    let is_number = top.bytes().all(|byte| byte.is_ascii_digit());
    (!is_number).then_some(ascii)
}

fn is_atom(text: &str) -> bool {
    let is_atext =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_atext)
}

// IDNA drops these without a word, so that the text as given would not show the domain it has.
fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{AD}' | '\u{34F}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_text_and_compares_by_its_key() {
        let address: EmailAddress = "Jordi.Puig@DiagonalCloud.ES".parse().unwrap();
        assert_eq!("Jordi.Puig@DiagonalCloud.ES", address.as_str());
        assert_eq!("jordi.puig@diagonalcloud.es", address.key());
        assert_eq!("Jordi.Puig", address.local_part());
        assert_eq!("diagonalcloud.es", address.domain());
        assert_eq!(address, "jordi.puig@diagonalcloud.es".parse().unwrap());
        assert_ne!(address, "jordi@diagonalcloud.es".parse().unwrap());
    }

    #[test]
    fn a_domain_with_other_letters_has_an_ascii_form() {
        for text in
            ["anna@Bücher.example", "anna@xn--bcher-kva.EXAMPLE", "anna@bu\u{308}cher。example"]
        {
            let address: EmailAddress = text.parse().unwrap();
            assert_eq!("xn--bcher-kva.example", address.domain(), "{text}");
            assert_eq!("anna", address.local_part(), "{text}");
        }
    }

    #[test]
    fn what_is_no_plain_address_is_refused() {
        let cases = [
            ("", EmailAddressError::NotOneAt),
            ("jordi", EmailAddressError::NotOneAt),
            ("jordi@a.es@b.es", EmailAddressError::NotOneAt),
            ("@diagonalcloud.es", EmailAddressError::LocalPart),
            (".jordi@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jordi.@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jor..di@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jor di@diagonalcloud.es", EmailAddressError::LocalPart),
            (" jordi@diagonalcloud.es", EmailAddressError::LocalPart),
            ("\"jordi\"@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jordi\r\nBcc:x@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jordi\0@diagonalcloud.es", EmailAddressError::LocalPart),
            ("josé@diagonalcloud.es", EmailAddressError::LocalPart),
            ("jordi@", EmailAddressError::Domain),
            ("jordi@localhost", EmailAddressError::Domain),
            ("jordi@diagonalcloud.es.", EmailAddressError::Domain),
            ("jordi@.es", EmailAddressError::Domain),
            ("jordi@a..es", EmailAddressError::Domain),
            ("jordi@-a.es", EmailAddressError::Domain),
            ("jordi@a_b.es", EmailAddressError::Domain),
            ("jordi@[192.0.2.1]", EmailAddressError::Domain),
            ("jordi@[IPv6:::1]", EmailAddressError::Domain),
            ("jordi@192.0.2.1", EmailAddressError::Domain),
            ("jordi@diagonal cloud.es", EmailAddressError::Domain),
            ("jordi@diagonalcloud.es\r\n", EmailAddressError::Domain),
            ("jordi@diagonal\u{202E}cloud.es", EmailAddressError::Domain),
            ("jordi@diagonal\u{AD}cloud.es", EmailAddressError::Domain),
            ("jordi@xn--zzzzzzzzz9.es", EmailAddressError::Domain),
        ];
        for (text, error) in cases {
            assert_eq!(Some(error), text.parse::<EmailAddress>().err(), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let local_part = "a".repeat(64);
        assert!(format!("{local_part}@a.es").parse::<EmailAddress>().is_ok());
        let label = "b".repeat(63);
        let address = format!("{local_part}@{label}.{label}.{}.es", "c".repeat(58));
        assert_eq!(254, address.len());
        assert!(address.parse::<EmailAddress>().is_ok());
        for text in [format!("a{local_part}@a.es"), format!("{address}s"), "é".repeat(100_000)] {
            assert_eq!(Some(EmailAddressError::TooLong), text.parse::<EmailAddress>().err());
        }
        let wide = format!("jordi@{}.es", "ü".repeat(63));
        assert_eq!(Some(EmailAddressError::Domain), wide.parse::<EmailAddress>().err());
    }

    #[test]
    fn a_debug_print_does_not_show_whose_address_it_is() {
        let address: EmailAddress = "jordi@diagonalcloud.es".parse().unwrap();
        assert_eq!("EmailAddress(***)", format!("{address:?}"));
    }

    #[test]
    fn an_address_travels_as_a_string() {
        let address: EmailAddress = serde_json::from_str("\"Jordi@a.es\"").unwrap();
        assert_eq!("\"Jordi@a.es\"", serde_json::to_string(&address).unwrap());
        assert!(serde_json::from_str::<EmailAddress>("\"jordi\"").is_err());
    }
}
