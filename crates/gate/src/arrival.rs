//! A call that the gate let in.

use std::{
    net::IpAddr,
    ops::RangeInclusive,
    sync::{Arc, atomic::AtomicU64},
};

use api::{Reasons, policy::v1::Rule};
use domain::{Caller, Language, Origin, Timestamp, id::CallId};
use http::{
    HeaderMap, Request,
    header::{ACCEPT_LANGUAGE, USER_AGENT},
};

/// The other end of a connection, put beside each of its requests by whoever accepted it.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: IpAddr,
    /// Of a service that showed one when it connected.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// A certificate whose key the peer holds, and that led to an authority of ours at the time.
#[derive(Debug)]
pub struct PeerCertificate {
    /// It, and what leads from it to the authority, in DER.
    pub chain: Vec<Vec<u8>>,
    /// The one URI that names its owner.
    pub uri: String,
    /// Of its own bytes.
    pub sha256: Vec<u8>,
    /// When it is good, and with it all that leads from it to the authority.
    pub valid: RangeInclusive<Timestamp>,
    /// The authorities it was last held against, by the count of their files.
    pub verified_under: AtomicU64,
}

/// What the gate knows of a call, put beside the message.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub caller: Caller,
    pub rule: Arc<Rule>,
    pub path: Arc<str>,
    pub language: Language,
    /// Names the call in logs and errors.
    pub id: CallId,
    pub origin: Origin,
    pub(crate) reasons: Arc<Reasons>,
}

/// The first of the caller's languages that we speak, else English.
pub fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let tags = wanted.split(',').map(|it| it.split(';').next().unwrap_or_default().trim());
    tags.filter_map(Language::known).next().unwrap_or_default()
}

/// The most that is kept of what a program calls itself, in bytes.
const USER_AGENT_MAX: usize = 256;

/// What the connection of a request proved of its other end.
pub(crate) fn certificate<T>(request: &Request<T>) -> Option<Arc<PeerCertificate>> {
    request.extensions().get::<Peer>().and_then(|it| it.certificate.clone())
}

/// Where a request comes from. What a program calls itself is its own word: printable ASCII, cut.
pub fn origin<T>(request: &Request<T>) -> Origin {
    let peer = request.extensions().get::<Peer>();
    let agent = request.headers().get(USER_AGENT).and_then(|it| it.to_str().ok());
    let printable = |it: &char| it.is_ascii_graphic() || *it == ' ';
    Origin {
        peer: peer.map(|it| it.address.to_canonical()),
        user_agent: agent
            .unwrap_or_default()
            .chars()
            .filter(printable)
            .take(USER_AGENT_MAX)
            .collect(),
    }
}
