//! Getting in and out.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::limits::{MAX_DEVICE_BYTES, MAX_USERNAME};
use hackstream_control_api::login::{Login, Refresh, Tokens};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::Seconds;

use super::{check_text, with_passwords};
use crate::auth::throttle::Key;
use crate::auth::token::{Kind, Token};
use crate::deeds::login::{self, Account, Granted};
use crate::deeds::refresh::{self, Refreshed};
use crate::deeds::{devices, who::Caller};
use crate::fault::Fault;
use crate::http::Peer;
use crate::http::answer::Answer;
use crate::http::ask::Body;
use crate::hub::Hub;
use crate::metrics::ResultLabel;

/// Exchange name and password for tokens.
#[utoipa::path(post, path = "/v1/login", request_body = Login, tag = "account",
    responses((status = 200, body = Tokens), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn login(
    State(hub): State<Arc<Hub>>,
    Extension(Peer(peer)): Extension<Peer>,
    Body(login): Body<Login>,
) -> Answer<Json<Tokens>> {
    let keys = [
        Key::Account(login::name_key(&login.username)),
        Key::network(peer.ip()),
    ];
    let result = attempt(&hub, login, &keys).await;
    let result_name = match &result {
        Ok(_) => "ok",
        Err(Fault::Problem(problem)) => problem.code.name(),
        Err(Fault::Store(_)) => "error",
    };
    let label = ResultLabel {
        result: result_name,
    };
    hub.metrics.logins.get_or_create(&label).inc();
    result.map(Json)
}

async fn attempt(hub: &Hub, login: Login, keys: &[Key; 2]) -> Answer<Tokens> {
    check_text("the user's name", &login.username, MAX_USERNAME)?;
    let device = login.device.unwrap_or_else(|| "unnamed".to_owned());
    check_text("the device's name", &device, MAX_DEVICE_BYTES)?;
    may_try(hub, keys)?;
    let username = login.username;
    let account = hub
        .store
        .read(move |tx| login::account(tx, &username))
        .await?;
    let phc = account.as_ref().map(|account| account.phc.clone());
    let outcome = with_passwords(hub, move |passwords| {
        let is_right = passwords.verify(&login.password, phc.as_deref());
        let outdated = is_right && phc.is_some_and(|phc| passwords.is_outdated(&phc));
        let better = outdated
            .then(|| passwords.hash(&login.password))
            .transpose();
        is_right.then_some(better).transpose()
    });
    match (outcome.await??, account) {
        (Some(phc), Some(account)) => grant(hub, account, device, phc, keys).await,
        (_, account) => {
            let user = account.map(|account| account.id);
            hub.store.write(move |tx| login::failed(tx, user)).await?;
            Err(refuse(hub, keys))
        }
    }
}

fn may_try(hub: &Hub, keys: &[Key; 2]) -> Result<(), Fault> {
    let now = hub.store.now();
    let throttle = hub.throttle();
    let wait = keys
        .iter()
        .filter_map(|key| throttle.check(key, now).err())
        .max();
    wait.map_or(Ok(()), |wait: Seconds| {
        let detail = format!("try again in {wait}");
        Err(Problem::new(Code::Throttled)
            .detail(detail)
            .retry_after(wait)
            .into())
    })
}

/// The same words whether the name, the password or the account is the reason.
fn refuse(hub: &Hub, keys: &[Key; 2]) -> Fault {
    let now = hub.store.now();
    let mut throttle = hub.throttle();
    for key in keys {
        throttle.failed(key.clone(), now);
    }
    Code::LoginFailed.into()
}

async fn grant(
    hub: &Hub,
    account: Account,
    device: String,
    phc: Option<String>,
    keys: &[Key; 2],
) -> Answer<Tokens> {
    let granted = Granted {
        access: Token::random(Kind::Access)?,
        refresh: Token::random(Kind::Refresh)?,
        phc,
    };
    let work =
        move |tx: &mut crate::store::Tx<'_>| login::succeeded(tx, account.id, &device, &granted);
    match hub.store.write(work).await? {
        Some(tokens) => {
            // Not the network: others there may go on guessing.
            hub.throttle().succeeded(&keys[0]);
            Ok(tokens)
        }
        None => Err(refuse(hub, keys)),
    }
}

/// Exchange a refresh token for the next pair. Within 60 s the same token gets the same pair again;
/// later, all tokens of the device become void.
#[utoipa::path(post, path = "/v1/token/refresh", request_body = Refresh, tag = "account",
    responses((status = 200, body = Tokens), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn refresh(
    State(hub): State<Arc<Hub>>,
    Body(asked): Body<Refresh>,
) -> Answer<Json<Tokens>> {
    let token = Token::parse(&asked.refresh_token).filter(|token| token.kind() == Kind::Refresh);
    let token = token.ok_or(Code::Unauthenticated)?;
    let key = Arc::clone(&hub.rotation);
    let work = move |tx: &mut crate::store::Tx<'_>| refresh::refresh(tx, &token, &key);
    let refreshed = hub.store.write(work).await?;
    let (result, tokens) = match refreshed {
        Refreshed::Rotated(tokens) => ("rotated", Ok(tokens)),
        Refreshed::Repeated(tokens) => ("grace", Ok(tokens)),
        Refreshed::Reused(problem) => ("reuse", Err(problem)),
    };
    hub.metrics
        .refreshes
        .get_or_create(&ResultLabel { result })
        .inc();
    Ok(Json(tokens?))
}

/// Void the tokens of this device.
#[utoipa::path(post, path = "/v1/logout", tag = "account",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn logout(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<StatusCode> {
    hub.store
        .write(move |tx| devices::logout(tx, &caller))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
