//! Nobody gets to a handler whom the table does not let in; everybody is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use crate::access::{Access, Declared, Permission};
use crate::auth::throttle::Network;
use crate::auth::token::{Kind, Token};
use crate::deeds::who::{Caller, authenticate};
use crate::fault::Fault;
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
pub(crate) async fn watch(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let Guard { hub, route } = guard;
    let mut response = match pass(&hub, route, request, next).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
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
    if !waits(route) {
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

async fn pass(
    hub: &Arc<Hub>,
    route: &Declared,
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    let crowds = &hub.crowds;
    match route.access {
        // Without a body, no more than its connection has.
        Access::Public if route.method == "GET" => Ok(next.run(request).await),
        Access::Public => {
            let Peer(peer) = request.extensions().get().ok_or(Code::Internal)?;
            let place = crowds.strangers.enter(Network::of(peer.ip()));
            run(next, request, place.ok_or_else(busy)?).await
        }
        Access::Node => {
            let shown = node_of(hub, request.headers()).await?;
            request.extensions_mut().insert(shown);
            let crowd = if sends_logs(route) {
                &crowds.logs
            } else {
                &crowds.nodes
            };
            let place = crowd.enter(shown.node).ok_or_else(busy)?;
            // Those who wait for jobs hold no place.
            if route.path == JOBS {
                drop(place);
                return Ok(next.run(request).await);
            }
            run(next, request, place).await
        }
        Access::OneOf(permissions) => {
            let caller = caller_of(hub, request.headers(), permissions).await?;
            let place = crowds.people.enter(caller.user).ok_or_else(busy)?;
            request.extensions_mut().insert(caller);
            run(next, request, place).await
        }
    }
}

/// Has a request answered, which holds its place meanwhile.
async fn run<P>(next: Next, request: Request, place: P) -> Result<Response, Fault> {
    let response = next.run(request).await;
    drop(place);
    Ok(response)
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
