//! The keys of one issuer: asked for seldom, remembered through an outage, and asked for again when a
//! token names one that is not known.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::Duration;
use credentials::PublicKey;
use domain::{Clock, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::{Fault, Settings, fetch::Fetcher};

/// How long keys count without asking again: what an issuer withdraws is gone after this.
const FRESH: Duration = Duration::minutes(10);
/// How long they count while the issuer does not answer: an hour's outage, and the ten minutes before.
const GOOD: Duration = Duration::minutes(70);
/// After a failure, how long until the next try.
pub(crate) const PAUSE: Duration = Duration::seconds(5);
/// How long whoever asks first waits for the answer although it has a key that will do.
const COURTESY: std::time::Duration = std::time::Duration::from_millis(250);
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

/// Keys by their names.
type Set = Arc<BTreeMap<String, Published>>;
/// What came of a question, once it has.
type Answer = watch::Receiver<Option<Result<Set, Missing>>>;

/// An issuer's keys, as far as they are known.
pub(crate) struct Keys(Arc<Office>);

/// Where the issuer is asked.
struct Office {
    issuer: String,
    discovery: String,
    fetcher: Fetcher,
    clock: Clock,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    held: Option<Held>,
    asked: Asked,
    /// The question under way: one at a time, and all wait for the same answer.
    under_way: Option<Answer>,
}

#[derive(Clone)]
struct Held {
    keys: Set,
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
        Ok(Self(Arc::new(Office {
            issuer: settings.issuer.clone(),
            discovery: settings.discovery(),
            fetcher: Fetcher::new(settings)?,
            clock,
            desk: Mutex::default(),
        })))
    }

    /// The key of this name, as the issuer published it.
    pub(crate) async fn key(&self, kid: &str) -> Result<Published, Missing> {
        let known = self.0.held(GOOD).and_then(|it| it.keys.get(kid).cloned());
        match known {
            Some(key) if self.0.held(FRESH).is_some() => Ok(key),
            Some(key) => self.0.known(kid, key).await,
            None => self.0.unknown(kid).await,
        }
    }
}

impl Office {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered, unless it is older than that.
    fn held(&self, most: Duration) -> Option<Held> {
        let now = self.clock.now();
        self.desk().held.clone().filter(|it| now - it.since < most)
    }

    /// A key that has not been asked about for a while: it does, unless the issuer says otherwise
    /// right away. In an outage nobody waits.
    async fn known(self: &Arc<Self>, kid: &str, key: Published) -> Result<Published, Missing> {
        let is_outage = self.desk().asked.failed.is_some();
        let Some((true, answer)) = self.ask().filter(|_| !is_outage) else {
            return Ok(key);
        };
        match tokio::time::timeout(COURTESY, told(answer)).await {
            Ok(Ok(keys)) => keys.get(kid).cloned().ok_or(Missing::Unknown),
            Ok(Err(_)) | Err(_) => Ok(key),
        }
    }

    /// A key that is not known: the issuer may have a new one.
    async fn unknown(self: &Arc<Self>, kid: &str) -> Result<Published, Missing> {
        for _ in 0..2 {
            let Some((is_new, answer)) = self.ask() else { break };
            let Ok(keys) = told(answer).await else { break };
            match keys.get(kid) {
                Some(key) => return Ok(key.clone()),
                None if is_new => return Err(Missing::Unknown),
                // It was under way when the token came: its answer may be older than the key.
                None => {}
            }
        }
        match self.held(GOOD) {
            None => Err(Missing::Unreachable),
            Some(held) => match held.keys.get(kid) {
                // Somebody else has asked meanwhile.
                Some(key) => Ok(key.clone()),
                None if self.held(FRESH).is_some() => Err(Missing::Unknown),
                None => Err(Missing::Unreachable),
            },
        }
    }

    /// The question that is under way, or a new one, and whether it is new; none if the issuer may
    /// not be asked now. A question goes on when whoever began it goes away: that it failed is worth
    /// knowing.
    fn ask(self: &Arc<Self>) -> Option<(bool, Answer)> {
        let mut desk = self.desk();
        // One whose task is gone would never be answered.
        if let Some(answer) = desk.under_way.clone().filter(|it| it.has_changed().is_ok()) {
            return Some((false, answer));
        }
        let since = self.clock.now();
        if !desk.asked.may(since) {
            return None;
        }
        let (tell, answer) = watch::channel(None);
        desk.under_way = Some(answer.clone());
        let this = self.clone();
        tokio::spawn(async move {
            let found = this.published().await;
            tell.send_replace(Some(this.note(found, since)));
        });
        Some((true, answer))
    }

    /// Remembers what came of a question.
    fn note(
        &self,
        found: Result<BTreeMap<String, Published>, Fault>,
        since: Timestamp,
    ) -> Result<Set, Missing> {
        let now = self.clock.now();
        let mut desk = self.desk();
        desk.under_way = None;
        match found {
            Ok(keys) => {
                let keys = Arc::new(keys);
                desk.held = Some(Held { keys: keys.clone(), since });
                desk.asked.failed = None;
                Ok(keys)
            }
            Err(fault) => {
                tracing::warn!(issuer = self.issuer, %fault, "an issuer's keys cannot be had");
                desk.asked.failed = Some(now);
                Err(Missing::Unreachable)
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

/// Waits for what comes of a question.
async fn told(mut answer: Answer) -> Result<Set, Missing> {
    match answer.wait_for(Option::is_some).await {
        Ok(it) => it.clone().unwrap_or(Err(Missing::Unreachable)),
        Err(_) => Err(Missing::Unreachable),
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
mod tests;
