//! The calls of each connection: without any for long, it ends.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use gate::Peer;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tower::{Layer, Service};

/// The longest call there is, and a minute. One that lasts longer is one whose caller takes nothing of
/// the answer.
const LONGEST_CALL: Duration = Duration::from_secs(180);

/// Who is connected, put beside each request of a connection.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(super) peer: Peer,
    pub(super) calls: Arc<Calls>,
}

/// The calls of one connection.
pub(crate) struct Calls {
    state: Mutex<State>,
    end: CancellationToken,
}

struct State {
    n_open: usize,
    /// When it connected, or a call last began or ended.
    since: Instant,
}

/// A call under way, until the last of its answer is gone.
pub(super) struct OpenCall(Arc<Calls>);

impl Calls {
    /// None yet, at this moment, of a connection that ends at `end` with all others.
    pub(super) fn none(end: &CancellationToken, now: Instant) -> Arc<Self> {
        let state = Mutex::new(State { n_open: 0, since: now });
        Arc::new(Self { state, end: end.child_token() })
    }

    /// Ends the connection.
    pub(super) fn end(&self) {
        self.end.cancel();
    }

    /// Is cancelled when the connection is to end.
    pub(super) fn ending(&self) -> CancellationToken {
        self.end.clone()
    }

    /// Since when there has been no call; none while there is one.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.state();
        Some(state.since).filter(|_| state.n_open == 0)
    }

    /// Whether nothing has happened for so long that nothing will.
    pub(super) fn are_over(&self, idle: Duration, now: Instant) -> bool {
        let state = self.state();
        let most = if state.n_open == 0 { idle } else { idle + LONGEST_CALL };
        most <= now.saturating_duration_since(state.since)
    }

    pub(super) fn begin(self: &Arc<Self>) -> OpenCall {
        let mut state = self.state();
        state.n_open += 1;
        state.since = Instant::now();
        OpenCall(self.clone())
    }

    /// Counting goes on whatever has panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.n_open -= 1;
        state.since = Instant::now();
    }
}

/// Counts calls, and tells the gate who is at the other end.
#[derive(Clone)]
pub(crate) struct CallsLayer;

/// What counts the calls of one service.
#[derive(Clone)]
pub(crate) struct Counted<S>(S);

impl<S> Layer<S> for CallsLayer {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted(inner)
    }
}

type Answer<E> = Pin<Box<dyn Future<Output = Result<Response<Body>, E>> + Send>>;

impl<S> Service<Request<Body>> for Counted<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Answer<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let call = request.extensions_mut().remove::<Guest>().map(|guest| {
            request.extensions_mut().insert(guest.peer);
            guest.calls.begin()
        });
        let answer = self.0.call(request);
        Box::pin(async move { answer.await.map(|it| it.map(|body| lasting(body, call))) })
    }
}

/// The call is under way until this is gone.
fn lasting(body: Body, call: Option<OpenCall>) -> Body {
    Body::new(body.map_frame(move |frame| {
        let _under_way = &call;
        frame
    }))
}
