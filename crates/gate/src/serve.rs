//! One line per RPC: the table of contents of a service.

use api::Word as _;
use domain::{Call, Caller, Error, Idempotency, Reason, Result, Secret, Violation, link::Purpose};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use crate::{Arrival, status::status};

/// Implements a generated service trait: RPC `x` is answered by `x::x(service, &call, message)`,
/// which runs again when it lost a race.
///
/// A line under `streams` ends in the name of the generated stream type; it answers the messages
/// that its slice returns, one after the other.
#[macro_export]
macro_rules! serve {
    (
        impl $trait:ident for $service:ty { $($rpc:ident($req:ident) -> $res:ident;)* }
        $(streams {
            $($rpc_stream:ident($req_stream:ident) -> $res_stream:ident as $stream:ident;)*
        })?
    ) => {
        #[tonic::async_trait]
        impl $trait for $service {
            $(async fn $rpc(
                &self,
                request: tonic::Request<$req>,
            ) -> Result<tonic::Response<$res>, tonic::Status> {
                let (arrival, call, message) = $crate::open(request)?;
                let mut tries = store::Tries::default();
                let answer = loop {
                    match $rpc::$rpc(self, &call, message.clone()).await {
                        Err(err) if tries.another(&err).await => {}
                        answer => break answer,
                    }
                };
                $crate::close(&arrival, &call, answer)
            })*

            $($(type $stream = tokio_stream::Iter<
                std::vec::IntoIter<Result<$res_stream, tonic::Status>>,
            >;

            async fn $rpc_stream(
                &self,
                request: tonic::Request<$req_stream>,
            ) -> Result<tonic::Response<Self::$stream>, tonic::Status> {
                let (arrival, call, message) = $crate::open(request)?;
                let mut tries = store::Tries::default();
                let answer = loop {
                    match $rpc_stream::$rpc_stream(self, &call, message.clone()).await {
                        Err(err) if tries.another(&err).await => {}
                        answer => break answer,
                    }
                };
                let messages = $crate::close_stream(&arrival, answer)?;
                Ok(tonic::Response::new(tokio_stream::iter(messages)))
            })*)?
        }
    };
}

/// Checks the fields of a message that the gate let in and says what its slice needs to know.
pub fn open<M: api::Request>(request: Request<M>) -> Result<(Arrival, Call, M), Status> {
    let arrival = request.extensions().get::<Arrival>().cloned();
    let arrival = arrival.ok_or_else(|| Status::internal("reached a slice past the gate"))?;
    let message = request.into_inner();

    let mut violations = api::Violations::default();
    message.check("", &mut violations);
    if !violations.0.is_empty() {
        let mut err = Error::new(Reason::FieldInvalid);
        err.violations = violations.0.into_iter().map(violation).collect();
        return Err(status(&arrival, err));
    }

    let mut call = Call::new(arrival.caller.clone(), arrival.path.clone());
    call.validate_only = message.validate_only();
    call.language = arrival.language;
    call.link = Purpose::of(arrival.rule.link().word());
    // At open RPCs only a mailed secret tells one caller from another.
    let is_anonymous = matches!(call.caller, Caller::Anonymous);
    let is_somebody = !is_anonymous || !message.link_secret().is_empty();
    let repeatable = arrival.rule.mutates && is_somebody && !call.validate_only;
    if repeatable && !message.request_id().is_empty() {
        let request_id = message.request_id().to_ascii_lowercase();
        let bytes = message.clone().without_request_id().encode_to_vec();
        let fingerprint = Sha256::digest(bytes).to_vec();
        let link_sha256 = match is_anonymous {
            true => Secret::new(message.link_secret()).sha256(),
            false => Vec::new(),
        };
        call.idempotency = Some(Idempotency { request_id, fingerprint, link_sha256 });
    }
    Ok((arrival, call, message))
}

fn violation(it: api::Violation) -> Violation {
    Violation { field: it.field, reason: it.reason, description: it.description }
}

/// What goes back on the wire.
pub fn close<R: api::Response>(
    arrival: &Arrival,
    call: &Call,
    answer: Result<R>,
) -> Result<Response<R>, Status> {
    let message = answer.map_err(|err| status(arrival, err))?;
    let outcome = call.outcome();
    if call.validate_only {
        let mails = outcome.plan.mails.into_iter().map(|(template, recipient)| {
            api::types::v1::PlannedMail { template: template.to_owned(), recipient }
        });
        let events = outcome.plan.events.into_iter().map(str::to_owned);
        let plan = api::types::v1::Plan { events: events.collect(), mails: mails.collect() };
        return Ok(Response::new(R::planned(plan)));
    }
    let mut response = Response::new(message);
    if outcome.replayed {
        let value = tonic::metadata::MetadataValue::from_static("true");
        response.metadata_mut().insert("idempotency-replayed", value);
    }
    Ok(response)
}

/// What goes back on the wire, message by message.
pub fn close_stream<R>(
    arrival: &Arrival,
    answer: Result<Vec<R>>,
) -> Result<Vec<Result<R, Status>>, Status> {
    let messages = answer.map_err(|err| status(arrival, err))?;
    Ok(messages.into_iter().map(Ok).collect())
}
