//! What a node says of its sessions.

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::node::{
    JobKind, NodeSession, NodeSessionState, Report, ReportAnswer, Stop,
};
use hackstream_control_api::session::{SessionState, StopCause};
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_failpoint::reach;
use serde_json::json;

use super::stop::DEFAULT_GRACE;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::session::start::Reached;
use crate::store::{Row, Tx, values};
use crate::tables::sessions::Stored;
use crate::tables::{events, jobs, nodes, pools, sessions};

/// What a report changed, for the metrics.
#[derive(Debug, Default)]
pub struct Reported {
    /// What to tell the node.
    pub answer: ReportAnswer,
    /// Sessions that their owners can use now.
    pub started: Vec<Reached>,
    /// Sessions whose first viewers were sent something.
    pub shown: Vec<Reached>,
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
    let was_ready = view.ready_at.is_some();
    happen(tx, node, session, event, otherwise, outcome)?;
    if !was_ready {
        started(tx, session, seen, outcome)?;
    }
    shown(tx, session, seen, outcome);
    if runs_on(session, seen) {
        stop_again(tx, node, session)?;
    }
    let view = &session.view;
    if session.event_seq == before && (view.state, view.phase, view.stops_at) != was {
        events::announce(tx, session)?;
    }
    sessions::save(tx, session)
}

/// Whether a session that is to end goes on as if nobody had said so.
fn runs_on(session: &Stored, seen: &NodeSession) -> bool {
    let runs = matches!(
        seen.state,
        NodeSessionState::Starting | NodeSessionState::Ready
    );
    session.view.state == SessionState::Stopping && runs
}

/// How long a node may take to do what ends a session: the longest grace, and what there is around it.
const STOP_WITHIN: Seconds = Seconds::minutes(2);

/// A session that should have ended by now is told to end once more: the node did not take the job, or
/// its row was tampered with.
fn stop_again(tx: &mut Tx<'_>, node: NodeId, session: &Stored) -> Result<(), Fault> {
    let id = session.view.session_id;
    let last = jobs::last_stop(tx, node, id)?;
    let is_late = last.is_none_or(|last| last.plus(STOP_WITHIN) < tx.now);
    if is_late && !jobs::is_being_stopped(tx, node, id)? {
        tell_to_stop(tx, node, session)?;
    }
    Ok(())
}

fn tell_to_stop(tx: &mut Tx<'_>, node: NodeId, session: &Stored) -> Result<(), Fault> {
    let stop = Stop {
        session: session.view.session_id,
        grace: DEFAULT_GRACE,
        cause: session.view.stop_cause.unwrap_or(StopCause::Unknown),
    };
    jobs::give(tx, node, JobKind::Stop(stop), Seconds::days(1)).map(drop)
}

/// Lets `event` happen to a session, and writes down its end. `otherwise` is why it ended, where
/// nothing else is known.
pub(super) fn happen(
    tx: &mut Tx<'_>,
    node: NodeId,
    session: &mut Stored,
    event: Event,
    otherwise: StopCause,
    outcome: &mut Reported,
) -> Result<(), Fault> {
    let ends =
        crate::session::life::next(session.view.state, event).is_some_and(|state| state.is_final());
    if ends {
        session.view.stop_cause.get_or_insert(otherwise);
    }
    if !sessions::advance(tx, session, event)? {
        return Ok(());
    }
    let view = &session.view;
    if view.state == SessionState::Failed && view.ready_at.is_none() && view.user_id.is_none() {
        pool_failed(tx, &view.app)?;
    }
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

/// Of a session that was not ready before: what its start took, if it is now.
fn started(
    tx: &mut Tx<'_>,
    session: &Stored,
    seen: &NodeSession,
    outcome: &mut Reported,
) -> Result<(), Fault> {
    let view = &session.view;
    let Some(ready_at) = view.ready_at else {
        return Ok(());
    };
    let took_ms = ready_at.millis_since(view.created_at);
    if view.user_id.is_none() {
        return pool_started(tx, &view.app, took_ms);
    }
    (outcome.started).push(Reached::of(view, took_ms, seen.start));
    Ok(())
}

/// Notes that a session's first viewer was sent something, once.
fn shown(tx: &Tx<'_>, session: &mut Stored, seen: &NodeSession, outcome: &mut Reported) {
    let view = &mut session.view;
    let (Some(ago), None) = (seen.first_frame_ago_ms, view.first_frame_at) else {
        return;
    };
    // A node's word: no later than now, no earlier than the wish.
    let at = tx.now.0.saturating_sub(ago).max(view.created_at.0);
    view.first_frame_at = Some(UnixMillis(at));
    let took_ms = at - view.created_at.0;
    (outcome.shown).push(Reached::of(view, took_ms, seen.start));
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
    tell_to_stop(tx, node, &session)
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
