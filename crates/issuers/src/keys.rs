//! The keys of one issuer: asked for seldom, remembered through an outage, and asked for again when a
//! token names one that is not known.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::Duration;
use credentials::PublicKey;
use domain::{Clock, Timestamp};
use serde_json::Value;

use crate::{Fault, Settings, fetch::Fetcher};

/// How long keys count without asking again: what an issuer withdraws is gone after this.
const FRESH: Duration = Duration::minutes(10);
/// How long they count while the issuer does not answer: an hour's outage, and the ten minutes before.
const GOOD: Duration = Duration::minutes(70);
/// After a failure, how long until the next try.
pub(crate) const PAUSE: Duration = Duration::seconds(5);
/// The most tries within a minute, whatever tokens name.
const TRIES: usize = 10;
/// The most keys that an issuer may publish.
const KEYS: usize = 100;

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The issuer has none of this name.
    Unknown,
    /// The issuer does not answer, and what is remembered is too old or does not hold it.
    Unreachable,
}

/// A key, and for which directory alone it signs, where its issuer says so.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub key: PublicKey,
    pub issuer: Option<String>,
}

/// An issuer's keys, as far as they are known.
pub(crate) struct Keys {
    issuer: String,
    discovery: String,
    fetcher: Fetcher,
    clock: Clock,
    held: Mutex<Option<Held>>,
    /// Whoever has it may ask the issuer: one at a time.
    asking: tokio::sync::Mutex<Asked>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<BTreeMap<String, Published>>,
    since: Timestamp,
}

#[derive(Default)]
struct Asked {
    at: VecDeque<Timestamp>,
    failed: Option<Timestamp>,
}

impl Asked {
    /// Notes one more try, if there is room for it.
    fn may(&mut self, now: Timestamp) -> bool {
        self.at.retain(|it| now - *it < Duration::minutes(1));
        let is_paused = self.failed.is_some_and(|it| now - it < PAUSE);
        if is_paused || self.at.len() >= TRIES {
            return false;
        }
        self.at.push_back(now);
        true
    }
}

impl Keys {
    pub(crate) fn new(settings: &Settings, clock: Clock) -> Result<Self, Fault> {
        Ok(Self {
            issuer: settings.issuer.clone(),
            discovery: settings.discovery(),
            fetcher: Fetcher::new(settings)?,
            clock,
            held: Mutex::new(None),
            asking: tokio::sync::Mutex::default(),
        })
    }

    /// The key of this name, as the issuer published it.
    pub(crate) async fn key(&self, kid: &str) -> Result<Published, Missing> {
        let now = self.clock.now();
        let held = self.held();
        let known = held.as_ref().filter(|it| now - it.since < GOOD);
        let key = known.and_then(|it| it.keys.get(kid).cloned());
        let is_fresh = known.is_some_and(|it| now - it.since < FRESH);
        match key {
            Some(key) if is_fresh => Ok(key),
            // Somebody asks already: what is known does until then.
            Some(key) => match self.asking.try_lock() {
                Ok(mut asked) => match self.ask(&mut asked).await {
                    Some(keys) => keys.get(kid).cloned().ok_or(Missing::Unknown),
                    None => Ok(key),
                },
                Err(_) => Ok(key),
            },
            None => self.unknown(kid, held.map(|it| it.since)).await,
        }
    }

    /// A key that is not among those `seen`: the issuer may have a new one.
    async fn unknown(&self, kid: &str, seen: Option<Timestamp>) -> Result<Published, Missing> {
        let mut asked = self.asking.lock().await;
        let now = self.clock.now();
        let held = self.held().filter(|it| now - it.since < GOOD);
        // Somebody else has asked meanwhile.
        let since = held.as_ref().map(|it| it.since);
        if let Some(held) = held.as_ref().filter(|_| since != seen)
            && let Some(key) = held.keys.get(kid)
        {
            return Ok(key.clone());
        }
        match self.ask(&mut asked).await {
            Some(keys) => keys.get(kid).cloned().ok_or(Missing::Unknown),
            None if held.is_some_and(|it| now - it.since < FRESH) => Err(Missing::Unknown),
            None => Err(Missing::Unreachable),
        }
    }

