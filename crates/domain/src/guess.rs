//! How often passwords and codes may be tried wrongly, by name and by address.

use chrono::Duration;

use crate::{
    Error, Reason, Timestamp,
    constants::{ADDRESS_GUESSES, ADDRESS_WINDOW, FREE_GUESSES, GUESS_MEMORY, GUESS_PAUSE_MOST},
};

/// The tries that are remembered of a name or an address. A right one is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub n: i64,
    pub first_time: Timestamp,
    pub last_time: Timestamp,
}

/// Whose tries are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Of a sign-in name, whether or not somebody has it: free at first, then each twice as far from
    /// the last as the one before.
    Name,
    /// Of a peer's address, behind which many honest people may be: so many in a while.
    Address,
}

impl Tally {
    pub fn begin(now: Timestamp) -> Self {
        Self { n: 0, first_time: now, last_time: now }
    }

    /// One more try now, or when there may be one.
    pub fn try_now(self, of: Of, now: Timestamp) -> Result<Self, Timestamp> {
        let it = self.remembered(of, now);
        match it.retry_time(of) {
            Some(retry_time) if now < retry_time => Err(retry_time),
            _ => Ok(Self { n: it.n + 1, last_time: now, ..it }),
        }
    }

    fn remembered(self, of: Of, now: Timestamp) -> Self {
        let is_over = match of {
            Of::Name => self.last_time + GUESS_MEMORY <= now,
            Of::Address => self.first_time + ADDRESS_WINDOW <= now,
        };
        if is_over { Self::begin(now) } else { self }
    }

    fn retry_time(self, of: Of) -> Option<Timestamp> {
        match of {
            Of::Name => {
                let doublings = u32::try_from(self.n - FREE_GUESSES).ok()?;
                let seconds = 1_i64.checked_shl(doublings.min(20)).unwrap_or(i64::MAX);
                Some(self.last_time + Duration::seconds(seconds).min(GUESS_PAUSE_MOST))
            }
            Of::Address => (self.n >= ADDRESS_GUESSES).then(|| self.first_time + ADDRESS_WINDOW),
        }
    }
}

/// SIGN_IN_SLOWED, and when to come again.
pub fn slowed(retry_time: Timestamp, now: Timestamp) -> Error {
    let wait = retry_time - now;
    Error::new(Reason::SignInSlowed).with("retryTime", retry_time.to_rfc3339()).retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn tries_at_a_name_are_free_at_first_and_then_further_and_further_apart() {
        let mut tally = Tally::begin(at(0));
        for _ in 0..FREE_GUESSES {
            tally = tally.try_now(Of::Name, at(0)).unwrap();
        }
        let mut now = 0;
        for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
            assert_eq!(tally.try_now(Of::Name, at(now)), Err(at(now + wait)));
            assert_eq!(tally.try_now(Of::Name, at(now + wait - 1)), Err(at(now + wait)));
            now += wait;
            tally = tally.try_now(Of::Name, at(now)).unwrap();
        }
        // Guessing as fast as is let: about a hundred a day.
        now += GUESS_MEMORY.num_seconds();
        assert_eq!(tally.try_now(Of::Name, at(now)).unwrap().n, 1);
    }

    #[test]
    fn tries_from_an_address_are_so_many_in_a_while() {
        let mut tally = Tally::begin(at(0));
        for n in 0..ADDRESS_GUESSES {
            tally = tally.try_now(Of::Address, at(n % 60)).unwrap();
        }
        let end = ADDRESS_WINDOW.num_seconds();
        assert_eq!(tally.try_now(Of::Address, at(end - 1)), Err(at(end)));
        assert_eq!(tally.try_now(Of::Address, at(end)).unwrap().n, 1);
    }
}
