//! What a node says of how its jobs went.

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::node::{JobOutcome, JobResult, RefusalReason};
use hackstream_control_api::session::{SessionState, StopCause};
use hackstream_failpoint::reach;
use serde_json::json;

use super::report::{Reported, happen};
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::session::start::Reached;
use crate::store::Tx;
use crate::tables::jobs::About;
use crate::tables::{jobs, sessions};

/// Takes a node's word for how a job went. Hearing it twice changes nothing.
///
/// # Errors
/// Those of the store.
pub fn job_result(
    tx: &mut Tx<'_>,
    node: NodeId,
    id: JobId,
    result: &JobResult,
) -> Result<Reported, Fault> {
    let mut outcome = Reported::default();
    let Some(job) = jobs::finish(tx, node, id, result)? else {
        return Ok(outcome);
    };
    let done = result.outcome == JobOutcome::Done;
    match (job.about, job.session) {
        (Some(About::Boot), Some(session)) if !done => {
            let event = Event::BootFailed;
            failed(tx, node, session, event, result, &mut outcome)?;
        }
        (Some(About::Claim), Some(session)) if !done => {
            let event = Event::ClaimFailed;
            failed(tx, node, session, event, result, &mut outcome)?;
        }
        (Some(About::Claim), Some(session)) => {
            let session = sessions::find(tx, session)?;
            let took_ms = tx.now.millis_since(job.issued_at);
            let reached =
                session.map(|found| Reached::of(&found.view, took_ms, Default::default()));
            outcome.started.extend(reached);
        }
        _ => {}
    }
    if result.outcome == JobOutcome::Refused {
        let record = Record::new(Actor::Node(node), "job.refused");
        let record = record.target("job", id.to_string()).outcome("refused");
        // Not in the node's words: nobody can erase what stands in the log.
        let reason = result.reason.map_or("unknown", RefusalReason::name);
        let kind = job.about.map(About::name);
        let record = record.meta(json!({ "reason": reason, "kind": kind, "session": job.session }));
        audit::append(tx, record)?;
    }
    reach("hub.result.heard");
    Ok(outcome)
}

/// A session could not be started, or not be given to its owner.
fn failed(
    tx: &mut Tx<'_>,
    node: NodeId,
    id: SessionId,
    event: Event,
    result: &JobResult,
    outcome: &mut Reported,
) -> Result<(), Fault> {
    let Some(mut session) = sessions::lock(tx, id)? else {
        return Ok(());
    };
    let view = &mut session.view;
    // Who asked for the end before that is why it ends.
    if view.state != SessionState::Stopping && !view.state.is_final() {
        view.reason = result.detail.clone().or(view.reason.take());
    }
    happen(
        tx,
        node,
        &mut session,
        event,
        StopCause::StartFailed,
        outcome,
    )?;
    sessions::save(tx, &session)
}
