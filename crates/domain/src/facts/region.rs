//! Names a country or territory by its two letters.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};

/// Two ASCII capitals, as in ISO 3166-1; whether we do business there is for
/// [`Markets`](super::market::Markets) to say.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, DeriveValueType,
)]
#[serde(try_from = "String", into = "String")]
#[sea_orm(value_type = "String")]
pub struct RegionCode([u8; 2]);

/// The text is not two ASCII capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a region code is two capital letters")]
pub struct RegionCodeError;

impl RegionCode {
    /// The two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for RegionCode {
    type Err = RegionCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [first, second] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
                Ok(Self([*first, *second]))
            }
            _ => Err(RegionCodeError),
        }
    }
}

impl TryFrom<String> for RegionCode {
    type Error = RegionCodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RegionCode> for String {
    fn from(region: RegionCode) -> Self {
        region.as_str().to_owned()
    }
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_ascii_capitals_are_a_region_code() {
        let region: RegionCode = "ES".parse().unwrap();
        assert_eq!("ES", region.to_string());
        for text in ["", "E", "es", "ESP", "E1", "É", " ES", "ЕS"] {
            assert_eq!(Err(RegionCodeError), text.parse::<RegionCode>(), "{text:?}");
        }
    }

    #[test]
    fn a_region_code_travels_as_a_string() {
        let region: RegionCode = serde_json::from_str("\"MX\"").unwrap();
        assert_eq!("\"MX\"", serde_json::to_string(&region).unwrap());
        assert!(serde_json::from_str::<RegionCode>("\"mx\"").is_err());

        let value = sea_orm::Value::from(region);
        assert_eq!(sea_orm::Value::from("MX"), value);
        assert_eq!(region, value.unwrap::<RegionCode>());
    }
}
