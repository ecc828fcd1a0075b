//! What a node says of its sessions, and of its jobs.

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::node::{
    JobKind, JobOutcome, JobResult, NodeSession, NodeSessionState, Report, ReportAnswer, Stop,
};
use hackstream_control_api::session::{SessionState, StopCause};
use hackstream_control_api::time::Seconds;
use hackstream_failpoint::reach;
use serde_json::json;

use super::stop::DEFAULT_GRACE;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::store::{Row, Tx, values};
use crate::tables::sessions::Stored;
use crate::tables::{events, jobs, nodes, pools, sessions};

/// What a report changed, for the metrics.
#[derive(Debug, Default)]
pub struct Reported {
    /// What to tell the node.
    pub answer: ReportAnswer,
    /// Sessions that their owners can use now: application, whether they were warm, milliseconds since
    /// they were asked for.
    pub started: Vec<(String, bool, u64)>,
    /// Why sessions ended.
    pub ended: Vec<StopCause>,
}

/// Takes a node's word for how its sessions are.
///
/// # Errors
/// Those of the store.
pub fn report(tx: &mut Tx<'_>, node: NodeId, report: &Report) -> Result<Reported, Fault> {
    nodes::set_reported(tx, node, report)?;
    jobs::taken_up(tx, node, report.last_seq)?;
    let mut outcome = Reported::default();
    outcome.answer.now = tx.now;
    outcome.answer.audit = Some(audit::state(tx, report.seen)?);
    let mut known = sessions::lock_of_node(tx, node)?;
    for session in &mut known {
        let id = session.view.session_id;
        match report.sessions.iter().find(|seen| seen.session == id) {
            Some(seen) => hear(tx, node, session, seen, &mut outcome)?,
            None if session.boot_seq <= report.last_seq => {
                let cause = StopCause::NodeLost;
                happen(tx, node, session, Event::Missing, cause, &mut outcome)?;
            }
            None => {}
        }
    }
    for seen in &report.sessions {
        let ended = matches!(
            seen.state,
            NodeSessionState::Ended | NodeSessionState::Failed
        );
        if ended {
            outcome.answer.forget.push(seen.session);
        } else if !known
            .iter()
            .any(|session| session.view.session_id == seen.session)
        {
            end_again(tx, node, seen.session)?;
        }
    }
    reach("hub.report.heard");
    Ok(outcome)
}

/// What a node says of one session.
fn hear(
    tx: &mut Tx<'_>,
    node: NodeId,
    session: &mut Stored,
    seen: &NodeSession,
    outcome: &mut Reported,
) -> Result<(), Fault> {
    let view = &mut session.view;
    let was = (view.state, view.phase, view.stops_at);
    view.viewers = seen.viewers;
    view.last_input_at = seen.last_input.or(view.last_input_at);
    view.last_viewer_at = seen.last_viewer.or(view.last_viewer_at);
    view.stops_at = seen.stops_at;
    view.phase = seen.phase;
    view.exit = seen.exit.or(view.exit);
    // Who asked for the end before the node had a reason of its own is why it ends.
    if view.state != SessionState::Stopping {
        view.stop_cause = seen.stop_cause;
        view.reason.clone_from(&seen.detail);
    }
    session.server_spki = seen.server_spki.clone().or(session.server_spki.take());
    session.address = seen.address.clone().or(session.address.take());
    let event = Event::Seen {
        state: seen.state,
        owned: view.user_id.is_some(),
        visited: seen.viewers > 0 || view.last_viewer_at.is_some(),
    };
    let otherwise = match seen.state {
        NodeSessionState::Failed if was.0 <= SessionState::Provisioning => StopCause::StartFailed,
        NodeSessionState::Failed => StopCause::Crashed,
        _ => StopCause::ApplicationEnded,
    };
    let before = session.event_seq;
    happen(tx, node, session, event, otherwise, outcome)?;
    let view = &session.view;
    if session.event_seq == before && (view.state, view.phase, view.stops_at) != was {
        events::announce(tx, session)?;
    }
    sessions::save(tx, session)
}

