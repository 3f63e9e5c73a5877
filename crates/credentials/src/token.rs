//! Signed tokens (RFC 7519, compact form), read strictly: what is not exactly as expected is refused
//! with one answer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use domain::{Secret, Timestamp, clock::END_OF_TIME, constants::ISSUER_CLOCK};
use jsonwebtoken::Validation;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use crate::{
    json,
    key::{Algorithm, PublicKey},
};

/// Why a token is refused, for those who run the server. Callers learn none of it, and nothing of
/// the token is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token was refused for its {0}")]
pub struct Refused(pub &'static str);

/// Whether this is the shape of a signed token, not of a secret that we made.
pub fn is_token(bearer: &Secret) -> bool {
    bearer.expose().contains('.')
}

/// No clock goes wronger than this.
pub const MOST_LEEWAY: Duration = ISSUER_CLOCK;

const MOST_BYTES: usize = 6 * 1024;
/// The longest subject that OpenID Connect allows.
pub const MOST_TEXT: usize = 255;

/// Header members that would have a token choose by what it is verified, or how it is read.
const MISLEADING: &[&str] =
    &["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc", "cty", "epk", "apu", "apv", "p2s"];

/// What a token's header says the token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum TokenType {
    /// `JWT`, or nothing.
    #[serde(rename = "JWT")]
    Jwt,
    /// `at+jwt` (RFC 9068).
    #[serde(rename = "at+jwt")]
    AccessToken,
}

/// What a token has to be.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub types: &'a [TokenType],
    pub algorithms: &'a [Algorithm],
    pub issuer: &'a str,
    /// Whoever it is, where absent.
    pub subject: Option<&'a str>,
    pub audience: &'a str,
    /// Whether it may be meant for others as well.
    pub shares_audience: bool,
    /// How far clocks may differ; more than [`MOST_LEEWAY`] counts as that.
    pub leeway: Duration,
    /// From `iat` to `exp`.
    pub longest_life: Option<Duration>,
    /// Whether it needs a name of its own, `jti`.
    pub token_id: bool,
}

/// A token that says something; whether it is true is not known yet.
pub struct Token<'a> {
    text: &'a str,
    algorithm: Algorithm,
    kind: TokenType,
    key_id: Option<String>,
    claims: Map<String, Value>,
}

/// What a verified token says.
#[derive(Clone, PartialEq)]
pub struct Claims {
    pub issuer: String,
    pub subject: String,
    pub issue_time: Timestamp,
    pub expire_time: Timestamp,
    pub token_id: Option<String>,
    /// Everything that it says.
    pub all: Map<String, Value>,
}

