//! Nobody gets to a handler whom the table does not let in; everybody is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use crate::access::{Access, Declared};
use crate::auth::token::{Kind, Token};
use crate::deeds::who::authenticate;
use crate::fault::Fault;
use crate::hub::Hub;
use crate::metrics::RequestLabel;
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
    let response = match pass(&hub, route.access, request, next).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(),
    };
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

/// Whether a route's answer takes as long as there is nothing to say.
fn waits(route: &Declared) -> bool {
    route.path == "/v1/node/jobs"
}

async fn pass(
    hub: &Arc<Hub>,
    access: Access,
    mut request: Request,
    next: Next,
) -> Result<Response, Fault> {
    // Given back as soon as it is known who asks: handlers that wait hold none.
    let working = hub.at_once.try_acquire();
    let working = working.map_err(|_| Problem::new(Code::Busy).retry_after(Seconds(1)))?;
    match access {
        Access::Public => {}
        Access::Node => {
            let token = shown(request.headers())?;
            let found = hub
                .store
                .read(move |tx| nodes::of_token(tx, &token))
                .await?;
            let node = found.ok_or(Code::Unauthenticated)?;
            request.extensions_mut().insert(node);
        }
        Access::OneOf(permissions) => {
            let token = shown(request.headers())?;
            if token.kind() == Kind::Refresh {
                let detail = "a refresh token is only for POST /v1/token/refresh";
                return Err(Fault::new(Code::Unauthenticated, detail));
            }
            let caller = hub.store.read(move |tx| authenticate(tx, &token)).await?;
            if !permissions.iter().any(|permission| caller.may(*permission)) {
                let names: Vec<_> = permissions
                    .iter()
                    .map(|permission| permission.name())
                    .collect();
                let detail = format!("this takes the permission {}", names.join(" or "));
                return Err(Fault::new(Code::Forbidden, detail));
            }
            request.extensions_mut().insert(caller);
        }
    }
    drop(working);
    Ok(next.run(request).await)
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
