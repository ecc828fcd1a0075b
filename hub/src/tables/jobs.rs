//! What nodes shall do.
//!
//! A job is signed in the moment in which it is decided, and its row keeps the bytes that were signed.
//! Nothing that is read from a row is ever signed, or written anew: whoever changes rows makes jobs that
//! no node does.

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::limits::MAX_JOBS;
use hackstream_control_api::node::{JOB_TYPE, Job, JobEnvelope, JobKind, JobResult};
use hackstream_control_api::time::{Seconds, UnixMillis};

use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};

/// Gives a node something to do; the number of the job.
///
/// # Errors
/// Those of the store.
pub fn give(tx: &mut Tx<'_>, node: NodeId, kind: JobKind, good_for: Seconds) -> Result<u64, Fault> {
    // The row stays locked until the commit: numbers become visible in their order.
    let next = "UPDATE nodes SET job_seq = job_seq + 1 WHERE id = ?1 RETURNING job_seq";
    let seq: u64 = tx
        .first(next, values![node], Row::take)?
        .ok_or_else(|| StoreError::Corrupt(format!("there is no node {node}")))?;
    let job = Job {
        id: tx.id(JobId::new)?,
        node,
        seq,
        issued_at: tx.now,
        not_after: tx.now.plus(good_for),
        kind,
    };
    let (what, session) = about(&job.kind);
    let payload = serde_json::to_string(&job)?;
    let signature = tx.job_signer().seal(JOB_TYPE, payload.as_bytes());
    tx.execute(
        "INSERT INTO jobs (id, node_id, seq, job, signature, issued_at, not_after, kind, session_id, \
         private) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        values![
            job.id,
            node,
            seq,
            payload,
            signature.to_string(),
            job.issued_at,
            job.not_after,
            what.map(About::name),
            session,
            is_private(&job.kind)
        ],
    )?;
    tx.wake(Wake::Node(node));
    Ok(seq)
}

/// The jobs of a node that are not done, after number `after`.
///
/// # Errors
/// Those of the store.
pub fn open(tx: &mut Tx<'_>, node: NodeId, after: u64) -> Result<Vec<JobEnvelope>, StoreError> {
    let sql = "SELECT id, seq, job, signature FROM jobs WHERE node_id = ?1 AND seq > ?2 \
               AND done_at IS NULL AND signature IS NOT NULL ORDER BY seq LIMIT ?3";
    tx.list(sql, values![node, after, MAX_JOBS], |row| {
        Ok(JobEnvelope {
            id: row.take()?,
            seq: row.take()?,
            payload: row.take()?,
            signature: row.take()?,
        })
    })
}

/// A job that a node has told the end of.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    /// What it was, if that is known.
    pub about: Option<About>,
    /// Of which session.
    pub session: Option<SessionId>,
    /// When it was given.
    pub issued_at: UnixMillis,
}

/// Writes how a job went, and forgets what was to be opened: that is kept no longer than the node needs
/// it. `None` if there is no such job of this node, or it was told before.
///
/// # Errors
/// Those of the store.
pub fn finish(
    tx: &mut Tx<'_>,
    node: NodeId,
    id: JobId,
    result: &JobResult,
) -> Result<Option<Finished>, Fault> {
    let sql = "UPDATE jobs SET result = ?3, done_at = ?4, \
               job = CASE WHEN private = 1 THEN '' ELSE job END, \
               signature = CASE WHEN private = 1 THEN NULL ELSE signature END, private = 0 \
               WHERE id = ?1 AND node_id = ?2 AND done_at IS NULL \
               RETURNING kind, session_id, issued_at";
    let result = serde_json::to_string(result)?;
    let read = |row: &mut Row| {
        let kind: Option<String> = row.take()?;
        Ok(Finished {
            about: kind.as_deref().and_then(About::named),
            session: row.take()?,
            issued_at: row.take()?,
        })
    };
    Ok(tx.first(sql, values![id, node, result, tx.now], read)?)
}

