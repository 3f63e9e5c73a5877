//! The languages we speak to people in.

use sea_orm::{DeriveActiveEnum, EnumIter};

/// A language of mails, statements and error texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Language {
    #[default]
    #[sea_orm(string_value = "en")]
    English,
    #[sea_orm(string_value = "es")]
    Spanish,
}

impl Language {
    /// The language of a BCP-47 tag, else English.
    pub fn of_tag(tag: &str) -> Self {
        Self::known(tag).unwrap_or_default()
    }

    /// The language of a BCP-47 tag, if we speak it.
    pub fn known(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Self::English),
            "es" => Some(Self::Spanish),
            _ => None,
        }
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_by_its_language() {
        for (tag, language) in [
            ("es-MX", Language::Spanish),
            ("ES", Language::Spanish),
            ("en-GB", Language::English),
            ("est", Language::English),
            ("", Language::English),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
        assert_eq!(Language::known("de"), None);
    }
}
