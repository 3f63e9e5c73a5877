//! Private keys, for those who sign: made, read, and used to sign tokens.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use domain::Timestamp;
use ed25519_dalek::SigningKey as EdKey;
use jsonwebtoken::EncodingKey;
use p256::pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, LineEnding, SecretDocument, der::pem::PemLabel,
};
use rsa::{PrivateKey as RsaPrivateKey, pkcs1::EncodeRsaPrivateKey as _};
use serde_json::json;

use crate::key::{Algorithm, KeyFlaw, PublicKey};

/// A private key. It prints as nothing.
pub struct PrivateKey {
    pkcs8: SecretDocument,
    encoding: EncodingKey,
    public: PublicKey,
}

/// Why nothing was made or signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningFlaw {
    #[error("keys are made for ES256 and EdDSA; an RS256 key is brought along")]
    NotMade,
    #[error("the system gives no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("it is not the PEM of a private key (PKCS #8)")]
    Unreadable,
    #[error("{0}")]
    Key(#[from] KeyFlaw),
    #[error("it could not be signed")]
    Unsigned,
}

impl PrivateKey {
    /// A new one.
    pub fn generate(algorithm: Algorithm) -> Result<Self, SigningFlaw> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let unreadable = |_| SigningFlaw::Unreadable;
        match algorithm {
            Algorithm::Es256 => {
                let key =
                    p256::SecretKey::from_slice(&bytes).map_err(|_| SigningFlaw::Unreadable)?;
                Self::from_der(&key.to_pkcs8_der().map_err(unreadable)?)
            }
            Algorithm::EdDsa => {
                Self::from_der(&EdKey::from_bytes(&bytes).to_pkcs8_der().map_err(unreadable)?)
            }
            Algorithm::Rs256 => Err(SigningFlaw::NotMade),
        }
    }

    /// The PEM of a PKCS #8 private key.
    pub fn from_pem(text: &str) -> Result<Self, SigningFlaw> {
        let (label, document) =
            SecretDocument::from_pem(text.trim()).map_err(|_| SigningFlaw::Unreadable)?;
        match label == p256::pkcs8::PrivateKeyInfoRef::PEM_LABEL {
            true => Self::from_der(&document),
            false => Err(SigningFlaw::Unreadable),
        }
    }

    fn from_der(document: &SecretDocument) -> Result<Self, SigningFlaw> {
        let der = document.as_bytes();
        let (encoding, public) = if let Ok(key) = p256::SecretKey::from_pkcs8_der(der) {
            (EncodingKey::from_ec_der(der), PublicKey::of_p256(key.public_key()))
        } else if let Ok(key) = EdKey::from_pkcs8_der(der) {
            (EncodingKey::from_ed_der(der), PublicKey::of_ed25519(key.verifying_key())?)
        } else if let Ok(key) = RsaPrivateKey::from_pkcs8_der(der) {
            let pkcs1 = key.to_pkcs1_der().map_err(|_| SigningFlaw::Unreadable)?;
            let public = PublicKey::of_rsa(key.to_public_key())?;
            (EncodingKey::from_rsa_der(pkcs1.as_bytes()), public)
        } else {
            return Err(SigningFlaw::Unreadable);
        };
        Ok(Self { pkcs8: document.clone(), encoding, public })
    }

    /// The PEM of its PKCS #8 form: whoever has it signs in this key's name.
    pub fn expose_pem(&self) -> Result<String, SigningFlaw> {
        let pem = self.pkcs8.to_pem("PRIVATE KEY", LineEnding::LF);
        pem.map(|it| it.to_string()).map_err(|_| SigningFlaw::Unreadable)
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// A token that says that it is this service account's, for this audience, from `now` on.
    pub fn token(
        &self,
        account: &str,
        audience: &str,
        now: Timestamp,
        life: Duration,
    ) -> Result<String, SigningFlaw> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        let (alg, kid) = (self.public.algorithm().as_str(), self.public.thumbprint());
        let claims = json!({
            "iss": account,
            "sub": account,
            "aud": audience,
            "iat": now.timestamp(),
            "exp": (now + life).timestamp(),
            "jti": URL_SAFE_NO_PAD.encode(id),
        });
        let header = json!({ "alg": alg, "typ": "JWT", "kid": kid });
        self.sign(&header.to_string(), &claims.to_string())
    }

    /// A token of these two JSON texts, whatever they say.
    pub fn sign(&self, header: &str, claims: &str) -> Result<String, SigningFlaw> {
        let text = |it: &str| URL_SAFE_NO_PAD.encode(it);
        let message = format!("{}.{}", text(header), text(claims));
        let algorithm = self.public.algorithm().wire();
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.encoding, algorithm);
        Ok(format!("{message}.{}", signature.map_err(|_| SigningFlaw::Unsigned)?))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}
