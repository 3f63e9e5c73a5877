//! A call that the gate let in.

use std::{net::IpAddr, sync::Arc};

use api::{Reasons, policy::v1::Rule};
use domain::{Caller, Language, id::CallId};
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
    /// Where it came from, by its connection.
    pub peer: Option<IpAddr>,
    pub(crate) reasons: Arc<Reasons>,
}

/// The first of the caller's languages that we speak, else English.
pub fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let tags = wanted.split(',').map(|it| it.split(';').next().unwrap_or_default().trim());
    tags.filter_map(Language::known).next().unwrap_or_default()
}
