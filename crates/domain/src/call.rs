//! One call of an RPC: who asks, how to recognise a repetition, and what came of it.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{Caller, Error, Language, Result, link::Purpose};

/// What a slice and the data layer need to know of a call beside its message.
#[derive(Clone, Debug)]
pub struct Call {
    pub caller: Caller,
    /// The RPC's path or the job's name, as the ledger records it.
    pub method: Arc<str>,
    /// Set when the caller asked to make a repetition harmless.
    pub idempotency: Option<Idempotency>,
    /// Check everything, change nothing.
    pub validate_only: bool,
    /// What the mailed secret in the message has to be good for, where the RPC takes one.
    pub link: Option<Purpose>,
    /// In which language the caller reads.
    pub language: Language,
    /// Where the call comes from, for evidence and to slow guessing down.
    pub origin: Origin,
    outcome: Arc<Mutex<Outcome>>,
}

/// Where a call comes from, as far as can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The other end of the connection; what metadata says of it is nobody's word.
    pub peer: Option<IpAddr>,
    /// What the calling program calls itself.
    pub user_agent: String,
}

/// What counts as one address wherever something is counted: of IPv6 a network, since a home has that
/// many.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(it) => it.into(),
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
    }
}

/// How a repetition is recognised.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub request_id: String,
    /// SHA-256 of the message without its request id.
    pub fingerprint: Vec<u8>,
    /// SHA-256 of the mailed secret, where it is the whole credential; else empty.
    pub link_sha256: Vec<u8>,
}

/// What the data layer reports besides the reply.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The reply is that of an earlier call with the same request id.
    pub replayed: bool,
    /// What would have happened, for `validate_only`.
    pub plan: Plan,
}

/// What a call with `validate_only` would have done.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Events, by name.
    pub events: Vec<&'static str>,
    /// Mails: template and recipient.
    pub mails: Vec<(&'static str, String)>,
}

impl Call {
    pub fn new(caller: Caller, method: impl Into<Arc<str>>) -> Self {
        let (method, outcome) = (method.into(), Arc::default());
        let language = Language::default();
        let (idempotency, link, origin) = (None, None, Origin::default());
        Self { caller, method, idempotency, validate_only: false, link, language, origin, outcome }
    }

    /// A call by the system itself.
    pub fn system(job: &'static str) -> Self {
        Self::new(Caller::System(job), job)
    }

    /// What the mailed secret has to be good for, at an RPC whose rule asks for one.
    pub fn link_purpose(&self) -> Result<Purpose> {
        self.link.ok_or_else(Error::not_found)
    }

    pub fn report(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    pub fn outcome(&self) -> Outcome {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_a_whole_network_of_ipv6_and_the_same_however_it_is_written() {
        let of = |it: &str| network(it.parse().unwrap()).to_string();
        assert_eq!(of("192.0.2.1"), "192.0.2.1");
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:0:1::1"), of("2001:db8:0:1:ffff::2"));
        assert_ne!(of("2001:db8:0:1::1"), of("2001:db8:0:2::1"));
    }
}
