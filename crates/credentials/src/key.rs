//! Public keys as their owners bring them: read, held against their curve, written one way.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::DecodingKey;
use p256::pkcs8::{DecodePublicKey as _, EncodePublicKey as _, der::Document};
use rsa::{BoxedUint, PublicKey as RsaPublicKey, traits::PublicKeyParts as _};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::json;

/// How a key signs. One key, one algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
    #[serde(rename = "RS256")]
    Rs256,
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFlaw {
    #[error("it is neither a JWK nor the PEM of a public key")]
    Unreadable,
    #[error("it holds a private part, which is nobody's but its owner's")]
    Private,
    #[error("only ES256 (P-256), EdDSA (Ed25519) and RS256 are taken")]
    Algorithm,
    #[error("an RSA key has 2048 to 4096 bits and the exponent 65537")]
    Rsa,
    #[error("it is no point of its curve, or a weak one")]
    Point,
    #[error("it says of itself that it is not for signatures")]
    Use,
}

/// A key that is good for signatures of one algorithm.
#[derive(Clone)]
pub struct PublicKey {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Es256(p256::PublicKey),
    EdDsa(VerifyingKey),
    Rs256(RsaPublicKey),
}

const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=4096;
const RSA_EXPONENT: u64 = 65_537;

/// Members of a JWK that only a private or a secret key has.
const PRIVATE: &[&str] = &["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

impl Algorithm {
    pub const ALL: &[Self] = &[Self::Es256, Self::EdDsa, Self::Rs256];

    /// Its name in a token's header.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == name)
    }

    pub(crate) fn wire(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
        }
    }
}

impl PublicKey {
    /// A JWK, or the PEM of a SubjectPublicKeyInfo.
    pub fn read(text: &str) -> Result<Self, KeyFlaw> {
        match text.trim_start().starts_with('{') {
            true => Self::from_jwk(&json::object(text.as_bytes()).ok_or(KeyFlaw::Unreadable)?),
            false => Self::from_pem(text),
        }
    }

    fn from_pem(text: &str) -> Result<Self, KeyFlaw> {
        let (label, document) = Document::from_pem(text.trim()).map_err(|_| KeyFlaw::Unreadable)?;
        match label {
            "PUBLIC KEY" => Self::from_der(document.as_bytes()),
            it if it.ends_with("PRIVATE KEY") => Err(KeyFlaw::Private),
            _ => Err(KeyFlaw::Unreadable),
        }
    }

