//! What somebody asks about themselves.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::account::Me;
use hackstream_control_api::app::App;
use hackstream_control_api::id::DeviceId;
use hackstream_control_api::login::{Device, PasswordChange};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::quota::QuotaUse;

use super::guess::{begin, shown};
use super::hashed;
use crate::audit::Record;
use crate::auth::password::Passwords;
use crate::auth::throttle::Key;
use crate::deeds::{devices, login, who::Caller};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Body, Named};
use crate::hub::Hub;
use crate::store::Tx;
use crate::tables::{sessions, settings, users};

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/v1/me", tag = "account",
    responses((status = 200, body = Me), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn me(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Me>> {
    let permissions = caller
        .permissions()
        .iter()
        .map(|each| each.name().to_owned())
        .collect();
    let found = hub.store.read(move |tx| users::find(tx, caller.user)).await;
    let user = found.map_err(Fault::from)?.ok_or(Code::Unauthenticated)?;
    Ok(Json(Me { user, permissions }))
}

/// Change the password; all other devices and tokens have to log in again.
#[utoipa::path(post, path = "/v1/me/password", request_body = PasswordChange, tag = "account",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn password(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Body(change): Body<PasswordChange>,
) -> Answer<StatusCode> {
    let user = caller.user;
    let find = move |tx: &mut Tx<'_>| -> Answer<_> {
        let found = users::find(tx, user)?.ok_or(Code::Unauthenticated)?;
        login::account(tx, &found.username)
    };
    let account = hub.store.read(find).await?.ok_or(Code::Unauthenticated)?;
    let keys = [Key::Own(user)];
    begin(&hub, &keys)?;
    let (verified, current) = (account.phc.clone(), change.current);
    let verify = move |passwords: &Passwords| {
        let is_right = passwords.verify(&current, Some(&verified));
        is_right.then_some(())
    };
    let failure = Record::new(caller.actor(), "password.change").user(user);
    let failure = failure.outcome(Code::WrongPassword.name());
    if shown(&hub, failure, &keys, verify).await?.is_none() {
        return Err(Code::WrongPassword.into());
    }
    hub.throttle().forgive(&keys[0]);
    let phc = hashed(&hub, change.new).await?;
    hub.act(caller, move |tx, caller| {
        devices::set_password(tx, caller, &account.phc, &phc)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The devices that are logged in.
#[utoipa::path(get, path = "/v1/me/devices", tag = "account",
    responses((status = 200, body = [Device]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn devices(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Vec<Device>>> {
    Ok(Json(
        hub.store
            .read(move |tx| devices::list(tx, caller.user))
            .await?,
    ))
}

/// Log a device out.
#[utoipa::path(delete, path = "/v1/me/devices/{id}", params(("id" = DeviceId, Path)), tag = "account",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn drop_device(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(device): Named<DeviceId>,
) -> Answer<StatusCode> {
    hub.act(caller, move |tx, caller| {
        devices::revoke(tx, caller, device)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What one can launch.
#[utoipa::path(get, path = "/v1/apps", tag = "sessions",
    responses((status = 200, body = [App]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn apps(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<Vec<App>>> {
    let mut apps = hub.store.read(settings::apps).await?;
    if !caller.may(crate::access::Permission::AppsWrite) {
        apps.retain(|app| app.enabled && app.roles.contains(&caller.role));
    }
    Ok(Json(apps))
}

/// What one may use, and how much of it is used.
#[utoipa::path(get, path = "/v1/quotas", tag = "sessions",
    responses((status = 200, body = QuotaUse), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn quota(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
) -> Answer<Json<QuotaUse>> {
    let work = move |tx: &mut Tx<'_>| -> Answer<_> {
        Ok(QuotaUse {
            limit: settings::effective_quota(tx, caller.user, caller.role)?,
            sessions: sessions::count_live(tx, caller.user)?,
        })
    };
    Ok(Json(hub.store.read(work).await?))
}
