//! The code and the texts of every reason, read from the contract.

use std::collections::HashMap;

use prost_reflect::DescriptorPool;

use crate::{policy::v1::ReasonText, rules::Flaw};

/// What the contract says of one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct ReasonInfo {
    /// The gRPC status code.
    pub code: i32,
    /// English text, with `{key}` for metadata.
    pub en: String,
    /// Spanish text, with `{key}` for metadata.
    pub es: String,
}

/// Every reason by its name without prefix.
#[derive(Debug)]
pub struct Reasons(HashMap<String, ReasonInfo>);

impl Reasons {
    /// Fails unless every value of the enum carries code and texts.
    pub fn read(descriptor: &[u8]) -> Result<Self, Flaw> {
        let pool = DescriptorPool::decode(descriptor).map_err(|_| Flaw::Unreadable)?;
        let reasons = pool.get_enum_by_name("pacta.policy.v1.Reason").ok_or(Flaw::Unreadable)?;
        let option =
            pool.get_extension_by_name("pacta.policy.v1.reason").ok_or(Flaw::Unreadable)?;
        let mut found = HashMap::new();
        for value in reasons.values().filter(|it| it.number() != 0) {
            let missing = || Flaw::Missing(value.name().to_owned());
            let name = value.name().strip_prefix("REASON_").ok_or_else(missing)?.to_owned();
            let options = value.options();
            let text = options.get_extension(&option);
            let text = text.as_message().ok_or_else(missing)?;
            let text: ReasonText = text.transcode_to().map_err(|_| Flaw::Unreadable)?;
            if text.code == 0 || text.en.is_empty() || text.es.is_empty() {
                return Err(missing());
            }
            found.insert(name, ReasonInfo { code: text.code, en: text.en, es: text.es });
        }
        Ok(Self(found))
    }

    pub fn get(&self, name: &str) -> Option<&ReasonInfo> {
        self.0.get(name)
    }

    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }
}
