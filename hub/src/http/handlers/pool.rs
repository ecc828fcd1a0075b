//! Warm pools, as administrators see and set them.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use hackstream_control_api::limits::MAX_POOL;
use hackstream_control_api::pool::{PoolSize, PoolStatus};
use hackstream_control_api::problem::{Code, Problem};

use crate::deeds::pool::admin::{self, Change};
use crate::deeds::who::Caller;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Body, Named};
use crate::hub::Hub;
use crate::store::Tx;

/// How many sessions wait warm, and how many there are to be.
#[utoipa::path(get, path = "/v1/pool", tag = "admin",
    responses((status = 200, body = [PoolStatus]), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn list(State(hub): State<Arc<Hub>>) -> Answer<Json<Vec<PoolStatus>>> {
    Ok(Json(hub.store.read(admin::list).await?))
}

/// Set how many sessions of an application wait warm. `{"min": 0, "max": 0}` is none.
#[utoipa::path(put, path = "/v1/pool/{app}", params(("app" = String, Path)), request_body = PoolSize, tag = "admin",
    responses((status = 200, body = PoolStatus), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn set(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(app): Named<String>,
    Body(size): Body<PoolSize>,
) -> Answer<Json<PoolStatus>> {
    if size.min > size.max || size.max > MAX_POOL {
        let detail = format!("min is at most max, and max at most {MAX_POOL}");
        return Err(Fault::new(Code::Invalid, detail));
    }
    change(&hub, caller, app, Change::Size(size)).await
}

/// End an application's warm sessions and start none, until it is resumed.
#[utoipa::path(post, path = "/v1/pool/{app}/pause", params(("app" = String, Path)), tag = "admin",
    responses((status = 200, body = PoolStatus), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn pause(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(app): Named<String>,
) -> Answer<Json<PoolStatus>> {
    change(&hub, caller, app, Change::Pause(true)).await
}

/// Start warm sessions of an application again, also where starts have failed.
#[utoipa::path(post, path = "/v1/pool/{app}/resume", params(("app" = String, Path)), tag = "admin",
    responses((status = 200, body = PoolStatus), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn resume(
    State(hub): State<Arc<Hub>>,
    Extension(caller): Extension<Caller>,
    Named(app): Named<String>,
) -> Answer<Json<PoolStatus>> {
    change(&hub, caller, app, Change::Pause(false)).await
}

async fn change(hub: &Hub, caller: Caller, app: String, to: Change) -> Answer<Json<PoolStatus>> {
    let deed = move |tx: &mut Tx<'_>, caller: &Caller| admin::change(tx, caller.actor(), &app, to);
    Ok(Json(hub.act(caller, deed).await?))
}