/// Lets `event` happen to a session, and writes down its end. `otherwise` is why it ended, where
/// nothing else is known.
fn happen(
    tx: &mut Tx<'_>,
    node: NodeId,
    session: &mut Stored,
    event: Event,
    otherwise: StopCause,
    outcome: &mut Reported,
) -> Result<(), Fault> {
    let was_ready = session.view.ready_at.is_some();
    let ends =
        crate::session::life::next(session.view.state, event).is_some_and(|state| state.is_final());
    if ends {
        session.view.stop_cause.get_or_insert(otherwise);
    }
    if !sessions::advance(tx, session, event)? {
        return Ok(());
    }
    let view = &session.view;
    if let (false, Some(ready_at)) = (was_ready, view.ready_at) {
        let took = ready_at.millis_since(view.created_at);
        match view.user_id {
            Some(_) => outcome.started.push((view.app.clone(), false, took)),
            None => pool_started(tx, &view.app, took)?,
        }
    } else if view.state == SessionState::Failed && !was_ready && view.user_id.is_none() {
        pool_failed(tx, &view.app)?;
    }
    let view = &session.view;
    if ends {
        let cause = view.stop_cause.unwrap_or(otherwise);
        outcome.ended.push(cause);
        let record = Record::new(Actor::Node(node), "session.end");
        let record = record.session(view.session_id, view.user_id);
        let meta = json!({ "state": view.state.name(), "cause": cause.name(), "exit": view.exit });
        sessions::save(tx, session)?;
        return Ok(audit::append(tx, record.meta(meta))?);
    }
    sessions::save(tx, session)
}

fn pool_started(tx: &mut Tx<'_>, app: &str, took: u64) -> Result<(), Fault> {
    pools::remember(tx, app, |memory| {
        memory.demand = memory.demand.booted(took);
        memory.breaker.succeeded();
    })?;
    Ok(())
}

/// A member could not be started; if that made a pause, the log tells it.
fn pool_failed(tx: &mut Tx<'_>, app: &str) -> Result<(), Fault> {
    let (now, mut paused) = (tx.now, false);
    let memory = pools::remember(tx, app, |memory| paused = memory.breaker.failed(now))?;
    if let (true, Some(memory)) = (paused, memory) {
        let record = Record::new(Actor::Hub, "pool.hold").target("pool", app);
        audit::append(
            tx,
            record.meta(json!({ "failures": memory.breaker.failures })),
        )?;
    }
    Ok(())
}

/// A node still has what has ended for the hub, such as one that came too late: it shall end it. What
/// the hub has never heard of is left alone: it may have lost its memory.
fn end_again(tx: &mut Tx<'_>, node: NodeId, id: SessionId) -> Result<(), Fault> {
    let Some(session) = sessions::find(tx, id)?.filter(|session| session.view.state.is_final())
    else {
        return Ok(());
    };
    if jobs::is_being_stopped(tx, node, id)? {
        return Ok(());
    }
    let stop = Stop {
        session: id,
        grace: DEFAULT_GRACE,
        cause: session.view.stop_cause.unwrap_or(StopCause::Unknown),
    };
    jobs::give(tx, node, JobKind::Stop(stop), Seconds::days(1))?;
    Ok(())
}

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
    match &job.kind {
        JobKind::Boot(boot) if !done => {
            let event = Event::BootFailed;
            failed(tx, node, boot.session, event, result, &mut outcome)?;
        }
        JobKind::Claim(claim) if !done => {
            let event = Event::ClaimFailed;
            failed(tx, node, claim.session, event, result, &mut outcome)?;
        }
        JobKind::Claim(claim) => {
            let session = sessions::find(tx, claim.session)?;
            let took = tx.now.millis_since(job.issued_at);
            outcome
                .started
                .extend(session.map(|found| (found.view.app, true, took)));
        }
        _ => {}
    }
    if result.outcome == JobOutcome::Refused {
        let record = Record::new(Actor::Node(node), "job.refused");
        let record = record.target("job", id.to_string()).outcome("refused");
        // Not in the node's words: nobody can erase what stands in the log.
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
    session.view.reason = result.detail.clone().or(session.view.reason.take());
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

/// Sessions in each state that has not ended.
///
/// # Errors
/// Those of the store.
pub fn census(tx: &mut Tx<'_>) -> Result<Vec<(String, String, u64)>, Fault> {
    let sql = "SELECT state, app, count(*) FROM sessions \
               WHERE state NOT IN ('stopped', 'failed') GROUP BY state, app";
    let read = |row: &mut Row| Ok((row.take()?, row.take()?, row.take()?));
    Ok(tx.list(sql, values![], read)?)
}
