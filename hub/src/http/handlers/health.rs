//! Whether the hub works, and how.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hackstream_control_api::health::Health;
use hackstream_control_api::problem::Problem;
use tokio::sync::Mutex;

use crate::audit;
use crate::deeds::{fleet, report};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::hub::Hub;
use crate::metrics;
use crate::store::{Store, StoreError, Tx, values};
use crate::tables::nodes;

/// Whether the process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", responses((status = 204)))]
pub(crate) async fn live() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Whether sessions can be started: the store can be written, and a node reports.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(crate) async fn ready(State(hub): State<Arc<Hub>>) -> Response {
    let health = hub.readiness.look(&hub.store).await;
    let status = if health.ok {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health)).into_response()
}

/// How long an answer is given again. Everybody may ask, and finding out costs a commit.
const FRESH: Duration = Duration::from_secs(1);

/// What was found out last about whether the hub works, and when.
#[derive(Default)]
pub struct Readiness(Mutex<Option<(Instant, Health)>>);

impl Readiness {
    /// Whether the hub works. Who asks while somebody else finds out waits for that.
    async fn look(&self, store: &Store) -> Health {
        let mut kept = self.0.lock().await;
        if let Some((_, health)) = kept.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return health.clone();
        }
        let touch = |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            tx.execute("UPDATE audit_head SET one = 1 WHERE one = 1", values![])
                .map(drop)
        };
        let can_write = store.write(touch).await.is_ok();
        let nodes = store.read(nodes::count_ready).await.unwrap_or(0);
        let health = Health {
            ok: can_write && nodes > 0,
            store: can_write,
            nodes,
        };
        *kept = Some((Instant::now(), health.clone()));
        health
    }
}

/// Metrics, as Prometheus reads them.
#[utoipa::path(get, path = "/v1/metrics", tag = "admin",
    responses((status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn metrics(State(hub): State<Arc<Hub>>) -> Answer<Response> {
    let text = text(&hub).await?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response())
}

/// The text of the metrics, with what is looked up at this moment.
///
/// # Errors
/// Those of the store.
pub async fn text(hub: &Hub) -> Result<String, Fault> {
    let look = |tx: &mut Tx<'_>| -> Answer<_> {
        Ok((report::census(tx)?, fleet::list(tx)?, audit::head(tx)?))
    };
    let (sessions, nodes, head) = hub.store.read(look).await?;
    // One at a time: another would clear what this one sets.
    let _alone = hub.metrics.scraping.lock();
    let to = &hub.metrics;
    // A series of which there is nothing any more goes.
    to.sessions.clear();
    for (state, app, count) in sessions {
        let label = metrics::SessionLabel { state, app };
        to.sessions.get_or_create(&label).set(whole(count));
    }
    to.node_up.clear();
    to.node_free.clear();
    to.node_age.clear();
    for node in nodes {
        let label = metrics::NodeLabel { node: node.name };
        to.node_up.get_or_create(&label).set(i64::from(node.alive));
        let free = node
            .capacity
            .memory_allocatable
            .saturating_sub(node.memory_promised);
        to.node_free.get_or_create(&label).set(whole(free));
        if let Some(last) = node.last_report_at {
            let age = hub.store.now().millis_since(last) as f64 / 1000.0;
            to.node_age.get_or_create(&label).set(age);
        }
    }
    to.audit_seq.set(whole(head.seq));
    Ok(to.text())
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
