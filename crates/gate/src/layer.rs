//! Lets a request through only if its RPC's rule admits its caller.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use api::{
    Reasons, Word as _,
    policy::v1::{Allow, Kind, QuotaClass, Rule},
    rules::Rules,
};
use domain::{
    Caller, Clock, Error, Newcomer, Principal, Reason, Result, Secret, Timestamp, UserCaller, Who,
    constants::FRESH, id::CallId, partner,
};
use http::{HeaderMap, Request, Response, header::AUTHORIZATION};
use tonic::{Status, body::Body};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};

use crate::{
    arrival::{Arrival, PeerCertificate, certificate, language, origin},
    bounded,
    quota::{Allowances, Quotas},
    status::{from_elsewhere, status},
};

/// The only paths without a rule: health and reflection. They are for everybody, within the allowance
/// of an address, and for two minutes at a time.
pub const UNRULED: &[&str] = &[
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Unless the caller asks for less.
const DEADLINE: Duration = Duration::from_secs(10);
/// The same for RPCs that take a stream in.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(120);

/// Who presents a credential: asked on every call, never cached (U5).
#[tonic::async_trait]
pub trait Callers: Send + Sync + 'static {
    /// A person or a machine, with the roles held now; neither is let in for the platform yet.
    async fn by_credential(&self, presented: &Presented) -> Result<Caller>;
}

/// What a caller shows of itself; at least one of the two is there.
#[derive(Clone, Debug)]
pub struct Presented {
    /// The token of the `authorization` header.
    pub bearer: Option<Secret>,
    /// What the connection's handshake proved. Beside a token both have to be good, and the token
    /// says who it is.
    pub certificate: Option<Arc<PeerCertificate>>,
}

/// Puts a gate before every service.
#[derive(Clone)]
pub struct GateLayer(Arc<Posts>);

/// What the gate goes by.
struct Posts {
    rules: Rules,
    reasons: Arc<Reasons>,
    callers: Arc<dyn Callers>,
    quotas: Quotas,
    clock: Clock,
}

/// The gate before one service.
#[derive(Clone)]
pub struct Gate<S> {
    posts: Arc<Posts>,
    inner: S,
}

impl GateLayer {
    pub fn new(
        rules: Rules,
        reasons: Reasons,
        callers: Arc<dyn Callers>,
        allowances: Allowances,
        clock: Clock,
    ) -> Self {
        let quotas = Quotas::new(allowances, clock.clone());
        Self(Arc::new(Posts { rules, reasons: Arc::new(reasons), callers, quotas, clock }))
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate { posts: self.0.clone(), inner }
    }
}

impl Posts {
    /// What is known of a call before its caller is.
    fn arrival(&self, request: &Request<Body>) -> Arrival {
        let (path, headers) = (path_of(request), request.headers());
        Arrival {
            caller: Caller::Anonymous,
            rule: Arc::new(self.rules.get(path).cloned().unwrap_or_default()),
            path: path.into(),
            language: language(headers),
            id: CallId::mint(self.clock.now()),
            origin: origin(request),
            reasons: self.reasons.clone(),
        }
    }

    /// Who presents a credential; one that is wrong, or none, counts against its address.
    async fn caller(
        &self,
        arrival: &Arrival,
        headers: &HeaderMap,
        certificate: Option<Arc<PeerCertificate>>,
    ) -> Result<Caller> {
        let shown = presented(headers, certificate);
        let bearer = match &shown {
            // Proven when it connected, and nothing is looked up for it.
            Ok(it) if it.bearer.is_none() => return self.callers.by_credential(it).await,
            Ok(it) => it.bearer.as_ref(),
            Err(_) => None,
        };
        let look = self.quotas.look(bearer, arrival.origin.peer)?;
        let found = match &shown {
            Ok(it) => self.callers.by_credential(it).await,
            Err(err) => Err(Error::new(err.reason)),
        };
        look.end(&found);
        found
    }

    /// Credential, then allowance, then role, then freshness (domain section 9). Who it is stands in
    /// the arrival as soon as it is known: who is refused is logged by name, too.
    async fn admit(
        &self,
        arrival: &mut Arrival,
        headers: &HeaderMap,
        certificate: Option<Arc<PeerCertificate>>,
    ) -> Result<()> {
        let rule = &*arrival.rule.clone();
        if self.rules.get(&arrival.path).is_none() {
            return Err(Error::new(Reason::RpcUnknown));
        }
        if !rule.open {
            arrival.caller = self.caller(arrival, headers, certificate).await?;
        }
        let caller = &mut arrival.caller;
        self.quotas.take(rule.quota(), caller, arrival.origin.peer)?;
        if rule.open {
            return Ok(());
        }
        if let Caller::Newcomer(newcomer) = caller {
            return check_newcomer(rule, newcomer, self.clock.now());
        }
        if let Some(user) = caller.user() {
            check_password_and_factor(rule, user)?;
        }
        let principal =
            caller.principal_mut().ok_or_else(|| Error::new(Reason::CredentialInvalid))?;
        if !admits(rule, principal) {
            return Err(Error::role_missing(&required_roles(rule, principal), &principal.roles));
        }
        if !is_for(rule, principal) {
            return Err(Error::new(Reason::PersonRequired));
        }
        principal.as_platform = admits_as_platform(rule, principal);
        if rule.fresh {
            check_fresh(caller, self.clock.now())?;
        }
        Ok(())
    }
}

