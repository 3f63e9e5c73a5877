//! Evidence packs: signed by the server, verified by anybody with nothing but public keys (A5).
//! docs/evidence.md has the format for people who write a verifier of their own.

use std::{collections::BTreeMap, fmt};

use api::agreements::v1::{EvidencePack, EvidenceStatement};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Secret;
use prost::Message;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

/// What is signed begins with this, so that no signature of another kind is one of these.
const PREFIX: &[u8] = b"pacta.evidence.v1\n";
const KEY_LENGTH: usize = 32;

/// A public key and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    pub id: String,
    pub bytes: [u8; KEY_LENGTH],
}

/// The server's keys: the one that signs, and the public parts of those that did.
pub struct EvidenceKeys {
    pair: Ed25519KeyPair,
    current: PublicKey,
    /// The newest first.
    retired: Vec<PublicKey>,
}

impl fmt::Debug for EvidenceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EvidenceKeys({})", self.current.id)
    }
}

impl PublicKey {
    /// The key of these bytes, under the id that follows from them.
    pub fn of(bytes: [u8; KEY_LENGTH]) -> Self {
        let hash = Sha256::digest(bytes);
        let id = hash.iter().take(8).map(|it| format!("{it:02x}")).collect();
        Self { id, bytes }
    }
}

impl EvidenceKeys {
    /// A new key of random bytes, before which there was none.
    pub fn new(seed: &[u8; KEY_LENGTH]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
        let current = PublicKey::of(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, current, retired: Vec::new() })
    }

    /// The keys in the text of a key file: `key SEED` on the first line, `retired PUBLIC` on those
    /// that follow.
    pub fn parse(text: &Secret) -> Option<Self> {
        let mut lines = text.expose().lines();
        let mut keys = Self::new(&bytes(lines.next()?.strip_prefix("key ")?)?)?;
        for line in lines {
            keys.retired.push(PublicKey::of(bytes(line.strip_prefix("retired ")?)?));
        }
        Some(keys)
    }

    /// The text of a key file that begins with this seed and keeps the public part of `before`.
    pub fn file(seed: &[u8; KEY_LENGTH], before: Option<&Self>) -> Secret {
        let mut text = format!("key {}\n", URL_SAFE_NO_PAD.encode(seed));
        for it in before.iter().flat_map(|it| it.public()) {
            text += &format!("retired {}\n", URL_SAFE_NO_PAD.encode(it.bytes));
        }
        Secret::new(text)
    }

    /// The public part of the one that signs.
    pub fn current(&self) -> &PublicKey {
        &self.current
    }

    /// The public keys, the current one first.
    pub fn public(&self) -> impl Iterator<Item = &PublicKey> {
        [&self.current].into_iter().chain(&self.retired)
    }

    /// The bytes of the pack, and the id of the key that signed it.
    pub fn sign(&self, statement: &EvidenceStatement) -> (Vec<u8>, String) {
        let statement = statement.encode_to_vec();
        let signature = self.pair.sign(&signed(&statement)).as_ref().to_vec();
        let key_id = self.current.id.clone();
        let pack = EvidencePack { statement, key_id: key_id.clone(), signature };
        (pack.encode_to_vec(), key_id)
    }

    /// The public keys as a file: a JSON Web Key Set (RFC 7517, RFC 8037).
    pub fn key_set(&self) -> String {
        let keys = self.public().map(|it| {
            let x = URL_SAFE_NO_PAD.encode(it.bytes);
            let id = &it.id;
            format!(
                "  {{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"{id}\", \"x\": \"{x}\"}}"
            )
        });
        format!("{{\"keys\": [\n{}\n]}}\n", keys.collect::<Vec<String>>().join(",\n"))
    }
}

fn bytes(text: &str) -> Option<[u8; KEY_LENGTH]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

fn signed(statement: &[u8]) -> Vec<u8> {
    [PREFIX, statement].concat()
}

/// Why a pack is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("it is no evidence pack")]
    Unreadable,
    #[error("it is not written in the one way in which a pack is written")]
    NotCanonical,
    #[error("no known key has the id {0:?}")]
    KeyUnknown(String),
    #[error("the signature is not of this statement")]
    SignatureWrong,
}

/// The public keys that a verifier knows, by id.
#[derive(Clone, Debug, Default)]
pub struct KnownKeys(BTreeMap<String, [u8; KEY_LENGTH]>);

/// A file that holds no key set.
#[derive(Debug, thiserror::Error)]
#[error("it is no set of Ed25519 public keys")]
pub struct NoKeySet;

#[derive(serde::Deserialize)]
struct KeySet {
    keys: Vec<Key>,
}

#[derive(serde::Deserialize)]
struct Key {
    kty: String,
    crv: String,
    kid: String,
    x: String,
}

