//! What has to be done when nobody asks: once a minute.
//!
//! Each session is a transaction, and so is each piece of what is forgotten: nobody else waits long,
//! and what cannot be done does not keep the rest from being done.

use hackstream_control_api::id::SessionId;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use serde_json::json;

use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::session::life::Event;
use crate::store::{Row, Store, Tx, Value, values};
use crate::tables::{jobs, sessions};

/// How often it is done.
pub const EVERY: Seconds = Seconds::minutes(1);

/// A node that has been silent for so long has lost its sessions, until it comes back.
pub const LOST_AFTER: Seconds = Seconds::minutes(10);

/// How long events and finished jobs are kept.
const EVENTS: Seconds = Seconds::days(7);

/// How long an idempotency key is remembered, and tokens after their end.
const DAY: Seconds = Seconds::hours(24);

/// Rows that are forgotten at once.
const PIECE: u32 = 1000;

/// What came of it.
#[derive(Debug, Default)]
pub struct Kept {
    /// Sessions that were lost or given up.
    pub given_up: u64,
    /// What could not be done.
    pub faults: Vec<Fault>,
}

impl Kept {
    fn note<T: Default>(&mut self, result: Result<T, Fault>) -> T {
        result.unwrap_or_else(|fault| {
            self.faults.push(fault);
            T::default()
        })
    }
}

/// Does it. `listening_since` is when this hub began to hear nodes: before that, their silence is its
/// own.
pub async fn run(store: &Store, listening_since: UnixMillis) -> Kept {
    let mut kept = Kept::default();
    if store.now() >= listening_since.plus(LOST_AFTER) {
        let silent = kept.note(store.read(silent).await);
        for id in silent {
            let give_up =
                move |tx: &mut Tx<'_>| give_up(tx, id, Event::NodeGone, StopCause::NodeLost);
            kept.given_up += u64::from(kept.note(store.write(give_up).await));
        }
    }
    let never_taken = kept.note(store.read(never_taken).await);
    for id in never_taken {
        let give_up =
            move |tx: &mut Tx<'_>| give_up(tx, id, Event::BootFailed, StopCause::StartFailed);
        kept.given_up += u64::from(kept.note(store.write(give_up).await));
    }
    while kept.note(store.write(jobs::close_late).await) {}
    for (statement, span) in FORGOTTEN {
        while kept.note(store.write(move |tx| forget(tx, statement, *span)).await) {}
    }
    kept
}

/// Sessions whose node is silent.
fn silent(tx: &mut Tx<'_>) -> Result<Vec<SessionId>, Fault> {
    let sql = "SELECT s.id FROM sessions s JOIN nodes n ON n.id = s.node_id \
               WHERE s.state NOT IN ('stopped', 'failed') AND s.state <> 'lost' \
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
    let Some(mut session) = sessions::lock_with_node(tx, id)? else {
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

/// What nobody can ask for any more, and how long after its time it goes; a piece at once. A refresh
/// token is remembered as long as its device: one that comes again has to be known.
const FORGOTTEN: &[(&str, Seconds)] = &[
    (
        "DELETE FROM session_events WHERE (session_id, seq) IN \
         (SELECT session_id, seq FROM session_events WHERE at < ?1 LIMIT ?2)",
        EVENTS,
    ),
    (
        "DELETE FROM jobs WHERE id IN \
         (SELECT id FROM jobs WHERE done_at IS NOT NULL AND done_at < ?1 LIMIT ?2)",
        EVENTS,
    ),
    (
        "DELETE FROM enrollments WHERE code_hash IN \
         (SELECT code_hash FROM enrollments WHERE expires_at < ?1 LIMIT ?2)",
        DAY,
    ),
    (
        "DELETE FROM idempotency WHERE (user_id, idempotency_key) IN \
         (SELECT user_id, idempotency_key FROM idempotency WHERE created_at < ?1 LIMIT ?2)",
        DAY,
    ),
    (
        "DELETE FROM tokens WHERE id IN \
         (SELECT id FROM tokens WHERE expires_at < ?1 AND kind <> 'refresh' LIMIT ?2)",
        DAY,
    ),
    (
        "DELETE FROM tokens WHERE id IN (SELECT t.id FROM devices d \
         JOIN tokens t ON t.device_id = d.id WHERE d.expires_at < ?1 LIMIT ?2)",
        DAY,
    ),
    (
        "DELETE FROM tokens WHERE id IN (SELECT t.id FROM devices d \
         JOIN tokens t ON t.device_id = d.id \
         WHERE d.revoked_at IS NOT NULL AND d.revoked_at < ?1 LIMIT ?2)",
        DAY,
    ),
    (
        "DELETE FROM devices WHERE id IN (SELECT d.id FROM devices d \
         WHERE d.expires_at < ?1 OR (d.revoked_at IS NOT NULL AND d.revoked_at < ?1) LIMIT ?2) \
         AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.device_id = devices.id)",
        DAY,
    ),
];

/// Forgets a piece; whether there may be more.
fn forget(tx: &mut Tx<'_>, statement: &'static str, span: Seconds) -> Result<bool, Fault> {
    let before = Value::from(tx.now.minus(span));
    let gone = tx.execute(statement, &[before, Value::from(PIECE)])?;
    Ok(gone >= u64::from(PIECE))
}
