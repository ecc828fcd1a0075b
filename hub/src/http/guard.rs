//! Nobody gets to a handler whom the table does not let in; everybody is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use hackstream_control_api::limits::MAX_BODY_BYTES;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;
use tokio::time::timeout;

use crate::access::{Access, Declared, Permission};
use crate::auth::throttle::Network;
use crate::auth::token::{Kind, Token};
use crate::deeds::who::{Caller, authenticate};
use crate::fault::Fault;
use crate::http::waiting::Waited;
use crate::hub::Hub;
use crate::metrics::RequestLabel;
use crate::store::Tx;
use crate::tables::nodes;

/// Who is at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// One route's guard.
#[derive(Clone)]
pub(crate) struct Guard {
    pub(crate) hub: Arc<Hub>,
    pub(crate) route: &'static Declared,
}

/// Lets a request through, or answers it.
pub(crate) async fn watch(
    State(guard): State<Guard>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let Guard { hub, route } = guard;
    let mut response = match admit(&hub, route, &mut request).await {
        Ok(place) => {
            let response = next.run(request).await;
            drop(place);
            response
        }
        Err(fault) => {
            discard(request.into_body()).await;
            fault.into_response()
        }
    };
    // Tokens and what others have no business with: nothing on the way keeps it.
    let kept = response.headers_mut().entry(header::CACHE_CONTROL);
    kept.or_insert(HeaderValue::from_static("no-store"));
    let label = RequestLabel {
        route: route.path,
        method: route.method,
        code: response.status().as_u16(),
    };
    hub.metrics.requests.get_or_create(&label).inc();
    let has_waited = response.extensions().get::<Waited>().is_some();
    if !has_waited && !waits(route) {
        let seconds = started.elapsed().as_secs_f64();
        hub.metrics.request_seconds.observe(seconds);
    }
    response
}

/// Where nodes wait for jobs.
const JOBS: &str = "/v1/node/jobs";

/// Whether a route's answer takes as long as there is nothing to say.
fn waits(route: &Declared) -> bool {
    route.path == JOBS || sends_logs(route)
}

/// Whether a node waits there for those who read.
fn sends_logs(route: &Declared) -> bool {
    route.path == "/v1/node/logs/{id}"
}

/// Bytes of a refused request's body that are waited for, and for how long.
const DISCARDED: usize = MAX_BODY_BYTES;
const DISCARDING: Duration = Duration::from_secs(1);

/// Takes the body of a request that is refused, if it comes soon. HTTP/2 resets a stream that is
/// answered before it has ended, and clients may take that for a broken connection.
async fn discard(body: Body) {
    let mut pieces = body.into_data_stream();
    let discarding = async {
        let mut taken = 0;
        while let (Some(Ok(piece)), true) = (pieces.next().await, taken < DISCARDED) {
            taken += piece.len();
        }
    };
    let _ = timeout(DISCARDING, discarding).await;
}

/// What a request holds while it is answered, against others of its kind.
type Held = Option<Box<dyn Send>>;

/// Whether a request may be answered.
async fn admit(hub: &Arc<Hub>, route: &Declared, request: &mut Request) -> Result<Held, Fault> {
    let crowds = &hub.crowds;
    match route.access {
        // Without a body, no more than its connection has.
        Access::Public if route.method == "GET" => Ok(None),
        Access::Public => {
            let Peer(peer) = request.extensions().get().ok_or(Code::Internal)?;
            held(crowds.strangers.enter(Network::of(peer.ip())))
        }
        Access::Node => {
            let shown = node_of(hub, request.headers()).await?;
            request.extensions_mut().insert(shown);
            let crowd = if sends_logs(route) {
                &crowds.logs
            } else {
                &crowds.nodes
            };
            let place = held(crowd.enter(shown.node))?;
            // Those who wait for jobs hold no place.
            Ok(place.filter(|_| route.path != JOBS))
        }
        Access::OneOf(permissions) => {
            let caller = caller_of(hub, request.headers(), permissions).await?;
            let place = held(crowds.people.enter(caller.user))?;
            request.extensions_mut().insert(caller);
            Ok(place)
        }
    }
}

fn held<P: Send + 'static>(place: Option<P>) -> Result<Held, Fault> {
    let place = place.ok_or_else(busy)?;
    Ok(Some(Box::new(place)))
}

fn busy() -> Fault {
    Problem::new(Code::Busy).retry_after(Seconds(1)).into()
}

async fn node_of(hub: &Hub, headers: &HeaderMap) -> Result<nodes::Shown, Fault> {
    let token = shown(headers)?;
    let _arriving = hub.crowds.arriving.try_acquire().map_err(|_| busy())?;
    let look = move |tx: &mut Tx<'_>| nodes::of_token(tx, &token);
    hub.store.read(look).await
}

async fn caller_of(
    hub: &Hub,
    headers: &HeaderMap,
    permissions: &'static [Permission],
) -> Result<Caller, Fault> {
    let token = shown(headers)?;
    if token.kind() == Kind::Refresh {
        let detail = "a refresh token is only for POST /v1/token/refresh";
        return Err(Fault::new(Code::Unauthenticated, detail));
    }
    let _arriving = hub.crowds.arriving.try_acquire().map_err(|_| busy())?;
    let look = move |tx: &mut Tx<'_>| authenticate(tx, &token, permissions);
    hub.store.read(look).await
}

/// The token that a request shows: only in its header, never in its address.
fn shown(headers: &HeaderMap) -> Result<Token, Code> {
    let header = headers.get(header::AUTHORIZATION);
    let text = header
        .and_then(|header| header.to_str().ok())
        .ok_or(Code::Unauthenticated)?;
    let (scheme, token) = text.split_once(' ').ok_or(Code::Unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Code::Unauthenticated);
    }
    Token::parse(token.trim()).ok_or(Code::Unauthenticated)
}