    fn held(&self) -> Option<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys that the issuer has now; none if it may not be asked or does not answer.
    async fn ask(&self, asked: &mut Asked) -> Option<Arc<BTreeMap<String, Published>>> {
        let since = self.clock.now();
        if !asked.may(since) {
            return None;
        }
        match self.published().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                let held = Held { keys: keys.clone(), since };
                *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(held);
                asked.failed = None;
                Some(keys)
            }
            Err(fault) => {
                tracing::warn!(issuer = self.issuer, %fault, "an issuer's keys cannot be had");
                asked.failed = Some(since);
                None
            }
        }
    }

    async fn published(&self) -> Result<BTreeMap<String, Published>, Fault> {
        let document = self.fetcher.json(&self.discovery).await?;
        let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if named != self.issuer {
            return Err(Fault(format!("the discovery document is of {named:?}")));
        }
        let url = document.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
        keys(&self.fetcher.json(url).await?)
    }
}

/// The signing keys of a set, by name. A name that two keys have names neither.
fn keys(set: &Value) -> Result<BTreeMap<String, Published>, Fault> {
    let listed = set.get("keys").and_then(Value::as_array);
    let listed = listed.filter(|it| it.len() <= KEYS);
    let listed = listed.ok_or_else(|| Fault("that is no set of keys".to_owned()))?;
    let mut keys: BTreeMap<String, Option<Published>> = BTreeMap::new();
    for jwk in listed.iter().filter_map(Value::as_object) {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        // Kinds and uses that are none of ours are no fault of a set that serves others, too.
        if let (Some(kid), Ok(key)) = (text("kid"), PublicKey::from_jwk(jwk)) {
            let published = Published { key, issuer: text("issuer").map(str::to_owned) };
            let is_second = keys.contains_key(kid);
            keys.insert(kid.to_owned(), Some(published).filter(|_| !is_second));
        }
    }
    Ok(keys.into_iter().filter_map(|(kid, key)| Some((kid, key?))).collect())
}

#[cfg(test)]
mod tests {
    use credentials::{Algorithm, PrivateKey};
    use serde_json::json;

    use super::*;

    #[test]
    fn only_public_keys_that_sign_and_have_a_name_of_their_own_are_kept() {
        let made = PrivateKey::generate(Algorithm::Es256).unwrap().public().to_jwk();
        let made: Value = serde_json::from_str(&made).unwrap();
        let key = |change: Value| {
            let mut key = made.as_object().unwrap().clone();
            key.extend(change.as_object().unwrap().clone());
            Value::Object(key)
        };
        let set = json!({"keys": [
            key(json!({"kid": "a", "use": "sig"})),
            key(json!({"kid": "b"})),
            key(json!({"kid": "c", "use": "enc"})),
            json!({"kid": "d", "kty": "oct", "k": "c2VjcmV0"}),
            key(json!({"kid": "e"})),
            key(json!({"kid": "e"})),
            key(json!({})),
            key(json!({"kid": 7})),
            key(json!({"kid": "f", "d": "private"})),
            json!({"kid": "g", "kty": "EC", "crv": "P-384", "x": "x", "y": "y"}),
        ]});
        let kept: Vec<String> = keys(&set).unwrap().into_keys().collect();
        assert_eq!(kept, ["a", "b"]);
        for wrong in [json!({}), json!([]), json!({"keys": {}}), json!({"keys": vec![0; 101]})] {
            assert!(keys(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ten_tries_a_minute_and_a_pause_after_a_failure() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).unwrap();
        let mut asked = Asked::default();
        assert_eq!((0..12).filter(|_| asked.may(at(0))).count(), 10);
        assert!(!asked.may(at(59)));
        assert!(asked.may(at(60)));
        asked.failed = Some(at(60));
        assert!(!asked.may(at(64)));
        assert!(asked.may(at(65)));
    }
}
