//! One line per RPC: the table of contents of a service.

use domain::{Call, Caller, Error, Idempotency, Reason, Result, Violation};
use sha2::{Digest as _, Sha256};
use tonic::{Request, Response, Status};

use crate::{Arrival, status::status};

/// Implements a generated service trait: RPC `x` is answered by `x::x(service, &call, message)`,
/// which runs again when it lost a race.
#[macro_export]
macro_rules! serve {
    (impl $trait:ident for $service:ty { $($rpc:ident($req:ident) -> $res:ident;)* }) => {
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
    let is_anonymous = matches!(call.caller, Caller::Anonymous);
    let repeatable = arrival.rule.mutates && !is_anonymous && !call.validate_only;
    if repeatable && !message.request_id().is_empty() {
        let request_id = message.request_id().to_ascii_lowercase();
        let bytes = message.clone().without_request_id().encode_to_vec();
        let fingerprint = Sha256::digest(bytes).to_vec();
        call.idempotency = Some(Idempotency { request_id, fingerprint });
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
