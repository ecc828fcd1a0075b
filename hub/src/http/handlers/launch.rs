//! The wish for a session.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use hackstream_control_api::launch::{Launch, ProfileMode};
use hackstream_control_api::limits::{
    MAX_APP_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_POLL_SECONDS, MAX_SCREEN_SIDE, MAX_URL_BYTES,
};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::{Launched, SessionState};
use hackstream_failpoint::reach;
use hackstream_ticket::KeyHash;
use serde::Deserialize;
use utoipa::IntoParams;

use super::check_text;
use super::sessions::{client_key, visible};
use crate::access::Permission;
use crate::deeds::connect;
use crate::deeds::launch::{self, Order};
use crate::deeds::who::{Caller, still};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Asked, Body};
use crate::http::waiting::{Waited, Waiting};
use crate::hub::Hub;
use crate::metrics::ResultLabel;
use crate::store::Tx;

/// How the answer is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LaunchQuery {
    /// Seconds to wait until one can connect; at most 30. Where many wait, the answer comes at once.
    #[serde(default)]
    wait: u64,
}

/// Start a session. The same `Idempotency-Key` within 24 h gives the same session.
#[utoipa::path(post, path = "/v1/sessions", request_body = Launch, tag = "sessions",
    params(LaunchQuery, ("Idempotency-Key" = Option<String>, Header, description = "Names the wish, so that it is not fulfilled twice")),
    responses((status = 201, description = "It can be connected to, with this ticket for who has the private half of `client_key`", body = Launched),
        (status = 202, description = "It is there without a ticket: `state` says how far it is, its events what becomes of it, and `connect` of it why one cannot connect", body = Launched), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn launch(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Asked(query): Asked<LaunchQuery>,
    headers: HeaderMap,
    Body(wish): Body<Launch>,
) -> Answer<(StatusCode, Option<Extension<Waited>>, Json<Launched>)> {
    let key = check_wish(&wish)?;
    let mark = hub.rotation.mark(serde_json::to_string(&wish)?.as_bytes());
    let order = Order {
        mark,
        wish,
        idempotency_key: idempotency_key(&headers)?,
        ticket_keys: hub.ticket_keys.clone(),
    };
    let longest = Duration::from_secs(query.wait.min(MAX_POLL_SECONDS));
    let waiting = Waiting::begin(&hub, longest);
    let mut launched = start(&hub, caller.clone(), order, key).await?;
    let waits = launched.connect.is_none() && !longest.is_zero();
    if waits {
        launched = follow(&hub, &caller, launched, key, waiting).await;
    }
    let status = match launched.connect {
        Some(_) => StatusCode::CREATED,
        None => StatusCode::ACCEPTED,
    };
    Ok((status, waits.then_some(Extension(Waited)), Json(launched)))
}

/// Makes the session, and where it was warm a ticket with it.
async fn start(hub: &Hub, caller: Caller, order: Order, key: Option<KeyHash>) -> Answer<Launched> {
    let signer = Arc::clone(&hub.signer);
    let (launched, connect) = hub
        .act(caller, move |tx, caller| {
            let launched = launch::launch(tx, caller, &order)?;
            let connect = match (&launched, key) {
                (launch::Launched::Session(session), Some(key))
                    if takes_viewers(session.state) && caller.may(Permission::SessionOwn) =>
                {
                    let id = session.session_id;
                    Some(connect::connect(tx, caller, id, key, &signer)?)
                }
                _ => None,
            };
            Ok((launched, connect))
        })
        .await?;
    reach("hub.launch.committed");
    let result = match &launched {
        launch::Launched::Session(_) => "ok",
        launch::Launched::Refused(problem) => problem.code.name(),
    };
    hub.metrics
        .launches
        .get_or_create(&ResultLabel { result })
        .inc();
    match launched {
        launch::Launched::Refused(problem) => Err(Fault::Problem(problem)),
        launch::Launched::Session(session) => Ok(Launched {
            session_id: session.session_id,
            state: session.state,
            connect,
        }),
    }
}

/// Waits until one can connect, and gets the ticket. Where that fails the session is there all the
/// same, and is told of as it was last.
async fn follow(
    hub: &Hub,
    caller: &Caller,
    mut launched: Launched,
    key: Option<KeyHash>,
    mut waiting: Waiting,
) -> Launched {
    let (id, user) = (launched.session_id, caller.user);
    let Some(_place) = hub.crowds.launchers.enter(user) else {
        return launched;
    };
    while launched.state < SessionState::Claimed {
        if !waiting.news_of(id, user).await {
            return launched;
        }
        let caller = caller.clone();
        let look = move |tx: &mut Tx<'_>| {
            let caller = still(tx, &caller)?;
            visible(tx, &caller, id)
        };
        match hub.store.read(look).await {
            Ok(session) => launched.state = session.view.state,
            Err(_) => return launched,
        }
    }
    if let (Some(key), true) = (key, takes_viewers(launched.state)) {
        let signer = Arc::clone(&hub.signer);
        let ticket = hub.act(caller.clone(), move |tx, caller| {
            connect::connect(tx, caller, id, key, &signer)
        });
        launched.connect = ticket.await.ok();
    }
    launched
}

/// Whether there is a ticket for a session.
const fn takes_viewers(state: SessionState) -> bool {
    matches!(state, SessionState::Claimed | SessionState::Running)
}

/// Whether it can be wished for; the key of who will connect.
fn check_wish(wish: &Launch) -> Result<Option<KeyHash>, Fault> {
    let invalid = |detail: &str| Err(Fault::new(Code::Invalid, detail));
    check_text("the application's name", &wish.app, MAX_APP_BYTES)?;
    if let Some(url) = &wish.url {
        check_text("the address", url, MAX_URL_BYTES)?;
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        // Nothing else: a scheme such as file: would open what is on the node.
        if !matches!(scheme.as_deref(), Some("http" | "https")) || url.contains(char::is_whitespace)
        {
            return invalid("the address starts with http:// or https:// and has no spaces");
        }
    }
    if let Some(screen) = wish.screen {
        let sides = [screen.width, screen.height];
        if sides
            .iter()
            .any(|side| !(1..=MAX_SCREEN_SIDE).contains(side))
        {
            return invalid("a screen has 1 to 16384 pixels on a side");
        }
    }
    if wish.profile == ProfileMode::Persist {
        return invalid("persistent profiles are not there yet; use ephemeral");
    }
    wish.client_key.as_deref().map(client_key).transpose()
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    check_text("Idempotency-Key", key, MAX_IDEMPOTENCY_KEY_BYTES)?;
    Ok(Some(key.to_owned()))
}
