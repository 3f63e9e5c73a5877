//! One call of an RPC: who asks, how to recognise a repetition, and what came of it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::Caller;

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
    outcome: Arc<Mutex<Outcome>>,
}

/// How a repetition is recognised.
#[derive(Clone, Debug)]
pub struct Idempotency {
    pub request_id: String,
    /// SHA-256 of the message without its request id.
    pub fingerprint: Vec<u8>,
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
        Self { caller, method, idempotency: None, validate_only: false, outcome }
    }

    /// A call by the system itself.
    pub fn system(job: &'static str) -> Self {
        Self::new(Caller::System(job), job)
    }

    pub fn report(&self, outcome: Outcome) {
        *self.outcome.lock().unwrap_or_else(PoisonError::into_inner) = outcome;
    }

    pub fn outcome(&self) -> Outcome {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
