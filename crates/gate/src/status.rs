//! The one place where an error meets the wire.

use api::{
    ReasonInfo,
    types::v1::{Goal, Requirement, UnmetRequirements},
};
use domain::{Error, Language, Reason};
use http::Response;
use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status, body::Body};
use tonic_types::pb;

use crate::{arrival::Arrival, requirement::requirement};

const DOMAIN: &str = "pacta.dev";
/// Clients of tonic lose the whole error when its details grow.
const MOST_VIOLATIONS: usize = 25;

/// An error as the caller reads it: code, text, and details for machines.
pub fn status(arrival: &Arrival, err: Error) -> Status {
    let reason = err.reason;
    if reason == Reason::Internal {
        tracing::error!(call = %arrival.id, rpc = %arrival.path, error = ?err, "a defect");
    } else {
        tracing::debug!(call = %arrival.id, rpc = %arrival.path, error = ?err, "refused");
    }
    let unknown = ReasonInfo { code: 13, en: String::new(), es: String::new() };
    let info = arrival.reasons.get(reason.as_str()).unwrap_or(&unknown);
    let english = fill(&info.en, &err);
    let local = match arrival.language {
        Language::English => english.clone(),
        Language::Spanish => fill(&info.es, &err),
    };
    let code = Code::from_i32(info.code);
    let details = details(arrival, &err, code, local);
    let message = pb::Status { code: info.code, message: english.clone(), details };
    Status::with_details(code, english, message.encode_to_vec().into())
}

fn details(arrival: &Arrival, err: &Error, code: Code, local: String) -> Vec<Any> {
    let mut metadata: std::collections::HashMap<String, String> =
        err.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let n_omitted = err.violations.len().saturating_sub(MOST_VIOLATIONS);
    if n_omitted > 0 {
        metadata.insert("violationsOmitted".to_owned(), n_omitted.to_string());
    }
    let reason = err.reason.as_str().to_owned();
    let mut details = vec![any(
        "google.rpc.ErrorInfo",
        &pb::ErrorInfo { reason, domain: DOMAIN.to_owned(), metadata },
    )];
    if !err.violations.is_empty() {
        let shown = err.violations.iter().take(MOST_VIOLATIONS);
        let field_violations = shown.map(|it| pb::bad_request::FieldViolation {
            field: it.field.clone(),
            description: it.description.clone(),
            reason: it.reason.to_owned(),
            ..Default::default()
        });
        let field_violations = field_violations.collect();
        details.push(any("google.rpc.BadRequest", &pb::BadRequest { field_violations }));
    }
    details.extend(unmet(err));
    if matches!(code, Code::NotFound | Code::AlreadyExists) {
        let resource_name = err.metadata.values().next().cloned().unwrap_or_default();
        let resource = pb::ResourceInfo { resource_name, ..Default::default() };
        details.push(any("google.rpc.ResourceInfo", &resource));
    }
    details.extend(quota_failure(err));
    if let Some(wait) = err.retry_after {
        let seconds = wait.get().into();
        let retry_delay = Some(prost_types::Duration { seconds, nanos: 0 });
        details.push(any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay }));
    }
    // Foreign and unknown are answered with the same bytes: there the call stays nameless.
    if code != Code::NotFound {
        let info = pb::RequestInfo { request_id: arrival.id.to_string(), ..Default::default() };
        details.push(any("google.rpc.RequestInfo", &info));
    }
    let locale = arrival.language.tag().to_owned();
    let local = pb::LocalizedMessage { locale, message: local };
    details.push(any("google.rpc.LocalizedMessage", &local));
    details
}

/// What is not met, in the standard's words and in ours.
fn unmet(err: &Error) -> Vec<Any> {
    let Some((goal, requirements)) = &err.unmet else {
        return Vec::new();
    };
    let violations = requirements.iter().map(|it| pb::precondition_failure::Violation {
        r#type: "REQUIREMENT".to_owned(),
        subject: it.id.to_owned(),
        description: it.turn.as_str().to_owned(),
    });
    let failure = pb::PreconditionFailure { violations: violations.collect() };
    // What one requirement blocks elsewhere is GetReadiness's to tell; here it costs room.
    let requirements = requirements.iter().cloned();
    let requirements =
        requirements.map(|it| Requirement { blocked_goals: Vec::new(), ..requirement(it) });
    let goal = api::number::<Goal>(goal.as_str());
    let unmet = UnmetRequirements { goal, requirements: requirements.collect() };
    vec![
        any("google.rpc.PreconditionFailure", &failure),
        any("pacta.type.v1.UnmetRequirements", &unmet),
    ]
}

/// Whose quota is used up.
fn quota_failure(err: &Error) -> Option<Any> {
    let (of, most) = (err.metadata.get("quotaOf")?, err.metadata.get("callsPerMinute")?);
    let description = format!("{most} calls a minute");
    let violation =
        pb::quota_failure::Violation { subject: of.clone(), description, ..Default::default() };
    Some(any("google.rpc.QuotaFailure", &pb::QuotaFailure { violations: vec![violation] }))
}

fn any(name: &str, message: &impl prost::Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

/// Puts the metadata into the text.
fn fill(text: &str, err: &Error) -> String {
    let mut text = text.to_owned();
    for (key, value) in &err.metadata {
        text = text.replace(&format!("{{{key}}}"), value);
    }
    text
}

/// A refusal that tonic made itself, before a slice ran, in our words: an unreadable message is
/// the caller's fault, not a defect.
pub(crate) fn from_elsewhere(arrival: &Arrival, response: Response<Body>) -> Response<Body> {
    let Some(found) = Status::from_header_map(response.headers()) else {
        return response;
    };
    if found.code() == Code::Ok || !found.details().is_empty() {
        return response;
    }
    status(arrival, translated(found)).into_http()
}

/// What tonic says of a message, in our words.
pub(crate) fn translated(found: Status) -> Error {
    let err = match found.code() {
        Code::Internal | Code::OutOfRange | Code::InvalidArgument | Code::ResourceExhausted => {
            Error::field("", "MESSAGE_UNREADABLE", "not a readable message of at most 1 MiB")
        }
        Code::Cancelled | Code::DeadlineExceeded => Error::new(Reason::DeadlineExceeded),
        Code::Unavailable => Error::new(Reason::Unavailable),
        Code::Unimplemented => Error::new(Reason::RpcUnknown),
        Code::Ok
        | Code::Unknown
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::DataLoss
        | Code::Unauthenticated => Error::new(Reason::Internal),
    };
    err.caused_by(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_reason_of_the_domain_is_in_the_contract_and_the_other_way_round() {
        let reasons = api::Reasons::read(api::DESCRIPTOR).unwrap();
        let mut ours: Vec<&str> = domain::Reason::ALL.iter().map(|it| it.as_str()).collect();
        ours.sort_unstable();
        assert_eq!(ours, reasons.names());
    }
}