impl<'a> Token<'a> {
    /// Takes a token apart without believing it.
    pub fn read(bearer: &'a Secret) -> Result<Self, Refused> {
        let text = bearer.expose();
        if text.len() > MOST_BYTES {
            return Err(Refused("length"));
        }
        let mut parts = text.split('.');
        let (header, claims) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(claims), Some(signature), None) if !signature.is_empty() => {
                (header, claims)
            }
            _ => return Err(Refused("shape")),
        };
        let object = |it: &str| URL_SAFE_NO_PAD.decode(it).ok().and_then(|it| json::object(&it));
        let header = object(header).ok_or(Refused("header"))?;
        let claims = object(claims).ok_or(Refused("claims"))?;
        if MISLEADING.iter().any(|it| header.contains_key(*it)) {
            return Err(Refused("header"));
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::of);
        let kind = match header.get("typ") {
            None => TokenType::Jwt,
            Some(Value::String(it)) if it == "JWT" => TokenType::Jwt,
            Some(Value::String(it)) if it == "at+jwt" || it == "application/at+jwt" => {
                TokenType::AccessToken
            }
            Some(_) => return Err(Refused("type")),
        };
        let key_id = match header.get("kid") {
            None => None,
            Some(_) => Some(text_of(&header, "kid").ok_or(Refused("key"))?.to_owned()),
        };
        let algorithm = algorithm.ok_or(Refused("algorithm"))?;
        Ok(Self { text, algorithm, kind, key_id, claims })
    }

    /// Who it says signed it: to find the key by, and nothing else.
    pub fn claimed_issuer(&self) -> Option<&str> {
        text_of(&self.claims, "iss")
    }

    /// By which key it says it is signed.
    pub fn claimed_key(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// What it says, if it is signed by this key and is as expected at the moment `now`.
    pub fn verify(
        &self,
        key: &PublicKey,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Claims, Refused> {
        let is_its = self.algorithm == key.algorithm();
        if !is_its || !expected.algorithms.contains(&self.algorithm) {
            return Err(Refused("algorithm"));
        }
        if !expected.types.contains(&self.kind) {
            return Err(Refused("type"));
        }
        // Without an audience every token of an issuer would do, whomever it is for.
        if expected.audience.is_empty() || expected.issuer.is_empty() {
            return Err(Refused("expectation"));
        }
        let mut validation = Validation::new(self.algorithm.wire());
        validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
        validation.set_issuer(&[expected.issuer]);
        validation.set_audience(&[expected.audience]);
        // It would ask the machine's clock, not ours.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let decoded = jsonwebtoken::decode::<IgnoredAny>(self.text, &key.decoding(), &validation);
        decoded.map_err(|_| Refused("signature"))?;
        self.checked(expected, now)
    }

    /// The claims, each by itself: what is missing or of another type is refused.
    fn checked(&self, expected: &Expected<'_>, now: Timestamp) -> Result<Claims, Refused> {
        let it = &self.claims;
        let issuer = text_of(it, "iss").filter(|it| *it == expected.issuer);
        let issuer = issuer.ok_or(Refused("issuer"))?.to_owned();
        let is_subject = |it: &&str| expected.subject.is_none_or(|wanted| wanted == *it);
        let subject = text_of(it, "sub").filter(is_subject).ok_or(Refused("subject"))?.to_owned();
        if !is_for(it.get("aud"), expected) {
            return Err(Refused("audience"));
        }
        let leeway = expected.leeway.clamp(Duration::zero(), MOST_LEEWAY);
        let expire_time = time_of(it, "exp").ok_or(Refused("exp"))?;
        let issue_time = time_of(it, "iat").ok_or(Refused("iat"))?;
        let begins = match it.contains_key("nbf") {
            true => time_of(it, "nbf").ok_or(Refused("nbf"))?,
            false => issue_time,
        };
        let is_in_time = now < expire_time + leeway && issue_time <= now + leeway;
        if !is_in_time || now + leeway < begins || expire_time <= issue_time {
            return Err(Refused("time"));
        }
        if expected.longest_life.is_some_and(|most| expire_time - issue_time > most) {
            return Err(Refused("life"));
        }
        let token_id = text_of(it, "jti").map(str::to_owned);
        let is_mistyped = token_id.is_none() && it.contains_key("jti");
        if is_mistyped || (token_id.is_none() && expected.token_id) {
            return Err(Refused("jti"));
        }
        Ok(Claims { issuer, subject, issue_time, expire_time, token_id, all: self.claims.clone() })
    }
}

/// Text of a sensible length without control characters.
pub fn text_of<'a>(from: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = from.get(name)?.as_str()?;
    let is_good =
        !text.is_empty() && text.len() <= MOST_TEXT && !text.chars().any(char::is_control);
    is_good.then_some(text)
}

fn time_of(from: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    from.get(name).and_then(time)
}

/// Whole seconds since 1970, in a range that has a date.
pub fn time(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().filter(|it| (0..=END_OF_TIME).contains(it))?;
    Timestamp::from_timestamp(seconds, 0)
}

fn is_for(audience: Option<&Value>, expected: &Expected<'_>) -> bool {
    match audience {
        Some(Value::String(it)) => it == expected.audience,
        Some(Value::Array(all)) => {
            let are_texts = all.iter().all(Value::is_string);
            let is_alone = all.len() == 1 || expected.shares_audience;
            are_texts && is_alone && all.iter().any(|it| it == expected.audience)
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}

impl std::fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(..)")
    }
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Claims(..)")
    }
}

#[cfg(test)]
mod tests;
