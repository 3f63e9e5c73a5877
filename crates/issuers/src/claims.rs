//! What the claims of a verified token mean here. Nothing but identity, directory and rule E2 is
//! believed; names and addresses are text that somebody wrote.

use credentials::{MOST_LEEWAY, MOST_TEXT, text_of, time};
use domain::{Timestamp, Vouched, invitation::check_name};
use serde_json::{Map, Value};

use crate::Settings;

/// The claims of a token whose signature, audience and times hold.
pub(crate) type Claims = Map<String, Value>;

impl Settings {
    /// What the issuer vouches for; none if a claim that counts is missing, mistyped, or denies
    /// another one.
    pub(crate) fn vouched(&self, claims: &Claims, now: Timestamp) -> Option<Vouched> {
        let issuer = identifier(claims, "iss").filter(|it| self.is_named(it))?;
        let tenant = match (&self.tenant, &self.tenant_claim) {
            (Some(tenant), _) => tenant.clone(),
            (None, Some(claim)) => identifier(claims, claim)?.to_owned(),
            (None, None) => return None,
        };
        if self.is_for_many() && self.tenant_in(issuer) != Some(tenant.as_str()) {
            return None;
        }
        let auth_time = match claims.get("auth_time") {
            None => None,
            Some(it) => Some(time(it).filter(|it| *it <= now + MOST_LEEWAY)?),
        };
        let amr = match claims.get("amr") {
            None => Vec::new(),
            Some(it) => words(it)?,
        };
        let (given_name, family_name) = names(claims);
        Some(Vouched {
            issuer: issuer.to_owned(),
            subject: identifier(claims, "sub")?.to_owned(),
            tenant,
            given_name,
            family_name,
            email: text(claims, "email", 254),
            is_global_admin: self.is_global_admin(claims)?,
            auth_time,
            amr: amr.join(" "),
            issue_time: claims.get("iat").and_then(time)?,
            expire_time: claims.get("exp").and_then(time)?,
        })
    }

    /// Whether the configured claim has the configured value (E2).
    fn is_global_admin(&self, claims: &Claims) -> Option<bool> {
        let (Some(claim), Some(value)) = (&self.admin_claim, &self.admin_value) else {
            return Some(false);
        };
        match claims.get(claim) {
            None => Some(false),
            Some(Value::String(it)) => Some(it == value),
            Some(it) => it
                .as_array()?
                .iter()
                .map(Value::as_str)
                .try_fold(false, |found, it| Some(found || it? == value)),
        }
    }
}

/// Text that tells one from another: compared as it is, so nothing in it may be invisible.
fn identifier<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    text_of(claims, name).filter(|it| is_identifier(it))
}

/// No space either: no issuer puts one in an identifier, and two that look alike are worse.
pub(crate) fn is_identifier(text: &str) -> bool {
    let is_good = !text.is_empty() && text.len() <= MOST_TEXT;
    is_good && text.chars().all(|it| it.is_ascii_graphic())
}

/// How somebody proved who it is: a few words.
fn words(value: &Value) -> Option<Vec<String>> {
    let list = value.as_array().filter(|it| it.len() <= 16)?;
    let is_word = |it: &&str| {
        let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.' | ':');
        !it.is_empty() && it.len() <= 64 && it.chars().all(is_plain)
    };
    list.iter().map(|it| it.as_str().filter(is_word).map(str::to_owned)).collect()
}

/// Given and family name, as far as there is something that can be shown.
fn names(claims: &Claims) -> (String, String) {
    let given = text(claims, "given_name", 100);
    let family = text(claims, "family_name", 100);
    match given.is_empty() {
        true => (text(claims, "name", 100), family),
        false => (given, family),
    }
}

