//! What happened to sessions, for those who watch them.

use hackstream_control_api::id::SessionId;
use hackstream_control_api::session::SessionEvent;

use super::sessions::Stored;
use crate::fault::Fault;
use crate::store::{Row, Tx, Wake, values};

/// Tells those who watch a locked session how it is now.
///
/// # Errors
/// Those of the store.
pub fn announce(tx: &mut Tx<'_>, stored: &mut Stored) -> Result<(), Fault> {
    stored.event_seq += 1;
    let view = &stored.view;
    let event = SessionEvent {
        seq: stored.event_seq,
        at: tx.now,
        state: view.state,
        phase: view.phase,
        reason: view.reason.clone(),
        stop_cause: view.stop_cause,
    };
    let sql = "INSERT INTO session_events (session_id, seq, at, event) VALUES (?1, ?2, ?3, ?4)";
    let text = serde_json::to_string(&event)?;
    tx.execute(sql, values![view.session_id, event.seq, tx.now, text])?;
    tx.wake(Wake::Session(view.session_id));
    Ok(())
}

/// The events of a session after number `seen`.
///
/// # Errors
/// Those of the store.
pub fn after(tx: &mut Tx<'_>, id: SessionId, seen: u64) -> Result<Vec<SessionEvent>, Fault> {
    let sql = "SELECT event FROM session_events WHERE session_id = ?1 AND seq > ?2 ORDER BY seq";
    let texts: Vec<String> = tx.list(sql, values![id, seen], Row::take)?;
    let read = |text: &String| Ok(serde_json::from_str(text)?);
    texts.iter().map(read).collect()
}