/// Forgets what is opened in the sessions that a node has begun to start: it has written that down
/// itself before it counts the job as taken up, and goes on by itself.
///
/// # Errors
/// Those of the store.
pub fn taken_up(tx: &mut Tx<'_>, node: NodeId, last_seq: u64) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET job = '', signature = NULL, private = 0 \
               WHERE private = 1 AND kind = 'boot' AND node_id = ?1 AND seq <= ?2";
    tx.execute(sql, values![node, last_seq]).map(drop)
}

/// Jobs that are handled at once, where there may be many.
const PIECE: u32 = 100;

/// How long the result of a job may come after the time from which on no node begins it.
const RESULT_WITHIN: Seconds = Seconds::minutes(5);

/// Closes jobs that no node will do any more, and forgets what was to be opened; whether there may be
/// more of them.
///
/// # Errors
/// Those of the store.
pub fn close_late(tx: &mut Tx<'_>) -> Result<bool, Fault> {
    let sql = "UPDATE jobs SET done_at = ?3, job = CASE WHEN private = 1 THEN '' ELSE job END, \
               signature = CASE WHEN private = 1 THEN NULL ELSE signature END, private = 0 \
               WHERE id IN (SELECT id FROM jobs WHERE done_at IS NULL AND not_after < ?1 LIMIT ?2)";
    let late = tx.now.minus(RESULT_WITHIN);
    Ok(tx.execute(sql, values![late, PIECE, tx.now])? >= u64::from(PIECE))
}

/// Closes what a node had to do that is gone.
///
/// # Errors
/// Those of the store.
pub fn close_all(tx: &mut Tx<'_>, node: NodeId) -> Result<(), StoreError> {
    let sql = "UPDATE jobs SET done_at = ?2, job = CASE WHEN private = 1 THEN '' ELSE job END, \
               signature = CASE WHEN private = 1 THEN NULL ELSE signature END, private = 0 \
               WHERE node_id = ?1 AND done_at IS NULL";
    tx.execute(sql, values![node, tx.now]).map(drop)
}

/// Whether a node has been told to end a session, and has not said that it did.
///
/// # Errors
/// Those of the store.
pub fn is_being_stopped(
    tx: &mut Tx<'_>,
    node: NodeId,
    session: SessionId,
) -> Result<bool, StoreError> {
    let sql = "SELECT seq FROM jobs WHERE node_id = ?1 AND session_id = ?2 AND kind = 'stop' \
               AND done_at IS NULL LIMIT 1";
    Ok(!tx.query(sql, values![node, session])?.is_empty())
}

/// When a node was last told to end a session.
///
/// # Errors
/// Those of the store.
pub fn last_stop(
    tx: &mut Tx<'_>,
    node: NodeId,
    session: SessionId,
) -> Result<Option<UnixMillis>, StoreError> {
    let sql = "SELECT max(issued_at) FROM jobs \
               WHERE node_id = ?1 AND session_id = ?2 AND kind = 'stop'";
    let last: Option<Option<UnixMillis>> = tx.first(sql, values![node, session], Row::take)?;
    Ok(last.flatten())
}

/// What a job is, beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Starting a session.
    Boot,
    /// Ending it.
    Stop,
    /// Giving it to somebody.
    Claim,
    /// Sending its log.
    SendLog,
}

impl About {
    const ALL: [Self; 4] = [Self::Boot, Self::Stop, Self::Claim, Self::SendLog];

    /// As it stands in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Stop => "stop",
            Self::Claim => "claim",
            Self::SendLog => "send_log",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|about| about.name() == name)
    }
}

/// What a job is, and of which session.
fn about(kind: &JobKind) -> (Option<About>, Option<SessionId>) {
    match kind {
        JobKind::Boot(boot) => (Some(About::Boot), Some(boot.session)),
        JobKind::Stop(stop) => (Some(About::Stop), Some(stop.session)),
        JobKind::Claim(claim) => (Some(About::Claim), Some(claim.session)),
        JobKind::SendLog(log) => (Some(About::SendLog), Some(log.session)),
        JobKind::Unknown => (None, None),
    }
}

/// Whether it holds what somebody opens.
fn is_private(kind: &JobKind) -> bool {
    match kind {
        JobKind::Boot(boot) => boot.url.is_some(),
        JobKind::Claim(claim) => claim.url.is_some(),
        _ => false,
    }
}
