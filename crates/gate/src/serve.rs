//! One line per RPC: the table of contents of a service.

use api::Word as _;
use domain::{Call, Caller, Error, Idempotency, Reason, Result, Secret, Violation, link::Purpose};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status, Streaming};

use crate::{
    Arrival,
    status::{status, translated},
};

/// Implements a generated service trait: RPC `x` is answered by `x::x(service, &call, message)`,
/// which runs again when it lost a race.
///
/// A line under `streams` ends in the name of the generated stream type; it answers the messages
/// that its slice returns, one after the other.
///
/// A line under `uploads` takes a stream of messages: `x::receive(service, &call, first, &mut rest)`
/// takes the bytes in, once; `x::x(service, &call, &received)` then answers like any other.
#[macro_export]
macro_rules! serve {
    (
        impl $trait:ident for $service:ty { $($rpc:ident($req:ident) -> $res:ident;)* }
        $(streams {
            $($rpc_stream:ident($req_stream:ident) -> $res_stream:ident as $stream:ident;)*
        })?
        $(uploads {
            $($rpc_upload:ident($req_upload:ident) -> $res_upload:ident;)*
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

            $($(async fn $rpc_upload(
                &self,
                request: tonic::Request<tonic::Streaming<$req_upload>>,
            ) -> Result<tonic::Response<$res_upload>, tonic::Status> {
                let (arrival, call, first, mut rest) = $crate::open_upload(request).await?;
                let answer = match $rpc_upload::receive(self, &call, first, &mut rest).await {
                    Err(err) => Err(err),
                    Ok(received) => {
                        let mut tries = store::Tries::default();
                        loop {
                            match $rpc_upload::$rpc_upload(self, &call, &received).await {
                                Err(err) if tries.another(&err).await => {}
                                answer => break answer,
                            }
                        }
                    }
                };
                $crate::close(&arrival, &call, answer)
            })*)?
        }
    };
}

/// Checks the fields of a message that the gate let in and says what its slice needs to know.
pub fn open<M: api::Request>(request: Request<M>) -> Result<(Arrival, Call, M), Status> {
    let arrival = arrival_of(&request)?;
    let message = request.into_inner();
    let call = begin(&arrival, &message)?;
    Ok((arrival, call, message))
}

/// The same for the first message of a stream; an empty stream is answered like an empty message.
pub async fn open_upload<M: api::Request>(
    request: Request<Streaming<M>>,
) -> Result<(Arrival, Call, M, Inbound<M>), Status> {
    let arrival = arrival_of(&request)?;
    let mut rest = Inbound(request.into_inner());
    let first = rest.next().await.map_err(|err| status(&arrival, err))?.unwrap_or_default();
    let call = begin(&arrival, &first)?;
    Ok((arrival, call, first, rest))
}

/// The messages of a stream that are still to come; their fields are the slice's to check.
#[derive(Debug)]
pub struct Inbound<M>(Streaming<M>);

impl<M> Inbound<M> {
    pub async fn next(&mut self) -> Result<Option<M>> {
        self.0.message().await.map_err(translated)
    }
}

fn arrival_of<T>(request: &Request<T>) -> Result<Arrival, Status> {
    let arrival = request.extensions().get::<Arrival>().cloned();
    arrival.ok_or_else(|| Status::internal("reached a slice past the gate"))
}

fn begin<M: api::Request>(arrival: &Arrival, message: &M) -> Result<Call, Status> {
    let mut violations = api::Violations::default();
    message.check("", &mut violations);
    if !violations.0.is_empty() {
        let mut err = Error::new(Reason::FieldInvalid);
        err.violations = violations.0.into_iter().map(violation).collect();
        return Err(status(arrival, err));
    }

    let mut call = Call::new(arrival.caller.clone(), arrival.path.clone());
    call.validate_only = message.validate_only();
    call.language = arrival.language;
    call.origin = arrival.origin.clone();
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
    Ok(call)
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