impl Posts {
    /// A call of a path without a rule.
    async fn let_through<S>(
        &self,
        request: Request<Body>,
        mut inner: S,
    ) -> Result<Response<Body>, S::Error>
    where
        S: Service<Request<Body>, Response = Response<Body>>,
    {
        let arrival = self.arrival(&request);
        let peer = arrival.origin.peer;
        if let Err(err) = self.quotas.take(QuotaClass::Unspecified, &Caller::Anonymous, peer) {
            return Ok(status(&arrival, err).into_http());
        }
        let late = move || status(&arrival, Error::new(Reason::DeadlineExceeded));
        let life = deadline(request.headers(), UPLOAD_DEADLINE);
        let request = request.map(|it| bounded::request(it, life));
        match tokio::time::timeout(life.min(DEADLINE), inner.call(request)).await {
            Ok(answer) => answer.map(|it| it.map(|it| bounded::answer(it, life, late))),
            Err(_) => Ok(late().into_http()),
        }
    }
}

/// Before anything else a one-time password is changed; and who lacks the second factor that its
/// company demands is told so where that alone keeps it out.
fn check_password_and_factor(rule: &Rule, user: &UserCaller) -> Result<()> {
    if user.must_change_password && !rule.before_password_change {
        return Err(Error::new(Reason::PasswordChangeRequired));
    }
    let mut with = user.principal.clone();
    with.roles.push(domain::Role::GlobalAdmin);
    match user.lacks_second_factor && !admits(rule, user) && admits(rule, &with) {
        true => Err(Error::new(Reason::SecondFactorRequired)),
        false => Ok(()),
    }
}

/// Whether the rule lets in somebody who is no user yet, links and freshness aside.
pub fn admits_newcomer(rule: &Rule, newcomer: &Newcomer) -> bool {
    rule.open || rule.before_account || (rule.claimed_admin && newcomer.may_found())
}

/// Who is no user yet is let in where one becomes a user, and as the global admin of a directory that
/// was never here where its claim is believed (E2).
fn check_newcomer(rule: &Rule, newcomer: &Newcomer, now: Timestamp) -> Result<()> {
    if !admits_newcomer(rule, newcomer) {
        return Err(newcomer.refusal(rule.claimed_admin));
    }
    match rule.fresh {
        true => check_recent(newcomer.vouched.auth_time, now),
        false => Ok(()),
    }
}

/// The path as it stands, a query included: with one it is no RPC's.
fn path_of(request: &Request<Body>) -> &str {
    request.uri().path_and_query().map(|it| it.as_str()).unwrap_or_default()
}

/// A person proves who it is anew; a machine cannot.
fn check_fresh(caller: &Caller, now: Timestamp) -> Result<()> {
    let user = caller.user().ok_or_else(|| Error::new(Reason::PersonRequired))?;
    check_recent(user.proven_time(), now)
}

fn check_recent(proven: Option<Timestamp>, now: Timestamp) -> Result<()> {
    let stale = || {
        let most = FRESH.num_seconds().to_string();
        Error::new(Reason::FreshAuthenticationRequired).with("maxAgeSeconds", most)
    };
    match proven {
        Some(it) if now <= it + FRESH => Ok(()),
        Some(_) => Err(stale()),
        // Signing in again is no help to whose issuer does not say when that was.
        None => Err(stale().with("missingClaim", "auth_time")),
    }
}

/// What the caller shows; two tokens are none.
fn presented(headers: &HeaderMap, certificate: Option<Arc<PeerCertificate>>) -> Result<Presented> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let bearer = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(value), None) => {
            let text = value.to_str().ok().and_then(|it| it.strip_prefix("Bearer "));
            Some(text.map(Secret::new).ok_or_else(|| Error::new(Reason::CredentialInvalid))?)
        }
        (Some(_), Some(_)) => return Err(Error::new(Reason::CredentialInvalid)),
    };
    let presented = Presented { bearer, certificate };
    let is_something = presented.bearer.is_some() || presented.certificate.is_some();
    Some(presented).filter(|_| is_something).ok_or_else(|| Error::new(Reason::CredentialMissing))
}

/// Whether the rule lets this caller in, links and freshness aside.
pub fn admits(rule: &Rule, user: &Principal) -> bool {
    rule.open || rule.signed_in || rule.allow.iter().any(|it| allows(it, user))
}

