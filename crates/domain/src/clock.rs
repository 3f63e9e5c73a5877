//! The only source of time.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::SubsecRound as _;

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// Tells the time; tests hold one that stands still until moved.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until `advance`d.
    pub fn manual(start: Timestamp) -> Self {
        Self(Source::Manual(Arc::new(Mutex::new(start))))
    }

    /// Now, truncated to what both databases store.
    pub fn now(&self) -> Timestamp {
        let now = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place time enters")]
            Source::System => chrono::Utc::now(),
            Source::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        };
        now.trunc_subsecs(6)
    }

    /// Moves a manual clock. The system clock cannot be moved.
    pub fn advance(&self, by: chrono::Duration) {
        if let Source::Manual(now) = &self.0 {
            *now.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