impl KnownKeys {
    /// The keys of a JSON Web Key Set; a key whose id is not its own is refused with the rest.
    pub fn read(text: &str) -> Result<Self, NoKeySet> {
        let set: KeySet = serde_json::from_str(text).map_err(|_| NoKeySet)?;
        let mut known = BTreeMap::new();
        for it in set.keys {
            let key = PublicKey::of(bytes(&it.x).ok_or(NoKeySet)?);
            if it.kty != "OKP" || it.crv != "Ed25519" || it.kid != key.id {
                return Err(NoKeySet);
            }
            known.insert(key.id, key.bytes);
        }
        Ok(Self(known))
    }
}

impl FromIterator<PublicKey> for KnownKeys {
    fn from_iter<I: IntoIterator<Item = PublicKey>>(keys: I) -> Self {
        Self(keys.into_iter().map(|it| (it.id, it.bytes)).collect())
    }
}

/// What the pack states, if a known key signed exactly that.
pub fn verify(pack: &[u8], known: &KnownKeys) -> Result<EvidenceStatement, Flaw> {
    let outer: EvidencePack = canonical(pack)?;
    let statement: EvidenceStatement = canonical(&outer.statement)?;
    let key = known.0.get(&outer.key_id).ok_or(Flaw::KeyUnknown(outer.key_id))?;
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&signed(&outer.statement), &outer.signature).map_err(|_| Flaw::SignatureWrong)?;
    Ok(statement)
}

/// The message, if these are the very bytes in which it is written.
fn canonical<M: Message + Default>(bytes: &[u8]) -> Result<M, Flaw> {
    let message = M::decode(bytes).map_err(|_| Flaw::Unreadable)?;
    match message.encode_to_vec() == bytes {
        true => Ok(message),
        false => Err(Flaw::NotCanonical),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement() -> EvidenceStatement {
        let peer_address = "127.0.0.1".to_owned();
        EvidenceStatement {
            acceptance: "acceptances/x".to_owned(),
            peer_address,
            ..Default::default()
        }
    }

    #[test]
    fn a_pack_is_deterministic_and_verifies_under_its_key_alone() {
        let keys = EvidenceKeys::new(&[7; 32]).unwrap();
        let (pack, id) = keys.sign(&statement());
        assert_eq!(keys.sign(&statement()), (pack.clone(), id.clone()));
        let known = KnownKeys::read(&keys.key_set()).unwrap();
        assert_eq!(verify(&pack, &known).unwrap(), statement());
        let others = EvidenceKeys::new(&[8; 32]).unwrap();
        let unknown = KnownKeys::read(&others.key_set()).unwrap();
        assert_eq!(verify(&pack, &unknown).unwrap_err(), Flaw::KeyUnknown(id));
        for n in 0..pack.len() {
            let mut altered = pack.clone();
            altered[n] ^= 1;
            assert!(verify(&altered, &known).is_err(), "byte {n}");
        }
        assert!(verify(&[], &known).is_err());
    }

    #[test]
    fn what_decodes_to_the_same_is_not_the_same() {
        let keys = EvidenceKeys::new(&[7; 32]).unwrap();
        let known = KnownKeys::read(&keys.key_set()).unwrap();
        let (pack, _) = keys.sign(&statement());
        let unknown_field = [&pack[..], &[0xa0, 0x06, 0x01]].concat();
        let twice = [&pack[..], &pack[..]].concat();
        for altered in [unknown_field, twice] {
            assert_eq!(verify(&altered, &known).unwrap_err(), Flaw::NotCanonical);
        }
    }

    #[test]
    fn a_retired_key_verifies_and_signs_no_longer() {
        let first = EvidenceKeys::parse(&EvidenceKeys::file(&[1; 32], None)).unwrap();
        let second = EvidenceKeys::parse(&EvidenceKeys::file(&[2; 32], Some(&first))).unwrap();
        let third = EvidenceKeys::parse(&EvidenceKeys::file(&[3; 32], Some(&second))).unwrap();
        let ids: Vec<_> = third.public().map(|it| it.id.clone()).collect();
        assert_eq!(ids, [&third, &second, &first].map(|it| it.current.id.clone()));
        let known = KnownKeys::read(&third.key_set()).unwrap();
        let (pack, id) = first.sign(&statement());
        assert_eq!(id, first.current.id);
        assert_eq!(verify(&pack, &known).unwrap(), statement());
        assert_eq!(third.sign(&statement()).1, third.current.id);
        let kept = EvidenceKeys::file(&[3; 32], Some(&second));
        let seed = URL_SAFE_NO_PAD.encode([2; 32]);
        assert!(!kept.expose().contains(&seed), "a retired key signs nothing any more");
    }

    #[test]
    fn files_that_hold_no_keys_are_refused() {
        for text in ["", "key", "key x", "retired AAAA", "key AAAA\nmore"] {
            assert!(EvidenceKeys::parse(&Secret::new(text)).is_none(), "{text}");
        }
        let set = EvidenceKeys::new(&[7; 32]).unwrap().key_set();
        for text in [
            String::new(),
            "{}".to_owned(),
            set.replace("Ed25519", "X25519"),
            set.replacen("\"x\": \"", "\"x\": \"A", 1),
            set.replacen("\"kid\": \"", "\"kid\": \"0", 1),
        ] {
            assert!(KnownKeys::read(&text).is_err(), "{text}");
        }
    }
}
