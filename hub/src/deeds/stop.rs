//! Ending sessions.

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{JobKind, Stop};
use hackstream_control_api::problem::Code;
use hackstream_control_api::session::{Session, SessionState, StopCause};
use hackstream_control_api::time::Seconds;
use serde_json::json;

use super::who::Caller;
use crate::access::Permission;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::store::Tx;
use crate::tables::sessions::Stored;
use crate::tables::{jobs, sessions};

/// What programs may take for ending themselves, if nothing is said.
pub const DEFAULT_GRACE: Seconds = Seconds(5);

/// The same where somebody is to see nothing more at once: an account that was closed.
pub const REVOKED_GRACE: Seconds = Seconds(1);

/// The most that may be asked for.
pub const LONGEST_GRACE: Seconds = Seconds(60);

/// A node that comes back after days still has to end what was to end.
const GOOD_FOR: Seconds = Seconds::days(30);

/// Ends a session for somebody who may, in whatever state it is.
///
/// # Errors
/// [`Code::NotFound`] if there is none, or it is not the caller's to stop; those of the store.
pub fn stop(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: SessionId,
    grace: Seconds,
) -> Result<Session, Fault> {
    let mut session = sessions::lock_with_node(tx, id)?.ok_or(Code::NotFound)?;
    let own = session.view.user_id == Some(caller.user);
    let cause = if own && caller.may(Permission::SessionOwn) {
        StopCause::User
    } else if caller.may(Permission::SessionStopAny) {
        StopCause::Admin
    } else {
        return Err(Code::NotFound.into());
    };
    let actor = Actor::User(caller.user);
    if session.view.state == SessionState::Lost && caller.may(Permission::SessionStopAny) {
        // Its node may never come back. If it does, it is told by what it reports.
        give_up(tx, &mut session, cause, actor)?;
    } else {
        end(tx, &mut session, cause, grace, actor)?;
    }
    Ok(session.view)
}

/// Counts a locked session as ended, whatever its node would say, and writes it down.
///
/// # Errors
/// Those of the store.
pub fn give_up(
    tx: &mut Tx<'_>,
    session: &mut Stored,
    cause: StopCause,
    actor: Actor,
) -> Result<(), Fault> {
    let was = session.view.state;
    let before = session.view.stop_cause.replace(cause);
    if !sessions::advance(tx, session, Event::GivenUp)? {
        session.view.stop_cause = before;
        return Ok(());
    }
    sessions::save(tx, session)?;
    let view = &session.view;
    let record = Record::new(actor, "session.give_up").session(view.session_id, view.user_id);
    let meta = json!({ "state": view.state.name(), "was": was.name(), "cause": cause.name() });
    Ok(audit::append(tx, record.meta(meta))?)
}

/// Ends a session that is locked, as is its node, and writes it down. Does nothing where it is ending already.
///
/// # Errors
/// Those of the store.
pub fn end(
    tx: &mut Tx<'_>,
    session: &mut Stored,
    cause: StopCause,
    grace: Seconds,
    actor: Actor,
) -> Result<(), Fault> {
    // Before the event is made, so that it says why; kept only if there is one.
    let before = session.view.stop_cause.replace(cause);
    if !sessions::advance(tx, session, Event::StopAsked)? {
        session.view.stop_cause = before;
        return Ok(());
    }
    let id = session.view.session_id;
    let node = session.view.node_id;
    // One that is lost may be told to end again and again; its node is told once.
    let told = node.map_or(Ok(true), |node| jobs::is_being_stopped(tx, node, id))?;
    if let (Some(node), false) = (node, told) {
        let stop = Stop {
            session: id,
            grace,
            cause,
        };
        jobs::give(tx, node, JobKind::Stop(stop), GOOD_FOR)?;
    }
    sessions::save(tx, session)?;
    let record = Record::new(actor, "session.stop").session(id, session.view.user_id);
    Ok(audit::append(
        tx,
        record.meta(json!({ "cause": cause.name() })),
    )?)
}
