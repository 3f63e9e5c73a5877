//! The evidence keys of a server that runs: a new one is published before it signs, and none that may
//! have signed is ever forgotten.

use std::sync::{Arc, PoisonError, RwLock};

use crate::{EvidenceKeys, PublicKey};

/// The keys that sign and those that are published; all clones share them.
#[derive(Clone, Debug)]
pub struct Keyring(Arc<RwLock<Held>>);

#[derive(Clone, Debug)]
struct Held {
    signing: Arc<EvidenceKeys>,
    /// The same, or those that sign next: always with the public part of every key before them.
    published: Arc<EvidenceKeys>,
}

/// What was signed with a key that is not among newer ones would verify no longer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public part of the former key {0} is missing")]
pub struct Lost(pub String);

impl Keyring {
    pub fn new(keys: EvidenceKeys) -> Self {
        let signing = Arc::new(keys);
        let published = signing.clone();
        Self(Arc::new(RwLock::new(Held { signing, published })))
    }

    /// The keys to sign with.
    pub fn signing(&self) -> Arc<EvidenceKeys> {
        self.held().signing
    }

    /// The keys that whoever verifies may know, before they sign even.
    pub fn published(&self) -> Arc<EvidenceKeys> {
        self.held().published
    }

    /// The public keys, the one that signs first.
    pub fn public(&self) -> Vec<PublicKey> {
        let held = self.held();
        let current = held.signing.current().clone();
        let others = held.published.public().filter(|it| **it != current).cloned();
        [current.clone()].into_iter().chain(others).collect()
    }

    /// Publishes newer keys, which sign nothing yet. Refuses them unless all that were published stay.
    pub fn publish(&self, newer: EvidenceKeys) -> Result<(), Lost> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_lost = |it: &&PublicKey| !newer.public().any(|other| other == *it);
        if let Some(lost) = held.published.public().find(is_lost) {
            return Err(Lost(lost.id.clone()));
        }
        held.published = Arc::new(newer);
        Ok(())
    }

    /// Signs with what is published from now on; the id of the key, if it is another.
    pub fn sign_with_published(&self) -> Option<String> {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = held.signing.current() != held.published.current();
        held.signing = held.published.clone();
        is_new.then(|| held.signing.current().id.clone())
    }

    fn held(&self) -> Held {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seed: u8, before: Option<&EvidenceKeys>) -> EvidenceKeys {
        EvidenceKeys::parse(&EvidenceKeys::file(&[seed; 32], before)).unwrap()
    }

    fn ids(ring: &Keyring) -> Vec<String> {
        ring.public().into_iter().map(|it| it.id).collect()
    }

    #[test]
    fn a_new_key_is_published_before_it_signs() {
        let ring = Keyring::new(after(1, None));
        let first = ring.signing().current().id.clone();
        let newer = after(2, Some(&ring.published()));
        let second = newer.current().id.clone();
        ring.publish(newer).unwrap();
        assert_eq!(ring.signing().current().id, first);
        assert_eq!(ids(&ring), [first.clone(), second.clone()]);
        assert_eq!(ring.clone().sign_with_published(), Some(second.clone()));
        assert_eq!(ring.signing().current().id, second);
        assert_eq!(ids(&ring), [second, first]);
        assert_eq!(ring.sign_with_published(), None, "nothing is new");
    }

    #[test]
    fn keys_without_all_that_were_published_are_refused() {
        let ring = Keyring::new(after(2, Some(&after(1, None))));
        let [second, first] = ids(&ring).try_into().unwrap();
        let before = (first.clone(), second.clone());
        assert_eq!(ring.publish(after(3, None)), Err(Lost(second.clone())));
        assert_eq!(ring.publish(after(3, Some(&after(2, None)))), Err(Lost(first.clone())));
        assert_eq!(ring.publish(after(3, Some(&after(1, None)))), Err(Lost(second.clone())));
        assert_eq!(ring.publish(after(2, None)), Err(Lost(first)), "the same key without them");
        assert_eq!(ids(&ring), [before.1, before.0]);
        // One that is published and has not signed yet counts, too: another server may sign with it.
        let former = ring.published();
        ring.publish(after(3, Some(&former))).unwrap();
        let third = ring.published().current().id.clone();
        assert_eq!(ring.publish(after(4, Some(&former))), Err(Lost(third)));
        assert_eq!(ring.signing().current().id, second);
    }
}
