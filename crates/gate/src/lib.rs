//! Everything between the socket and a slice: who is calling, may they, and how we answer.

mod arrival;
mod bounded;
mod edit;
mod layer;
mod page;
mod quota;
mod requirement;
mod serve;
mod status;

pub use arrival::{Arrival, Peer, PeerCertificate};
pub use edit::{Mask, check_etag, check_reason};
pub use layer::{
    Callers, Gate, GateLayer, Presented, UNRULED, admits, admits_newcomer, is_for, required_roles,
};
pub use page::{PageArguments, paging};
pub use quota::{Allowance, Allowances};
pub use requirement::requirement;
pub use serve::{Inbound, close, close_stream, open, open_upload};
pub use status::status;

/// A time on the wire.
pub fn wire_time(time: domain::Timestamp) -> prost_types::Timestamp {
    api::time(time.timestamp(), time.timestamp_subsec_nanos())
}

/// A time from the wire; refused if it lies outside what we can write down.
pub fn domain_time(
    field: &'static str,
    time: Option<prost_types::Timestamp>,
) -> domain::Result<Option<domain::Timestamp>> {
    let Some(time) = time else {
        return Ok(None);
    };
    let nanos = u32::try_from(time.nanos).ok();
    let found = nanos.and_then(|it| domain::Timestamp::from_timestamp(time.seconds, it));
    let in_range = found.filter(|it| (0..=domain::clock::END_OF_TIME).contains(&it.timestamp()));
    let wrong = || domain::Error::field(field, "OUT_OF_RANGE", "must lie between 1970 and 9999");
    in_range.map(Some).ok_or_else(wrong)
}

/// A statement as the contract shows it, in the caller's language.
pub fn statement(
    it: domain::consent::Statement,
    language: domain::Language,
) -> api::types::v1::Statement {
    let (text, text_sha256) = (it.text(language).to_owned(), it.sha256(language));
    api::types::v1::Statement { text, text_sha256 }
}

/// Refuses unless the statement was made, of one of its texts: CONSENT_REQUIRED.
pub fn check_consent(
    it: domain::consent::Statement,
    given: Option<&api::types::v1::Consent>,
) -> domain::Result<()> {
    let (is_given, hash) = given.map_or((false, &[][..]), |it| (it.given, &it.text_sha256));
    it.check(is_given, hash)
}
