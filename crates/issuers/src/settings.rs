//! What an operator says of an issuer of OpenID Connect tokens, and what is refused of it at the start.

use std::path::PathBuf;

use credentials::{Algorithm, TokenType};
use http::Uri;
use serde::Deserialize;

use crate::Fault;

/// Stands for the directory in the issuer's URL, where one service issues for many, as Entra ID does.
pub const TENANT: &str = "{tenantid}";

/// One `[[issuer]]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its URL, as its tokens and its discovery document name it; with `{tenantid}` where the
    /// directory stands.
    pub issuer: String,
    /// Where its discovery document lies; `/.well-known/openid-configuration` under the issuer unless
    /// said.
    #[serde(default)]
    pub discovery: Option<String>,
    /// Whom its tokens have to be for.
    #[serde(default)]
    pub audience: String,
    /// Whether they may be for others as well.
    #[serde(default)]
    pub shares_audience: bool,
    /// How its tokens may be signed. A secret shared with an issuer (HS256 and the like) is no way.
    #[serde(default = "default_algorithms")]
    pub algorithms: Vec<Algorithm>,
    /// What its tokens may call themselves (`typ`).
    #[serde(default = "default_token_types")]
    pub token_types: Vec<TokenType>,
    /// The claim that names a person's directory.
    #[serde(default)]
    pub tenant_claim: Option<String>,
    /// In its place, where all of an issuer's people are of one company: the directory's name.
    #[serde(default)]
    pub tenant: Option<String>,
    /// The claim that says who is a global admin (E2) ..
    #[serde(default)]
    pub admin_claim: Option<String>,
    /// .. by being this, or by having it among its values.
    #[serde(default)]
    pub admin_value: Option<String>,
    /// Hosts beside its own that its keys may lie at.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Authorities that its certificate is held against, in PEM, instead of the public ones.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

fn default_algorithms() -> Vec<Algorithm> {
    vec![Algorithm::Rs256]
}

fn default_token_types() -> Vec<TokenType> {
    vec![TokenType::AccessToken, TokenType::Jwt]
}

impl Settings {
    /// Whether its URL has a place for the directory.
    pub(crate) fn is_for_many(&self) -> bool {
        self.issuer.contains(TENANT)
    }

    /// Where its discovery document lies.
    pub(crate) fn discovery(&self) -> String {
        let own =
            || format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        self.discovery.clone().unwrap_or_else(own)
    }

    /// The hosts that may be asked.
    pub(crate) fn allowed_hosts(&self) -> Vec<String> {
        let own = [self.discovery(), self.issuer.replace(TENANT, "tenant")];
        let own = own.iter().filter_map(|it| Some(it.parse::<Uri>().ok()?.host()?.to_owned()));
        own.chain(self.hosts.iter().cloned()).map(|it| it.to_ascii_lowercase()).collect()
    }

    /// What would let in too much, or nobody.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        let fault = |words: &str| Err(Fault(format!("issuer {}: {words}", self.issuer)));
        if !is_https(&self.issuer.replacen(TENANT, "tenant", 1)) {
            return fault("issuer is an https URL without query and fragment");
        }
        if self.is_for_many() && self.discovery.is_none() {
            return fault("an issuer with {tenantid} needs discovery");
        }
        if !is_https(&self.discovery()) {
            return fault("discovery is an https URL without query and fragment");
        }
        if self.audience.trim().is_empty() {
            return fault("audience names whom its tokens are for; without it any would do");
        }
        if self.algorithms.is_empty() || self.token_types.is_empty() {
            return fault("with no algorithms or no token_types there would be no good token");
        }
        let is_empty = |it: &Option<String>| it.as_deref().is_some_and(|it| it.trim().is_empty());
        if self.tenant_claim.is_some() == self.tenant.is_some()
            || is_empty(&self.tenant)
            || is_empty(&self.tenant_claim)
        {
            return fault("exactly one of tenant_claim and tenant says of which directory one is");
        }
        if self.is_for_many() && self.tenant_claim.is_none() {
            return fault("an issuer with {tenantid} needs tenant_claim");
        }
        if self.admin_claim.is_some() != self.admin_value.is_some()
            || is_empty(&self.admin_claim)
            || is_empty(&self.admin_value)
        {
            return fault("admin_claim and admin_value belong together");
        }
        Ok(())
    }
}

/// A URL of which nothing is left to chance.
fn is_https(url: &str) -> bool {
    let parsed: Result<Uri, _> = url.parse();
    let is_plain = !url.contains(['?', '#', '{', '}', '@', ' ']);
    is_plain && parsed.is_ok_and(|it| it.scheme_str() == Some("https") && it.host().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entra() -> Settings {
        let text = r#"{
            "issuer": "https://login.example/{tenantid}/v2.0",
            "discovery": "https://login.example/organizations/v2.0/.well-known/openid-configuration",
            "audience": "api://pacta",
            "tenant_claim": "tid",
            "admin_claim": "wids",
            "admin_value": "62e90394-69f5-4237-9190-012177145e10"
        }"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_would_let_in_too_much_stops_the_start() {
        assert!(entra().check().is_ok());
        type Spoil = fn(&mut Settings);
        let spoilt: [(&str, Spoil); 12] = [
            ("audience", |it| it.audience = String::new()),
            ("audience", |it| it.audience = " ".to_owned()),
            ("algorithms", |it| it.algorithms = Vec::new()),
            ("token_types", |it| it.token_types = Vec::new()),
            ("https", |it| "http://login.example/{tenantid}".clone_into(&mut it.issuer)),
            ("https", |it| "https://a.example/{tenantid}/{tenantid}".clone_into(&mut it.issuer)),
            ("https", |it| "https://a@login.example/{tenantid}".clone_into(&mut it.issuer)),
            ("discovery", |it| it.discovery = None),
            ("discovery", |it| it.discovery = Some("http://login.example".to_owned())),
            ("tenant", |it| it.tenant_claim = None),
            ("tenant", |it| it.tenant = Some("one".to_owned())),
            ("admin", |it| it.admin_value = None),
        ];
        for (names, spoil) in spoilt {
            let mut settings = entra();
            spoil(&mut settings);
            let fault = settings.check().unwrap_err().to_string();
            assert!(fault.contains(names), "{names}: {fault}");
        }
    }

    #[test]
    fn signatures_and_kinds_of_tokens_are_of_those_that_are_known() {
        let read = |key: &str, value: &str| {
            let text =
                format!("{{\"issuer\": \"https://login.example\", \"{key}\": [\"{value}\"]}}");
            serde_json::from_str::<Settings>(&text).map(|_| ())
        };
        for algorithm in Algorithm::ALL {
            read("algorithms", algorithm.as_str()).unwrap();
        }
        for token_type in ["at+jwt", "JWT"] {
            read("token_types", token_type).unwrap();
        }
        for (key, value) in [
            ("algorithms", "HS256"),
            ("algorithms", "none"),
            ("algorithms", "rs256"),
            ("token_types", "dpop+jwt"),
            ("token_types", "jwt"),
        ] {
            assert!(read(key, value).is_err(), "{key}: {value}");
        }
    }

    #[test]
    fn keys_lie_at_its_own_host_or_at_a_named_one() {
        let settings = Settings { hosts: vec!["Keys.example".to_owned()], ..entra() };
        let hosts = settings.allowed_hosts();
        assert!(hosts.iter().all(|it| it == "login.example" || it == "keys.example"), "{hosts:?}");
    }
}