    /// The DER of a SubjectPublicKeyInfo.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyFlaw> {
        let info = p256::pkcs8::SubjectPublicKeyInfoRef::try_from(bytes);
        let info = info.map_err(|_| KeyFlaw::Unreadable)?;
        let kind = match info.algorithm.oid.to_string().as_str() {
            "1.2.840.10045.2.1" => {
                // Other curves are other algorithms.
                let is_p256 = info.algorithm.parameters_oid().map(|it| it.to_string());
                if is_p256.as_deref() != Ok("1.2.840.10045.3.1.7") {
                    return Err(KeyFlaw::Algorithm);
                }
                Kind::Es256(
                    p256::PublicKey::from_public_key_der(bytes).map_err(|_| KeyFlaw::Point)?,
                )
            }
            "1.3.101.112" => {
                Kind::EdDsa(VerifyingKey::from_public_key_der(bytes).map_err(|_| KeyFlaw::Point)?)
            }
            "1.2.840.113549.1.1.1" => {
                Kind::Rs256(RsaPublicKey::from_public_key_der(bytes).map_err(|_| KeyFlaw::Rsa)?)
            }
            _ => return Err(KeyFlaw::Algorithm),
        };
        Self { kind }.checked()
    }

    /// A JSON Web Key (RFC 7517, RFC 8037).
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, KeyFlaw> {
        if PRIVATE.iter().any(|it| jwk.contains_key(*it)) {
            return Err(KeyFlaw::Private);
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| {
            let bytes = text(name).and_then(|it| URL_SAFE_NO_PAD.decode(it).ok());
            bytes.ok_or(KeyFlaw::Unreadable)
        };
        let kind = match (text("kty"), text("crv")) {
            (Some("EC"), Some("P-256")) => {
                let point = [vec![4], bytes("x")?, bytes("y")?].concat();
                let key = p256::PublicKey::from_sec1_bytes(&point).map_err(|_| KeyFlaw::Point)?;
                Kind::Es256(key)
            }
            (Some("OKP"), Some("Ed25519")) => {
                let point = bytes("x")?.try_into().map_err(|_| KeyFlaw::Point)?;
                Kind::EdDsa(VerifyingKey::from_bytes(&point).map_err(|_| KeyFlaw::Point)?)
            }
            (Some("RSA"), None) => {
                let number = |it: Vec<u8>| BoxedUint::from_be_slice_vartime(&it);
                let (n, e) = (number(bytes("n")?), number(bytes("e")?));
                Kind::Rs256(RsaPublicKey::new(n, e).map_err(|_| KeyFlaw::Rsa)?)
            }
            (Some("EC" | "OKP" | "RSA"), _) => return Err(KeyFlaw::Algorithm),
            _ => return Err(KeyFlaw::Unreadable),
        };
        let key = Self { kind }.checked()?;
        match says_so(jwk, key.algorithm()) {
            true => Ok(key),
            false => Err(KeyFlaw::Use),
        }
    }

    pub(crate) fn of_p256(key: p256::PublicKey) -> Self {
        Self { kind: Kind::Es256(key) }
    }

    pub(crate) fn of_ed25519(key: VerifyingKey) -> Result<Self, KeyFlaw> {
        Self { kind: Kind::EdDsa(key) }.checked()
    }

    pub(crate) fn of_rsa(key: RsaPublicKey) -> Result<Self, KeyFlaw> {
        Self { kind: Kind::Rs256(key) }.checked()
    }

    fn checked(self) -> Result<Self, KeyFlaw> {
        match &self.kind {
            Kind::Rs256(key) => {
                let is_good = RSA_BITS.contains(&key.n().bit_width())
                    && *key.e() == BoxedUint::from(RSA_EXPONENT);
                is_good.then_some(self).ok_or(KeyFlaw::Rsa)
            }
            // Under a key of small order signatures fit that nobody made.
            Kind::EdDsa(key) if key.is_weak() => Err(KeyFlaw::Point),
            Kind::EdDsa(_) | Kind::Es256(_) => Ok(self),
        }
    }

    pub fn algorithm(&self) -> Algorithm {
        match &self.kind {
            Kind::Es256(_) => Algorithm::Es256,
            Kind::EdDsa(_) => Algorithm::EdDsa,
            Kind::Rs256(_) => Algorithm::Rs256,
        }
    }

    /// The one way it is kept: the DER of its SubjectPublicKeyInfo.
    pub fn to_der(&self) -> Option<Vec<u8>> {
        let der = match &self.kind {
            Kind::Es256(key) => key.to_public_key_der(),
            Kind::EdDsa(key) => key.to_public_key_der(),
            Kind::Rs256(key) => key.to_public_key_der(),
        };
        der.ok().map(|it| it.as_bytes().to_vec())
    }

    /// The members that make the key, and no other, in the order of RFC 7638.
    pub fn to_jwk(&self) -> String {
        let text = |it: &[u8]| URL_SAFE_NO_PAD.encode(it);
        match &self.kind {
            Kind::Es256(key) => {
                let point = key.to_sec1_bytes();
                let (x, y) = point.get(1..).unwrap_or_default().split_at(32);
                let (x, y) = (text(x), text(y));
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
            }
            Kind::EdDsa(key) => {
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(key.as_bytes()))
            }
            Kind::Rs256(key) => {
                let (e, n) = (key.e().to_be_bytes_trimmed_vartime(), key.n_bytes());
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(&e), text(&n))
            }
        }
    }

    /// Its name by itself (RFC 7638): what `kid` says, without anybody having to hand out a name.
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.to_jwk()))
    }

    pub(crate) fn decoding(&self) -> DecodingKey {
        match &self.kind {
            Kind::Es256(key) => DecodingKey::from_ec_der(&key.to_sec1_bytes()),
            Kind::EdDsa(key) => DecodingKey::from_ed_der(key.as_bytes()),
            Kind::Rs256(key) => DecodingKey::from_rsa_raw_components(
                &key.n_bytes(),
                &key.e().to_be_bytes_trimmed_vartime(),
            ),
        }
    }
}

/// Whether what the JWK says of its use, as far as it says anything, is to sign by this algorithm.
fn says_so(jwk: &Map<String, Value>, algorithm: Algorithm) -> bool {
    let is = |name: &str, wanted: &str| jwk.get(name).is_none_or(|it| it == wanted);
    let operations = jwk.get("key_ops").map(|it| it.as_array());
    let verifies =
        operations.is_none_or(|it| it.is_some_and(|it| it.iter().any(|it| it == "verify")));
    is("use", "sig") && is("alg", algorithm.as_str()) && verifies
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm().as_str(), self.thumbprint())
    }
}

#[cfg(test)]
mod tests;
