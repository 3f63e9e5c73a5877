//! A call that the gate let in.

use std::sync::Arc;

use api::{Reasons, policy::v1::Rule};
use domain::{Caller, id::CallId};
use http::{HeaderMap, header::ACCEPT_LANGUAGE};

/// What the gate knows of a call, put beside the message.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub caller: Caller,
    pub rule: Arc<Rule>,
    pub path: Arc<str>,
    pub language: Language,
    /// Names the call in logs and errors.
    pub id: CallId,
    pub(crate) reasons: Arc<Reasons>,
}

/// In which language a caller reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    Spanish,
}

impl Language {
    /// The first of the caller's languages that we speak, else English.
    pub fn of(headers: &HeaderMap) -> Self {
        let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or("");
        let tags = wanted.split(',').map(|it| it.trim().to_ascii_lowercase());
        let mut known = tags.filter_map(|it| match it.get(..2) {
            Some("en") => Some(Self::English),
            Some("es") => Some(Self::Spanish),
            Some(_) | None => None,
        });
        known.next().unwrap_or(Self::English)
    }

    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }
}
