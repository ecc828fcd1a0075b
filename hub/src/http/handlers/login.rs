//! Getting in and out.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::id::UserId;
use hackstream_control_api::limits::{MAX_DEVICE_BYTES, MAX_USERNAME};
use hackstream_control_api::login::{Login, Refresh, Tokens};
use hackstream_control_api::problem::{Code, Problem};

use super::check_text;
use super::guess::{begin, shown};
use crate::auth::password::Passwords;
use crate::auth::throttle::Key;
use crate::auth::token::{Kind, Token};
use crate::deeds::login::{self, Granted};
use crate::deeds::refresh::{self, Refreshed};
use crate::deeds::{devices, who::Caller};
use crate::fault::Fault;
use crate::http::Peer;
use crate::http::answer::Answer;
use crate::http::ask::Body;
use crate::hub::Hub;
use crate::metrics::ResultLabel;
use crate::store::Tx;

/// Exchange name and password for tokens.
#[utoipa::path(post, path = "/v1/login", request_body = Login, tag = "account",
    responses((status = 200, body = Tokens), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn login(
    State(hub): State<Arc<Hub>>,
    Extension(Peer(peer)): Extension<Peer>,
    Body(login): Body<Login>,
) -> Answer<Json<Tokens>> {
    let result = attempt(&hub, login, peer).await;
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

async fn attempt(hub: &Arc<Hub>, login: Login, peer: SocketAddr) -> Answer<Tokens> {
    check_text("the user's name", &login.username, MAX_USERNAME)?;
    let device = login.device.unwrap_or_else(|| "unnamed".to_owned());
    check_text("the device's name", &device, MAX_DEVICE_BYTES)?;
    let username = login.username;
    let keys = Key::of_login(login::name_key(&username), peer.ip());
    begin(hub, &keys)?;
    let found = hub
        .store
        .read(move |tx| login::account(tx, &username))
        .await;
    let Some(account) = found.inspect_err(|_| hub.throttle().take_back(&keys))? else {
        let password = login.password;
        let guess = shown(hub, login::failure(None), &keys, move |passwords| {
            passwords.verify(&password, None).then_some(())
        });
        guess.await?;
        return Err(Code::LoginFailed.into());
    };
    let (verified, password) = (account.phc.clone(), login.password);
    let verify = move |passwords: &Passwords| {
        let is_right = passwords.verify(&password, Some(&verified));
        let outdated = is_right && passwords.is_outdated(&verified);
        let better = outdated.then(|| passwords.hash(&password)).transpose();
        is_right.then_some(better)
    };
    let failure = login::failure(Some(account.id));
    match shown(hub, failure, &keys, verify).await? {
        Some(better) => {
            let granted = Granted {
                access: Token::random(Kind::Access)?,
                refresh: Token::random(Kind::Refresh)?,
                verified: account.phc,
                better: better?,
                seen: login.seen,
            };
            grant(hub, account.id, device, granted, &keys).await
        }
        None => Err(Code::LoginFailed.into()),
    }
}

async fn grant(
    hub: &Hub,
    user: UserId,
    device: String,
    granted: Granted,
    keys: &[Key; 3],
) -> Answer<Tokens> {
    let work = move |tx: &mut Tx<'_>| login::succeeded(tx, user, &device, &granted);
    let tokens = hub.store.write(work).await?.ok_or(Code::LoginFailed)?;
    let mut throttle = hub.throttle();
    throttle.forgive(&keys[0]);
    throttle.take_back(&keys[1..]);
    Ok(tokens)
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
    // The one who writes is for those who have a token, not for those who invent one.
    let known = token.clone();
    let look = move |tx: &mut Tx<'_>| refresh::owner(tx, &known);
    let (_, device) = hub.store.read(look).await?;
    let keys = [Key::Refresh(device)];
    hub.at_a_rate(&keys)?;
    let key = Arc::clone(&hub.rotation);
    let work = move |tx: &mut Tx<'_>| refresh::refresh(tx, &token, &key, asked.seen);
    let refreshed = hub.store.write(work).await?;
    let (result, tokens) = match refreshed {
        Refreshed::Rotated(tokens) => ("rotated", Ok(tokens)),
        Refreshed::Repeated(tokens) => {
            // It has left no row.
            hub.throttle().take_back(&keys);
            ("grace", Ok(tokens))
        }
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
    hub.act(caller, devices::logout).await?;
    Ok(StatusCode::NO_CONTENT)
}
