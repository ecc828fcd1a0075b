//! What has to be done when nobody asks: once a minute.

use hackstream_control_api::id::SessionId;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use serde_json::json;

use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::store::{Row, Tx, values};
use crate::tables::sessions;

/// How often it is done.
pub const EVERY: Seconds = Seconds::minutes(1);

/// A node that has been silent for so long has lost its sessions, until it comes back.
pub const LOST_AFTER: Seconds = Seconds::minutes(10);

/// How long events and finished jobs are kept.
const EVENTS: Seconds = Seconds::days(7);

/// How long an idempotency key is remembered.
const IDEMPOTENCY: Seconds = Seconds::hours(24);

/// Does it; the sessions that were lost or given up. `listening_since` is when this hub began to hear
/// nodes: before that, their silence is its own.
///
/// # Errors
/// Those of the store.
pub fn run(tx: &mut Tx<'_>, listening_since: UnixMillis) -> Result<u64, Fault> {
    let mut given_up = 0;
    if tx.now >= listening_since.plus(LOST_AFTER) {
        for id in silent(tx)? {
            given_up += u64::from(give_up(tx, id, Event::NodeGone, StopCause::NodeLost)?);
        }
    }
    for id in never_taken(tx)? {
        given_up += u64::from(give_up(tx, id, Event::BootFailed, StopCause::StartFailed)?);
    }
    forget(tx)?;
    Ok(given_up)
}

/// Sessions whose node is silent.
fn silent(tx: &mut Tx<'_>) -> Result<Vec<SessionId>, Fault> {
    let sql = "SELECT s.id FROM sessions s JOIN nodes n ON n.id = s.node_id \
               WHERE s.state NOT IN ('stopped', 'failed', 'lost') \
               AND coalesce(n.last_report_at, n.created_at) < ?1 ORDER BY s.id";
    Ok(tx.list(sql, values![tx.now.minus(LOST_AFTER)], Row::take)?)
}

/// Sessions whose node has not taken up the job in time.
fn never_taken(tx: &mut Tx<'_>) -> Result<Vec<SessionId>, Fault> {
    let sql = "SELECT s.id FROM sessions s JOIN jobs j ON j.node_id = s.node_id AND j.seq = s.boot_seq \
               WHERE s.state = 'pending' AND j.not_after < ?1 ORDER BY s.id";
    Ok(tx.list(sql, values![tx.now], Row::take)?)
}

fn give_up(tx: &mut Tx<'_>, id: SessionId, event: Event, cause: StopCause) -> Result<bool, Fault> {
    let Some(mut session) = sessions::lock(tx, id)? else {
        return Ok(false);
    };
    session.view.stop_cause.get_or_insert(cause);
    if !sessions::advance(tx, &mut session, event)? {
        return Ok(false);
    }
    sessions::save(tx, &session)?;
    let record = Record::new(Actor::Hub, "session.give_up").session(id, session.view.user_id);
    let meta = json!({ "state": session.view.state.name(), "cause": cause.name() });
    audit::append(tx, record.meta(meta))?;
    Ok(true)
}

/// Forgets what nobody can ask for any more. A refresh token is remembered as long as its device:
/// one that comes again has to be known.
fn forget(tx: &mut Tx<'_>) -> Result<(), Fault> {
    let week = tx.now.minus(EVENTS);
    tx.execute("DELETE FROM session_events WHERE at < ?1", values![week])?;
    tx.execute("DELETE FROM jobs WHERE done_at < ?1", values![week])?;
    let day = tx.now.minus(IDEMPOTENCY);
    tx.execute(
        "DELETE FROM idempotency WHERE created_at < ?1",
        values![day],
    )?;
    let tokens = "DELETE FROM tokens WHERE expires_at < ?1 AND (kind <> 'refresh' OR EXISTS \
                  (SELECT 1 FROM devices d WHERE d.id = tokens.device_id AND d.expires_at < ?1))";
    tx.execute(tokens, values![day])?;
    let devices = "DELETE FROM devices WHERE expires_at < ?1 \
                   AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.device_id = devices.id)";
    tx.execute(devices, values![day])?;
    Ok(())
}
