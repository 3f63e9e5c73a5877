//! How many wrong credentials an address may show before none of its are looked up for a while.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Caller, Clock, Reason, Result, Secret};

use super::{Limiter, MOST, Subject, Ticks, UsedUp, limiter, take};

/// For how long an address waits that has shown one too many: its allowance is whole again then.
const SHUT: Duration = Duration::from_secs(60);
/// For how long at least a credential that was good is looked up whatever else its address shows.
const KNOWN: Duration = Duration::from_secs(600);

/// Counts wrong credentials. Who shares an address with somebody that guesses is kept out only as far
/// as it shows a credential that was not good here a moment ago; no look-up is ever left out (U5).
pub(crate) struct Wrong {
    clock: Clock,
    limiter: Limiter,
    most: NonZeroU32,
    shut: Mutex<HashMap<Subject, Duration>>,
    known: Mutex<Known>,
    hasher: RandomState,
}

/// Credentials that were good, by a hash of this process: two generations of them.
#[derive(Default)]
struct Known {
    since: Duration,
    young: HashSet<u64>,
    old: HashSet<u64>,
}

/// A credential that is looked up. What ends without an answer, because its caller went away, counts
/// as wrong: else nobody would stay to be counted.
pub(crate) struct Look<'a> {
    wrong: &'a Wrong,
    from: Option<IpAddr>,
    shown: Option<u64>,
    is_judged: bool,
}

impl Wrong {
    pub(super) fn new(most: NonZeroU32, clock: &Clock) -> Self {
        Self {
            limiter: limiter(most, clock),
            clock: clock.clone(),
            most,
            shut: Mutex::default(),
            known: Mutex::default(),
            hasher: RandomState::new(),
        }
    }

    /// RATE_LIMITED where the address has shown too many wrong ones, and this one is not known.
    pub(crate) fn look(&self, shown: Option<&Secret>, from: Option<IpAddr>) -> Result<Look<'_>> {
        let shown = shown.map(|it| self.hasher.hash_one(it.expose()));
        let is_known = shown.is_some_and(|it| lock(&self.known).has(it));
        match self.wait(from).filter(|_| !is_known) {
            Some(wait) => Err(UsedUp(wait).of("IDENTITY", "address", self.most)),
            None => Ok(Look { wrong: self, from, shown, is_judged: false }),
        }
    }

    /// For how long the address still waits.
    fn wait(&self, from: Option<IpAddr>) -> Option<Duration> {
        let shut = lock(&self.shut);
        if shut.is_empty() {
            return None;
        }
        let own = Some(Subject::of(from));
        // Who comes when too many are remembered waits with the others.
        let shared = Some(Subject::Others).filter(|_| self.limiter.len() >= MOST);
        let until = [own, shared].iter().flatten().filter_map(|it| shut.get(it)).max().copied();
        until?.checked_sub(self.clock.going()).filter(|it| !it.is_zero())
    }

    fn count(&self, from: Option<IpAddr>) {
        let subject = if self.limiter.len() < MOST { Subject::of(from) } else { Subject::Others };
        if take(&self.limiter, subject.clone(), &Ticks(self.clock.clone())).is_err() {
            lock(&self.shut).insert(subject, self.clock.going() + SHUT);
        }
    }

    /// Forgets addresses that are as if they had never called.
    pub(super) fn sweep(&self) {
        let now = self.clock.going();
        lock(&self.shut).retain(|_, until| now < *until);
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

impl Look<'_> {
    /// Counts the credential if it was wrong. What could not be looked up is nobody's fault.
    pub(crate) fn end(mut self, found: &Result<Caller>) {
        self.is_judged = match found {
            Ok(_) => {
                let now = self.wrong.clock.going();
                if let Some(shown) = self.shown {
                    lock(&self.wrong.known).add(shown, now);
                }
                true
            }
            Err(err) => !matches!(
                err.reason,
                Reason::CredentialMissing
                    | Reason::CredentialInvalid
                    | Reason::CredentialExpired
                    | Reason::SessionRevoked
            ),
        };
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        if !self.is_judged {
            self.wrong.count(self.from);
        }
    }
}

impl Known {
    fn has(&self, it: u64) -> bool {
        self.young.contains(&it) || self.old.contains(&it)
    }

    fn add(&mut self, it: u64, now: Duration) {
        if self.young.len() >= MOST || now.saturating_sub(self.since) >= KNOWN {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        self.young.insert(it);
    }
}

/// What is behind it is whole at every moment, also after a panic elsewhere.
fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use domain::Error;

    use super::*;

    #[test]
    fn one_wrong_credential_too_many_shuts_an_address_for_a_minute_but_not_for_known_ones() {
        let clock = Clock::manual(domain::Timestamp::UNIX_EPOCH);
        let wrong = Wrong::new(NonZeroU32::new(3).unwrap(), &clock);
        let (near, far) = (Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()));
        let (good, bad) = (Secret::new("good"), Secret::new("bad"));
        let show = |it: &Secret, from: Option<IpAddr>, found: Result<Caller>| {
            wrong.look(Some(it), from).map(|it| it.end(&found)).is_ok()
        };
        let refused = || Err(Error::new(Reason::CredentialInvalid));
        assert!(show(&good, near, Ok(Caller::Anonymous)));
        assert!((0..4).all(|_| show(&bad, near, refused())));
        assert!(!show(&bad, near, refused()));
        assert!(show(&good, near, Ok(Caller::Anonymous)), "known");
        assert!(!show(&Secret::new("new"), near, Ok(Caller::Anonymous)), "not known yet");
        assert!(show(&bad, far, refused()), "another address");
        let err = wrong.look(None, near).map(drop).unwrap_err();
        let wait = err.retry_after.unwrap().get();
        assert!((60..=61).contains(&wait), "{wait}");
        clock.advance(chrono::Duration::seconds(60));
        assert!(show(&bad, near, refused()), "a minute later");
        wrong.sweep();
        assert!(lock(&wrong.shut).is_empty());
    }

    #[test]
    fn who_goes_away_is_counted_and_what_is_out_of_reach_is_nobodys_fault() {
        let clock = Clock::manual(domain::Timestamp::UNIX_EPOCH);
        let wrong = Wrong::new(NonZeroU32::new(1).unwrap(), &clock);
        let from = Some([192, 0, 2, 1].into());
        let bad = Secret::new("bad");
        for _ in 0..9 {
            let look = wrong.look(Some(&bad), from).unwrap();
            look.end(&Err(Error::new(Reason::Unavailable)));
        }
        for _ in 0..2 {
            drop(wrong.look(Some(&bad), from).unwrap());
        }
        assert!(wrong.look(Some(&bad), from).is_err());
    }

    #[test]
    fn a_known_credential_is_forgotten_after_a_while_and_there_are_so_many_at_most() {
        let mut known = Known::default();
        known.add(1, Duration::ZERO);
        known.add(2, KNOWN);
        assert!(known.has(1) && known.has(2));
        known.add(3, KNOWN * 2);
        assert!(!known.has(1) && known.has(2) && known.has(3));
        for it in 0..3 * u64::try_from(MOST).unwrap() {
            known.add(it, KNOWN * 2);
        }
        assert!(known.young.len() <= MOST && known.old.len() <= MOST);
    }
}