/// Text for people; empty if it is too long, or would do something in a mail.
fn text(claims: &Claims, name: &str, most: usize) -> String {
    let text = claims.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let is_harmless = |it: char| {
        !it.is_control()
            && !matches!(it, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}')
    };
    let is_address = name == "email";
    let is_good = text.chars().count() <= most
        && text.chars().all(is_harmless)
        && (is_address || check_name("name", text).is_ok());
    if is_good { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> Settings {
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

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp(seconds, 0).unwrap()
    }

    fn claims(change: Value) -> Claims {
        let mut claims = json!({
            "iss": "https://login.example/t-1/v2.0", "sub": "s-1", "tid": "t-1",
            "iat": 900, "exp": 4000, "auth_time": 800, "amr": ["pwd", "mfa"],
            "given_name": "Anna", "family_name": "Ferrer", "email": "anna@diagonal.example",
            "wids": ["x", "62e90394-69f5-4237-9190-012177145e10"],
        });
        for (key, value) in change.as_object().unwrap() {
            match value == "-" {
                true => claims.as_object_mut().unwrap().remove(key),
                false => claims.as_object_mut().unwrap().insert(key.clone(), value.clone()),
            };
        }
        claims.as_object().unwrap().clone()
    }

    #[test]
    fn e2_what_a_token_says_of_somebody() {
        let found = settings().vouched(&claims(json!({})), at(1000)).unwrap();
        let expected = Vouched {
            issuer: "https://login.example/t-1/v2.0".to_owned(),
            subject: "s-1".to_owned(),
            tenant: "t-1".to_owned(),
            given_name: "Anna".to_owned(),
            family_name: "Ferrer".to_owned(),
            email: "anna@diagonal.example".to_owned(),
            is_global_admin: true,
            auth_time: Some(at(800)),
            amr: "pwd mfa".to_owned(),
            issue_time: at(900),
            expire_time: at(4000),
        };
        assert_eq!(found, expected);
        for (change, is_global_admin) in [
            (json!({"wids": "-"}), false),
            (json!({"wids": []}), false),
            (json!({"wids": ["62E90394-69F5-4237-9190-012177145E10"]}), false),
            (json!({"wids": "62e90394-69f5-4237-9190-012177145e10"}), true),
            (json!({"roles": ["62e90394-69f5-4237-9190-012177145e10"], "wids": ["x"]}), false),
        ] {
            let found = settings().vouched(&claims(change.clone()), at(1000)).unwrap();
            assert_eq!(found.is_global_admin, is_global_admin, "{change}");
        }
    }

    #[test]
    fn a_claim_that_counts_and_is_wrong_ends_it() {
        for change in [
            json!({"iss": "https://login.example/t-2/v2.0"}),
            json!({"iss": "https://login.example/{tenantid}/v2.0", "tid": "{tenantid}"}),
            json!({"iss": "https://login.example/t-1/x/v2.0", "tid": "t-1/x"}),
            json!({"iss": "https://login.example//v2.0", "tid": ""}),
            json!({"iss": "https://evil.example/t-1/v2.0"}),
            json!({"tid": "-"}),
            json!({"tid": null}),
            json!({"tid": 1}),
            json!({"tid": ["t-1"]}),
            json!({"tid": "T-1"}),
            json!({"sub": "-"}),
            json!({"sub": ""}),
            json!({"sub": 7}),
            json!({"sub": "a\u{0}b"}),
            json!({"sub": "a b"}),
            json!({"sub": "x".repeat(256)}),
            json!({"auth_time": "never"}),
            json!({"auth_time": null}),
            json!({"auth_time": 9_223_372_036_854_775_808_u64}),
            json!({"auth_time": 1_061}),
            json!({"auth_time": 800.5}),
            json!({"amr": "pwd"}),
            json!({"amr": ["pwd otp"]}),
            json!({"amr": [1]}),
            json!({"wids": {"62e90394-69f5-4237-9190-012177145e10": true}}),
            json!({"wids": [true]}),
            json!({"iat": "-"}),
            json!({"exp": null}),
        ] {
            assert!(settings().vouched(&claims(change.clone()), at(1000)).is_none(), "{change}");
        }
    }

    #[test]
    fn texts_that_would_do_something_are_left_out() {
        let found = |change| settings().vouched(&claims(change), at(1000)).unwrap();
        let it = found(json!({"given_name": "x\r\ny", "family_name": "https://evil.example"}));
        assert_eq!((it.given_name.as_str(), it.family_name.as_str()), ("", ""));
        let it = found(json!({"given_name": "-", "name": "Anna Ferrer", "email": 7}));
        assert_eq!((it.given_name.as_str(), it.email.as_str()), ("Anna Ferrer", ""));
        let it = found(json!({"auth_time": "-", "amr": "-"}));
        assert_eq!((it.auth_time, it.amr.as_str()), (None, ""));
    }
}
