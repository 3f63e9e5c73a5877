//! Which issuer, and which directory of it, a token names.

use crate::{Settings, TENANT, claims::is_identifier};

impl Settings {
    /// Whether a token that names this issuer is one of its own.
    pub(crate) fn is_named(&self, named: &str) -> bool {
        named == self.issuer && !self.is_for_many() || self.tenant_in(named).is_some()
    }

    /// Whether a key that is published for one directory is the one of this token's.
    pub(crate) fn is_keys_issuer(&self, published: Option<&str>, named: &str) -> bool {
        published.is_none_or(|it| it == self.issuer || it == named)
    }

    /// Whether a token that names this issuer could name this directory, and say of somebody that it is
    /// its global admin (E2).
    pub(crate) fn has_tenant(&self, named: &str, tenant: &str) -> bool {
        let is_its = match &self.tenant {
            Some(only) => only == tenant,
            None if self.is_for_many() => self.tenant_in(named) == Some(tenant),
            None => is_identifier(tenant),
        };
        is_its && is_identifier(named) && self.admin_claim.is_some()
    }

    /// The directory that a token's issuer names, where one service issues for many.
    pub(crate) fn tenant_in<'a>(&self, named: &'a str) -> Option<&'a str> {
        let (before, after) = self.issuer.split_once(TENANT)?;
        let tenant = named.strip_prefix(before)?.strip_suffix(after)?;
        let is_label = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
        let is_one = !tenant.is_empty() && tenant.len() <= 64 && tenant.chars().all(is_label);
        Some(tenant).filter(|_| is_one)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn settings(own: Value) -> Settings {
        let mut settings = json!({
            "issuer": "https://login.example",
            "audience": "api://pacta",
            "admin_claim": "wids",
            "admin_value": "admin",
        });
        settings.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        serde_json::from_value(settings).unwrap()
    }

    #[test]
    fn e4_a_directory_is_one_that_a_token_could_name() {
        let many = json!({
            "issuer": "https://login.example/{tenantid}/v2.0", "tenant_claim": "tid",
        });
        let by_claim = json!({"tenant_claim": "tid"});
        let only = json!({"tenant": "ibanez"});
        let nobody = json!({"tenant": "ibanez", "admin_claim": null, "admin_value": null});
        let (one, of_many) = ("https://login.example", "https://login.example/ibanez/v2.0");
        let longest = "x".repeat(255);
        for (own, named, tenant, has) in [
            (&many, of_many, "ibanez", true),
            (&many, of_many, "other", false),
            (&many, of_many, "Ibanez", false),
            (&by_claim, one, "ibanez", true),
            (&by_claim, one, longest.as_str(), true),
            (&by_claim, one, &format!("{longest}x"), false),
            (&by_claim, one, "", false),
            (&by_claim, one, "ibanez ", false),
            (&by_claim, one, "ibáñez", false),
            (&only, one, "ibanez", true),
            (&only, one, "other", false),
            // Nobody could ever come as its global admin.
            (&nobody, one, "ibanez", false),
        ] {
            assert_eq!(settings(own.clone()).has_tenant(named, tenant), has, "{own} {tenant}");
        }
    }
}
