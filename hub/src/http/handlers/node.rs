//! What nodes call.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hackstream_control_api::id::JobId;
use hackstream_control_api::limits::{
    MAX_NODE_TEXT_BYTES, MAX_POLL_SECONDS, MAX_REPORTED_SESSIONS,
};
use hackstream_control_api::node::{
    JobEnvelope, JobList, JobOutcome, JobResult, Report, ReportAnswer,
};
use hackstream_control_api::problem::{Code, Problem};
use hackstream_failpoint::reach;
use hackstream_ticket::KeyHash;
use serde::Deserialize;
use utoipa::IntoParams;

use super::sessions::count;
use crate::deeds::{job_result, report};
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::ask::{Asked, Body, Named};
use crate::http::waiting::Waiting;
use crate::hub::Hub;
use crate::metrics::ResultLabel;
use crate::store::{Tx, Wake};
use crate::tables::nodes::Shown;
use crate::tables::{jobs, nodes};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobQuery {
    /// The number of the last job that the node has taken up.
    #[serde(default)]
    after: u64,
    /// Seconds to wait if there is none; at most 30.
    #[serde(default)]
    wait: u64,
}

/// What the node shall do; waits until there is something.
#[utoipa::path(get, path = "/v1/node/jobs", params(JobQuery), tag = "node",
    responses((status = 200, body = JobList), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn jobs(
    State(hub): State<Arc<Hub>>,
    Extension(shown): Extension<Shown>,
    Asked(query): Asked<JobQuery>,
) -> Answer<Json<JobList>> {
    let longest = Duration::from_secs(query.wait.min(MAX_POLL_SECONDS));
    let mut waiting = Waiting::begin(&hub, longest);
    loop {
        let jobs = open(&hub, shown, query.after).await?;
        if !jobs.is_empty() {
            reach("hub.jobs.given");
            return Ok(Json(JobList { jobs }));
        }
        if !waiting.woken(|wake| wake == Wake::Node(shown.node)).await {
            return Ok(Json(JobList::default()));
        }
    }
}

async fn open(hub: &Hub, shown: Shown, after: u64) -> Answer<Vec<JobEnvelope>> {
    let look = move |tx: &mut Tx<'_>| -> Answer<_> {
        let node = nodes::still(tx, shown)?;
        Ok(jobs::open(tx, node, after)?)
    };
    hub.store.read(look).await
}

/// How a job went.
#[utoipa::path(post, path = "/v1/node/jobs/{id}/result", params(("id" = JobId, Path)),
    request_body = JobResult, tag = "node",
    responses((status = 204), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn result(
    State(hub): State<Arc<Hub>>,
    Extension(shown): Extension<Shown>,
    Named(id): Named<JobId>,
    Body(mut result): Body<JobResult>,
) -> Answer<StatusCode> {
    check_node_text(result.detail.as_deref())?;
    clean(&mut result.detail);
    let label = match result.outcome {
        JobOutcome::Done => "done",
        JobOutcome::Failed => "failed",
        JobOutcome::Refused => "refused",
    };
    let reported = hub
        .store
        .write(move |tx| {
            let node = nodes::acting(tx, shown)?;
            job_result::job_result(tx, node, id, &result)
        })
        .await?;
    hub.metrics
        .jobs
        .get_or_create(&ResultLabel { result: label })
        .inc();
    count(&hub, &reported);
    Ok(StatusCode::NO_CONTENT)
}

/// How the node and its sessions are.
#[utoipa::path(post, path = "/v1/node/report", request_body = Report, tag = "node",
    responses((status = 200, body = ReportAnswer), (status = "default", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn report(
    State(hub): State<Arc<Hub>>,
    Extension(shown): Extension<Shown>,
    Body(mut report): Body<Report>,
) -> Answer<Json<ReportAnswer>> {
    check_report(&report)?;
    for session in &mut report.sessions {
        clean(&mut session.detail);
    }
    let reported = hub
        .store
        .write(move |tx| {
            let node = nodes::acting(tx, shown)?;
            report::report(tx, node, &report)
        })
        .await?;
    count(&hub, &reported);
    Ok(Json(reported.answer))
}

fn check_report(report: &Report) -> Result<(), Fault> {
    if report.sessions.len() > MAX_REPORTED_SESSIONS {
        let detail = format!("a report has at most {MAX_REPORTED_SESSIONS} sessions");
        return Err(Fault::new(Code::Invalid, detail));
    }
    check_facts(&report.version, &report.apps)?;
    for session in &report.sessions {
        check_node_text(session.detail.as_deref())?;
        if let Some(key) = &session.server_spki {
            let parsed: Result<KeyHash, _> = key.parse();
            parsed
                .map_err(|_| Fault::new(Code::Invalid, "server_spki has 64 hexadecimal digits"))?;
        }
        if let Some(address) = &session.address {
            check_node_name(&address.host)?;
            check_node_name(&address.sni)?;
        }
    }
    Ok(())
}

/// What a node says of itself.
pub(super) fn check_facts(version: &str, apps: &[String]) -> Result<(), Fault> {
    if apps.len() > MAX_REPORTED_SESSIONS {
        let detail = format!("a node has at most {MAX_REPORTED_SESSIONS} applications");
        return Err(Fault::new(Code::Invalid, detail));
    }
    check_node_name(version)?;
    apps.iter().try_for_each(|app| check_node_name(app))
}

fn check_node_text(text: Option<&str>) -> Result<(), Fault> {
    if text.is_some_and(|text| text.len() > MAX_NODE_TEXT_BYTES) {
        let detail = format!("a text has at most {MAX_NODE_TEXT_BYTES} bytes");
        return Err(Fault::new(Code::Invalid, detail));
    }
    Ok(())
}

/// What names something: as short, and without control characters.
fn check_node_name(text: &str) -> Result<(), Fault> {
    if text.chars().any(char::is_control) {
        let detail = "a name has no control characters";
        return Err(Fault::new(Code::Invalid, detail));
    }
    check_node_text(Some(text))
}

/// What is shown to people does nothing to their terminals. It may be what a program has said, so it
/// is no reason to refuse a report.
fn clean(text: &mut Option<String>) {
    if let Some(text) = text {
        *text = text.replace(char::is_control, " ");
    }
}