/// Whether what the RPC does can be done by such a caller: some of it is for persons.
pub fn is_for(rule: &Rule, caller: &Principal) -> bool {
    let is_person = matches!(caller.who, Who::User(_));
    is_person || rule.open || !(rule.persons || rule.fresh)
}

/// Whether it is a platform role that lets this caller in, and so opens every company's rows. Where
/// everybody signed in may ask, holding one suffices.
fn admits_as_platform(rule: &Rule, user: &Principal) -> bool {
    let by_allow = rule.allow.iter().any(|it| it.kind() == Kind::Platform && allows(it, user));
    by_allow || (rule.signed_in && user.roles.iter().any(|it| it.is_platform()))
}

fn allows(allow: &Allow, user: &Principal) -> bool {
    let holds = |role: &str| user.roles.iter().any(|held| held.as_str() == role);
    is_of_kind(allow, user) && allow.roles().any(|it| holds(it.word()))
}

fn is_of_kind(allow: &Allow, user: &Principal) -> bool {
    match allow.kind() {
        Kind::Unspecified => false,
        Kind::Any | Kind::Platform => true,
        Kind::Customer => user.partner.is_none(),
        Kind::Reseller => user.partner == Some(partner::Kind::Reseller),
        Kind::Provider => user.partner == Some(partner::Kind::Provider),
    }
}

/// The roles that would do in a company of the caller's kind; of any kind, where none would.
pub fn required_roles(rule: &Rule, user: &Principal) -> Vec<domain::Role> {
    let collect = |all: bool| {
        let mut required: Vec<domain::Role> = Vec::new();
        let fitting = rule.allow.iter().filter(|it| all || is_of_kind(it, user));
        for role in fitting.flat_map(|it| it.roles()) {
            required.extend(domain::Role::of(role.word()).filter(|it| !required.contains(it)));
        }
        required
    };
    let is_company_role = |it: &domain::Role| !it.is_platform();
    let fitting = collect(false);
    match fitting.iter().any(is_company_role) {
        true => fitting,
        false => collect(true),
    }
}

/// The caller's own deadline in the gRPC spelling, if it is the shorter one.
fn deadline(headers: &HeaderMap, most: Duration) -> Duration {
    let text = headers.get("grpc-timeout").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or_default();
    let number: Option<u64> = number.parse().ok().filter(|it| *it <= 99_999_999);
    let asked = number.and_then(|it| match unit {
        "H" => Some(Duration::from_secs(it * 3600)),
        "M" => Some(Duration::from_secs(it * 60)),
        "S" => Some(Duration::from_secs(it)),
        "m" => Some(Duration::from_millis(it)),
        "u" => Some(Duration::from_micros(it)),
        "n" => Some(Duration::from_nanos(it)),
        _ => None,
    });
    asked.map_or(most, |it| it.min(most))
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        // The clone goes on with what was polled ready.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let posts = self.posts.clone();
        if UNRULED.contains(&path_of(&request)) {
            return Box::pin(async move { posts.let_through(request, inner).await });
        }
        Box::pin(async move {
            let mut arrival = posts.arrival(&request);
            let began = std::time::Instant::now();
            let most = match posts.rules.is_upload(&arrival.path) {
                true => UPLOAD_DEADLINE,
                false => DEADLINE,
            };
            let within = deadline(request.headers(), most);
            let answer = tokio::time::timeout(within, async {
                let certificate = certificate(&request);
                match posts.admit(&mut arrival, request.headers(), certificate).await {
                    Ok(()) => {
                        request.extensions_mut().insert(arrival.clone());
                        inner.call(request).await
                    }
                    Err(err) => Ok(status(&arrival, err).into_http()),
                }
            });
            let response = match answer.await {
                Ok(response) => from_elsewhere(&arrival, response?),
                Err(_) => status(&arrival, Error::new(Reason::DeadlineExceeded)).into_http(),
            };
            log(&arrival, &response, began.elapsed());
            Ok(response)
        })
    }
}

fn log(arrival: &Arrival, response: &Response<Body>, took: Duration) {
    let status = Status::from_header_map(response.headers());
    let code = status.as_ref().map_or(tonic::Code::Ok, Status::code);
    let why = status.and_then(|it| it.get_details_error_info()).map(|it| it.reason);
    let reason = why.unwrap_or_default();
    let caller = arrival.caller.principal().map(|it| it.name()).unwrap_or_default();
    let (id, path, micros) = (arrival.id, &arrival.path, took.as_micros());
    tracing::info!(call = %id, rpc = %path, ?code, reason, caller, micros, "answered");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_the_shorter_of_the_callers_and_ours() {
        for (text, millis) in
            [("5S", 5_000), ("250m", 250), ("1H", 10_000), ("", 10_000), ("x", 10_000)]
        {
            let mut headers = HeaderMap::new();
            headers.insert("grpc-timeout", text.parse().unwrap());
            assert_eq!(deadline(&headers, DEADLINE), Duration::from_millis(millis), "{text}");
        }
    }
}
