//! The only source of time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use chrono::SubsecRound as _;

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// The last second of the year 9999, since 1970: later times cannot be written down.
pub const END_OF_TIME: i64 = 253_402_300_799;

/// Tells the time; tests hold one that stands still until moved.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// Made at that instant.
    System(Instant),
    Manual(Arc<Mutex<Moved>>),
}

#[derive(Debug)]
struct Moved {
    start: Timestamp,
    now: Timestamp,
    latest: Timestamp,
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System(Instant::now()))
    }

    /// A clock that stands still until `advance`d.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(Moved { start, now: start, latest: start }))))
    }

    /// Now, truncated to what both databases store.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place time enters")]
            Source::System(_) => chrono::Utc::now(),
            Source::Manual(moved) => lock(moved).now,
        };
        now.trunc_subsecs(6)
    }

    /// How long this clock has been going. That never goes back, also when the time of day is set.
    pub fn going(&self) -> Duration {
        match &self.0 {
            Source::System(since) => since.elapsed(),
            Source::Manual(moved) => {
                let moved = lock(moved);
                (moved.latest - moved.start).to_std().unwrap_or_default()
            }
        }
    }

    /// Moves a manual clock. The system clock cannot be moved.
    pub fn advance(&self, by: chrono::Duration) {
        if let Source::Manual(moved) = &self.0 {
            let mut moved = lock(moved);
            moved.now += by;
            moved.latest = moved.latest.max(moved.now);
        }
    }
}

fn lock(moved: &Mutex<Moved>) -> MutexGuard<'_, Moved> {
    moved.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_clock_has_been_going_for_never_goes_back() {
        let clock = Clock::manual(Timestamp::UNIX_EPOCH);
        clock.advance(chrono::Duration::seconds(60));
        clock.advance(chrono::Duration::seconds(-30));
        assert_eq!(clock.now().timestamp(), 30);
        assert_eq!(clock.going(), Duration::from_secs(60));
        clock.advance(chrono::Duration::seconds(31));
        assert_eq!(clock.going(), Duration::from_secs(61));
    }
}
