//! How many calls somebody may make in a while: a person or machine, its company, or an address.

mod wrong;

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use api::policy::v1::QuotaClass;
use domain::{Caller, Clock, Error, Reason, Result, Secret, Who, id::CompanyId, network};
use governor::{
    Quota, RateLimiter, clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore,
};

use self::wrong::{Look, Wrong};

/// Calls a minute, and as many at once after a quiet minute.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// For each person or machine.
    pub principal: NonZeroU32,
    /// For all of a company together.
    pub company: NonZeroU32,
    /// For callers who say not who they are, by their address; of proofs of identity also for
    /// credentials that are wrong.
    pub address: NonZeroU32,
}

/// The allowances of each quota class.
#[derive(Clone, Copy, Debug)]
pub struct Allowances {
    pub general: Allowance,
    pub identity: Allowance,
    pub mail: Allowance,
    pub hot: Allowance,
}

/// Counts calls. It knows this process only; who has a full allowance is not remembered.
pub struct Quotas {
    clock: Clock,
    general: Counters,
    identity: Counters,
    mail: Counters,
    hot: Counters,
    wrong: Wrong,
    /// Calls since memory was last looked at.
    calls: AtomicU32,
}

/// How many subjects of one kind are remembered; what comes beyond shares one allowance.
const MOST: usize = 100_000;
/// After how many calls those with a full allowance are forgotten.
const SWEEP: u32 = 4_096;

/// Whose calls are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Principal(Who),
    Company(CompanyId),
    Address(IpAddr),
    /// An address that could not be seen, or too many others.
    Others,
}

impl Subject {
    fn of(address: Option<IpAddr>) -> Self {
        address.map_or(Self::Others, |it| Self::Address(network(it)))
    }
}

type Limiter = RateLimiter<Subject, HashMapStateStore<Subject>, Ticks, NoOpMiddleware<Duration>>;

struct Counters {
    principals: Limiter,
    companies: Limiter,
    addresses: Limiter,
    allowance: Allowance,
}

/// Our clock, as the limiter reads it: set back, it would refuse everybody for that long.
#[derive(Clone, Debug)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.going()
    }
}

impl Quotas {
    pub fn new(of: Allowances, clock: Clock) -> Self {
        let counters = |it| Counters::new(it, &clock);
        Self {
            general: counters(of.general),
            identity: counters(of.identity),
            mail: counters(of.mail),
            hot: counters(of.hot),
            wrong: Wrong::new(of.identity.address, &clock),
            calls: AtomicU32::new(0),
            clock,
        }
    }

    /// Counts a call against its caller and the caller's company, or against its address; refuses it
    /// once an allowance is used up.
    pub(crate) fn take(
        &self,
        class: QuotaClass,
        caller: &Caller,
        from: Option<IpAddr>,
    ) -> Result<()> {
        let (counters, class) = match class {
            QuotaClass::Unspecified => (&self.general, "GENERAL"),
            QuotaClass::Identity => (&self.identity, "IDENTITY"),
            QuotaClass::Mail => (&self.mail, "MAIL"),
            QuotaClass::Hot => (&self.hot, "HOT"),
        };
        self.sweep_at_times();
        let now = Ticks(self.clock.clone());
        match caller.principal() {
            Some(it) => counters.take_of_principal(class, it, &now),
            None => {
                let most = counters.allowance.address;
                take(&counters.addresses, Subject::of(from), &now)
                    .map_err(|it| it.of(class, "address", most))
            }
        }
    }

    /// Lets a credential be looked up, and counts it if it is wrong; refused where too many were that
    /// came from there.
    pub(crate) fn look(&self, shown: Option<&Secret>, from: Option<IpAddr>) -> Result<Look<'_>> {
        self.sweep_at_times();
        self.wrong.look(shown, from)
    }

    fn sweep_at_times(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.sweep();
        }
    }

    fn sweep(&self) {
        self.wrong.sweep();
        for it in [&self.general, &self.identity, &self.mail, &self.hot] {
            for limiter in [&it.principals, &it.companies, &it.addresses] {
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        }
    }
}

