//! The wish for a session.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use hackstream_control_api::launch::{Launch, ProfileMode};
use hackstream_control_api::limits::{
    MAX_APP_BYTES, MAX_IDEMPOTENCY_KEY_BYTES, MAX_SCREEN_SIDE, MAX_URL_BYTES,
};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::session::{Launched, SessionState};
use hackstream_failpoint::reach;

use super::check_text;
use super::sessions::client_key;
use crate::deeds::connect;
use crate::deeds::launch::{self, Order};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::Body;
use crate::hub::Hub;
use crate::metrics::ResultLabel;

/// Start a session. The same `Idempotency-Key` within 24 h gives the same session.
#[utoipa::path(post, path = "/v1/sessions", request_body = Launch, tag = "sessions",
    params(("Idempotency-Key" = Option<String>, Header, description = "Names the wish, so that it is not fulfilled twice")),
    responses((status = 201, description = "A warm session, with a ticket for it", body = Launched),
        (status = 202, description = "It is being started; its events tell how far it is", body = Launched), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn launch(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Body(wish): Body<Launch>,
) -> Answer<(StatusCode, Json<Launched>)> {
    check_wish(&wish)?;
    let mark = hub.rotation.mark(serde_json::to_string(&wish)?.as_bytes());
    let order = Order {
        mark,
        wish,
        idempotency_key: idempotency_key(&headers)?,
        ticket_keys: hub.ticket_keys.clone(),
    };
    let key = order
        .wish
        .client_key
        .as_deref()
        .map(client_key)
        .transpose()?;
    let signer = Arc::clone(&hub.signer);
    let (launched, connect) = hub
        .act(caller, move |tx, caller| {
            let launched = launch::launch(tx, caller, &order)?;
            let connect = match (&launched, key) {
                (launch::Launched::Session(session), Some(key))
                    if session.state == SessionState::Claimed =>
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
        launch::Launched::Session(session) => {
            let launched = Launched {
                session_id: session.session_id,
                state: session.state,
                connect,
            };
            let status = match launched.connect {
                Some(_) => StatusCode::CREATED,
                None => StatusCode::ACCEPTED,
            };
            Ok((status, Json(launched)))
        }
    }
}

fn check_wish(wish: &Launch) -> Result<(), Fault> {
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
    wish.client_key.as_deref().map_or(Ok(()), |key| {
        client_key(key)?;
        Ok(())
    })
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = key.to_str().unwrap_or_default();
    check_text("Idempotency-Key", key, MAX_IDEMPOTENCY_KEY_BYTES)?;
    Ok(Some(key.to_owned()))
}
