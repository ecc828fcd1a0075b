//! What administrators see and change.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::{Extension, Json};
use hackstream_control_api::account::{NewUser, Role, User, UserChange};
use hackstream_control_api::app::App;
use hackstream_control_api::fleet::NodeStatus;
use hackstream_control_api::id::{NodeId, UserId};
use hackstream_control_api::limits::{MAX_APP_BYTES, MAX_NAME_BYTES, MAX_USERNAME};
use hackstream_control_api::policy::Policy;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::quota::Quota;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{check_text, hashed};
use crate::auth::throttle::Key;
use crate::deeds::admin::{self, Draft};
use crate::deeds::fleet;
use crate::deeds::who::{Caller, acting};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Asked, Body, Named};
use crate::http::paging::{PageQuery, page};
use crate::hub::Hub;
use crate::store::Tx;
use crate::tables::settings::Subject;
use crate::tables::{settings, users};

/// All users.
#[utoipa::path(get, path = "/v1/users", params(PageQuery), tag = "admin",
    responses((status = 200, body = [User]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn users(
    State(hub): State<Arc<Hub>>,
    Asked(query): Asked<PageQuery>,
) -> Answer<Response> {
    let limit = query.limit()?;
    let after = query.cursor()?.unwrap_or_default();
    let rows = hub
        .store
        .read(move |tx| users::list(tx, &after, limit))
        .await;
    let rows = rows.map_err(Fault::from)?;
    Ok(page("/v1/users", limit, &rows, |row| row.id.to_string()))
}

/// One user.
#[utoipa::path(get, path = "/v1/users/{id}", params(("id" = UserId, Path)), tag = "admin",
    responses((status = 200, body = User), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn user(
    State(hub): State<Arc<Hub>>,
    Named(id): Named<UserId>,
) -> Answer<Json<User>> {
    let found = hub.store.read(move |tx| users::find(tx, id)).await;
    Ok(Json(found.map_err(Fault::from)?.ok_or(Code::NotFound)?))
}

/// Add a user.
#[utoipa::path(post, path = "/v1/users", request_body = NewUser, tag = "admin",
    responses((status = 201, body = User), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn add_user(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Body(wish): Body<NewUser>,
) -> Answer<(StatusCode, Json<User>)> {
    check_username(&wish.username)?;
    check_about(wish.email.as_deref(), wish.name.as_deref())?;
    let draft = Draft {
        username: wish.username,
        phc: hashed(&hub, wish.password).await?,
        role: wish.role,
        email: wish.email,
        name: wish.name,
    };
    let user = hub.act(caller, move |tx, caller| {
        admin::may_make(caller, draft.role)?;
        admin::add_user(tx, caller.actor(), &draft)
    });
    Ok((StatusCode::CREATED, Json(user.await?)))
}

/// Whether a name can be a user's.
///
/// # Errors
/// Why not.
pub fn check_username(username: &str) -> Result<(), Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let starts = username.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && username.len() <= MAX_USERNAME && username.chars().all(fits) {
        return Ok(());
    }
    let detail = format!(
        "a user's name has 1 to {MAX_USERNAME} letters, digits, '.', '_', '-' or '@' and starts with a letter or digit"
    );
    Err(Fault::new(Code::Invalid, detail))
}

fn check_about(email: Option<&str>, name: Option<&str>) -> Result<(), Fault> {
    for (what, text) in [("the e-mail address", email), ("the name", name)] {
        text.map_or(Ok(()), |text| check_text(what, text, MAX_NAME_BYTES))?;
    }
    Ok(())
}

/// Change a user: role, password, closed or not. Closing an account ends its sessions and voids its
/// tokens in the same moment.
#[utoipa::path(patch, path = "/v1/users/{id}", params(("id" = UserId, Path)), request_body = UserChange, tag = "admin",
    responses((status = 200, body = User), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn change_user(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<UserId>,
    Body(mut change): Body<UserChange>,
) -> Answer<Json<User>> {
    check_about(change.email.as_deref(), change.name.as_deref())?;
    if id == caller.user && change.password.is_some() {
        let detail = "one's own password is changed with the current one: POST /v1/me/password";
        return Err(Fault::new(Code::Forbidden, detail));
    }
    hub.at_a_rate(&[Key::Deeds(caller.user)])?;
    let phc = match change.password.take() {
        Some(password) => Some(hashed(&hub, password).await?),
        None => None,
    };
    // Before the caller's own account, which is one of them: two who change each other do not wait for
    // each other.
    let work = move |tx: &mut Tx<'_>| {
        users::lock_with_admins(tx, id)?;
        let caller = acting(tx, &caller)?;
        admin::within_reach(tx, &caller, id, change.role)?;
        admin::change_user(tx, caller.actor(), id, &change, phc.as_deref())
    };
    Ok(Json(hub.store.write(work).await?))
}

/// Add an application or change it.
#[utoipa::path(put, path = "/v1/apps/{id}", params(("id" = String, Path)), request_body = App, tag = "admin",
    responses((status = 200, body = App), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put_app(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<String>,
    Body(app): Body<App>,
) -> Answer<Json<App>> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if app.id != id || id.len() > MAX_APP_BYTES || id.is_empty() || !id.chars().all(fits) {
        let detail =
            "an application's id has small letters, digits and '-', and is that of the path";
        return Err(Fault::new(Code::Invalid, detail));
    }
    check_text("the title", &app.title, MAX_NAME_BYTES)?;
    let wanted = &app.resources;
    check_amounts(&[
        wanted.memory_request,
        wanted.memory_limit,
        wanted.cpu_request,
        wanted.cpu_limit,
        wanted.pids,
    ])?;
    let kept = app.clone();
    hub.act(caller, move |tx, caller| {
        admin::put_app(tx, caller.actor(), &kept)
    })
    .await?;
    Ok(Json(app))
}

/// Numbers that can be added up for all sessions there ever are: 1 PiB, or as much of something else.
fn check_amounts(amounts: &[u64]) -> Result<(), Fault> {
    const MOST: u64 = 1 << 50;
    if amounts.iter().any(|amount| *amount > MOST) {
        return Err(Fault::new(
            Code::Invalid,
            format!("a number is at most {MOST}"),
        ));
    }
    Ok(())
}

fn subject(text: &str) -> Result<Subject, Fault> {
    Subject::parse(text).ok_or_else(|| Fault::new(Code::NotFound, "default, role:NAME or user:ID"))
}

/// The quota of `default`, `role:NAME` or `user:ID`, as it was set.
#[utoipa::path(get, path = "/v1/quotas/{subject}", params(("subject" = String, Path)), tag = "admin",
    responses((status = 200, body = Quota), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn quota(
    State(hub): State<Arc<Hub>>,
    Named(text): Named<String>,
) -> Answer<Json<Quota>> {
    let subject = subject(&text)?;
    Ok(Json(
        hub.store
            .read(move |tx| settings::quota(tx, subject))
            .await?,
    ))
}

/// Set the quota of `default`, `role:NAME` or `user:ID`.
#[utoipa::path(put, path = "/v1/quotas/{subject}", params(("subject" = String, Path)), request_body = Quota, tag = "admin",
    responses((status = 200, body = Quota), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put_quota(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(text): Named<String>,
    Body(quota): Body<Quota>,
) -> Answer<Json<Quota>> {
    let subject = subject(&text)?;
    let limits = [quota.cpu_limit, quota.mem_limit, quota.pids];
    check_amounts(&limits.map(Option::unwrap_or_default))?;
    let kept = quota.clone();
    hub.act(caller, move |tx, caller| {
        admin::put_quota(tx, caller.actor(), subject, &kept)
    })
    .await?;
    Ok(Json(quota))
}

fn role(text: &str) -> Result<Role, Fault> {
    Role::named(text).ok_or_else(|| Fault::new(Code::NotFound, "admin, auditor or user"))
}

/// What sessions of a role allow.
#[utoipa::path(get, path = "/v1/policies/{role}", params(("role" = String, Path)), tag = "admin",
    responses((status = 200, body = Policy), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn policy(
    State(hub): State<Arc<Hub>>,
    Named(text): Named<String>,
) -> Answer<Json<Policy>> {
    let role = role(&text)?;
    Ok(Json(
        hub.store.read(move |tx| settings::policy(tx, role)).await?,
    ))
}

/// Set what sessions of a role allow; for sessions that are started from then on.
#[utoipa::path(put, path = "/v1/policies/{role}", params(("role" = String, Path)), request_body = Policy, tag = "admin",
    responses((status = 200, body = Policy), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn put_policy(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(text): Named<String>,
    Body(policy): Body<Policy>,
) -> Answer<Json<Policy>> {
    let role = role(&text)?;
    let kept = policy.clone();
    hub.act(caller, move |tx, caller| {
        admin::put_policy(tx, caller.actor(), role, &kept)
    })
    .await?;
    Ok(Json(policy))
}

/// All nodes.
#[utoipa::path(get, path = "/v1/nodes", tag = "admin",
    responses((status = 200, body = [NodeStatus]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn nodes(State(hub): State<Arc<Hub>>) -> Answer<Json<Vec<NodeStatus>>> {
    Ok(Json(hub.store.read(fleet::list).await?))
}

/// Take a node out of service: what runs goes on, nothing new comes.
#[utoipa::path(post, path = "/v1/nodes/{id}/cordon", params(("id" = NodeId, Path)), tag = "admin",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn cordon(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<NodeId>,
) -> Answer<StatusCode> {
    set_cordoned(&hub, caller, id, true).await
}

/// Put a node back into service.
#[utoipa::path(post, path = "/v1/nodes/{id}/uncordon", params(("id" = NodeId, Path)), tag = "admin",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn uncordon(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<NodeId>,
) -> Answer<StatusCode> {
    set_cordoned(&hub, caller, id, false).await
}

/// Whether to take a node out that has sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RemoveQuery {
    /// Count its sessions as ended. On a machine that still runs they go on until their own timers end
    /// them: nobody can tell it anything any more.
    #[serde(default)]
    force: bool,
}

/// Take a node out for good: its token is void at once, and sessions of it that were lost have ended.
/// One that has other sessions is refused.
#[utoipa::path(delete, path = "/v1/nodes/{id}", params(("id" = NodeId, Path), RemoveQuery), tag = "admin",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_node(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<NodeId>,
    Asked(RemoveQuery { force }): Asked<RemoveQuery>,
) -> Answer<StatusCode> {
    hub.act(caller, move |tx, caller| {
        fleet::remove(tx, caller.actor(), id, force)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn set_cordoned(hub: &Hub, caller: Caller, id: NodeId, to: bool) -> Answer<StatusCode> {
    hub.act(caller, move |tx, caller| {
        fleet::cordon(tx, caller.actor(), id, to)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