impl Counters {
    fn new(allowance: Allowance, clock: &Clock) -> Self {
        Self {
            principals: limiter(allowance.principal, clock),
            companies: limiter(allowance.company, clock),
            addresses: limiter(allowance.address, clock),
            allowance,
        }
    }

    fn take_of_principal(
        &self,
        class: &'static str,
        it: &domain::Principal,
        now: &Ticks,
    ) -> Result<()> {
        let most = self.allowance;
        take(&self.principals, Subject::Principal(it.who.clone()), now)
            .map_err(|it| it.of(class, "principal", most.principal))?;
        take(&self.companies, Subject::Company(it.company), now)
            .map_err(|it| it.of(class, "company", most.company))
    }
}

fn limiter(most: NonZeroU32, clock: &Clock) -> Limiter {
    Limiter::hashmap_with_clock(Quota::per_minute(most), Ticks(clock.clone()))
}

/// For how long an allowance is used up.
struct UsedUp(Duration);

fn take(limiter: &Limiter, subject: Subject, now: &Ticks) -> Result<(), UsedUp> {
    // Who comes when too many are remembered is not let in for nothing.
    let subject = if limiter.len() < MOST { subject } else { Subject::Others };
    let until = |it: governor::NotUntil<Duration>| it.wait_time_from(clock::Clock::now(now));
    limiter.check_key(&subject).map_err(|it| UsedUp(until(it)))
}

impl UsedUp {
    fn of(self, class: &'static str, of: &'static str, most: NonZeroU32) -> Error {
        let seconds = u32::try_from(self.0.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        let mut err = Error::new(Reason::RateLimited)
            .with("quotaClass", class)
            .with("quotaOf", of)
            .with("callsPerMinute", most.to_string());
        err.retry_after = NonZeroU32::new(seconds);
        err
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn quotas(clock: &Clock) -> Quotas {
        let three = NonZeroU32::new(3).unwrap();
        let it = Allowance { principal: three, company: three, address: three };
        let of = Allowances { general: it, identity: it, mail: it, hot: it };
        Quotas::new(of, clock.clone())
    }

    #[test]
    fn who_has_a_full_allowance_is_forgotten_and_who_is_one_too_many_shares() {
        let clock = Clock::manual(domain::Timestamp::UNIX_EPOCH);
        let quotas = quotas(&clock);
        let take = |n: u32| {
            let from = IpAddr::from(Ipv4Addr::from_bits(n));
            quotas.take(QuotaClass::Identity, &Caller::Anonymous, Some(from))
        };
        let all = u32::try_from(MOST).unwrap();
        assert!((0..all).all(|n| take(n).is_ok()));
        let n_beyond = (all..2 * all).filter(|n| take(*n).is_ok()).count();
        assert_eq!(n_beyond, 3, "those beyond share one allowance");
        assert!(quotas.identity.addresses.len() <= MOST + 1);
        // Three a minute: after one they are all as if they had never called.
        clock.advance(chrono::Duration::seconds(61));
        assert_ne!((0..SWEEP).filter(|n| take(*n).is_ok()).count(), 0);
        assert!(quotas.identity.addresses.len() < MOST / 2, "forgotten");
        clock.advance(chrono::Duration::seconds(61));
        assert!((0..SWEEP).all(|n| take(n).is_ok()));
    }

    #[test]
    fn a_wait_is_long_enough_and_classes_count_apart() {
        let clock = Clock::manual(domain::Timestamp::UNIX_EPOCH);
        let quotas = quotas(&clock);
        let from = Some(IpAddr::from([192, 0, 2, 1]));
        let take = |class| quotas.take(class, &Caller::Anonymous, from);
        assert!((0..3).all(|_| take(QuotaClass::Identity).is_ok()));
        let err = take(QuotaClass::Identity).unwrap_err();
        assert!(take(QuotaClass::Mail).is_ok(), "another class");
        let wait = err.retry_after.unwrap().get();
        assert!((20..=21).contains(&wait), "{wait}");
        clock.advance(chrono::Duration::seconds(wait.into()));
        assert!(take(QuotaClass::Identity).is_ok());
        assert!(take(QuotaClass::Identity).is_err());
    }
}
