//! How often work may run again after losing a race; serves RPCs and jobs alike.

use std::time::Duration;

use domain::{Error, Reason};

/// Counts the tries of one piece of work.
#[derive(Debug, Default)]
pub struct Tries(u32);

impl Tries {
    const MOST: u32 = 5;

    /// Whether to run again; waits a little, longer each time, and never in step with others.
    pub async fn another(&mut self, err: &Error) -> bool {
        self.0 += 1;
        let again = err.reason == Reason::Contention && self.0 < Self::MOST;
        if again {
            let mut jitter = [0];
            // Without randomness the wait is merely less well spread.
            let _ = getrandom::fill(&mut jitter);
            let wait = Duration::from_micros(u64::from(jitter[0]) * 20);
            tokio::time::sleep(wait + Duration::from_millis(2) * 2_u32.pow(self.0)).await;
        }
        again
    }
}
