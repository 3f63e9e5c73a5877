//! The directory of providers: what one says of itself to everybody (R1).

use sea_orm::{DeriveActiveEnum, EnumIter};

use crate::{Error, Result, invitation::has_link};

/// By what a provider is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Offer {
    /// What it offers to resellers.
    Service,
    /// A language that it works in.
    Language,
    /// A country that it serves.
    Region,
}

impl Offer {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Service => "services",
            Self::Language => "language_codes",
            Self::Region => "served_region_codes",
        }
    }
}

/// Refuses words that would lead a reader elsewhere; the page of its own is another field.
pub fn check_words(field: &'static str, text: &str) -> Result<()> {
    match has_link(text) {
        true => Err(Error::field(field, "LINK_NOT_ALLOWED", "carries no links")),
        false => Ok(()),
    }
}

/// A language tag in its one spelling: `pt-BR`, `zh-Hant`.
pub fn language_tag(given: &str) -> String {
    let parts = given.split('-').enumerate().map(|(n, part)| match (n, part.len()) {
        (1.., 2) => part.to_ascii_uppercase(),
        (1.., 4) => {
            let (first, rest) = part.split_at_checked(1).unwrap_or((part, ""));
            first.to_ascii_uppercase() + &rest.to_ascii_lowercase()
        }
        _ => part.to_ascii_lowercase(),
    });
    parts.collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    #[test]
    fn a_language_has_one_spelling() {
        for (given, tag) in
            [("es", "es"), ("PT-br", "pt-BR"), ("zh-hANT-tw", "zh-Hant-TW"), ("de-1996", "de-1996")]
        {
            assert_eq!(language_tag(given), tag);
        }
    }

    #[test]
    fn words_lead_nowhere() {
        assert!(
            check_words("description", "We train, finance and bill. S.L., since 1998.").is_ok()
        );
        for text in ["see https://x", "www.example", "write to sales@nube.mx", "visit nube.mx/es"] {
            let err = check_words("description", text).unwrap_err();
            assert_eq!(err.reason, Reason::FieldInvalid, "{text}");
        }
    }
}
