//! What nodes shall do.

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::limits::MAX_JOBS;
use hackstream_control_api::node::{Job, JobKind, JobResult};
use hackstream_control_api::time::Seconds;

use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Value, Wake, values};

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
    let (name, session) = about(&job.kind);
    tx.execute(
        "INSERT INTO jobs (id, node_id, seq, job, not_after, kind, session_id, private) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        values![
            job.id,
            node,
            seq,
            serde_json::to_string(&job)?,
            job.not_after,
            name,
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
pub fn open(tx: &mut Tx<'_>, node: NodeId, after: u64) -> Result<Vec<Job>, Fault> {
    let sql = "SELECT job FROM jobs WHERE node_id = ?1 AND seq > ?2 AND done_at IS NULL \
               ORDER BY seq LIMIT ?3";
    read(tx, sql, values![node, after, MAX_JOBS])
}

/// Writes how a job went. `None` if there is no such job of this node, or it was told before.
///
/// # Errors
/// Those of the store.
pub fn finish(
    tx: &mut Tx<'_>,
    node: NodeId,
    id: JobId,
    result: &JobResult,
) -> Result<Option<Job>, Fault> {
    let sql = "UPDATE jobs SET result = ?3, done_at = ?4 \
               WHERE id = ?1 AND node_id = ?2 AND done_at IS NULL RETURNING job";
    let result = serde_json::to_string(result)?;
    let job: Option<String> = tx.first(sql, values![id, node, result, tx.now], Row::take)?;
    let job: Option<Job> = job.map(|job| serde_json::from_str(&job)).transpose()?;
    if let Some(job) = &job {
        forget_url(tx, job)?;
    }
    Ok(job)
}

/// What somebody opens is kept no longer than the node needs it.
fn forget_url(tx: &mut Tx<'_>, job: &Job) -> Result<(), Fault> {
    let mut kept = job.clone();
    match &mut kept.kind {
        JobKind::Boot(boot) => boot.url = None,
        JobKind::Claim(claim) => claim.url = None,
        _ => return Ok(()),
    }
    let sql = "UPDATE jobs SET job = ?2, private = 0 WHERE id = ?1";
    tx.execute(sql, values![job.id, serde_json::to_string(&kept)?])?;
    Ok(())
}

/// Forgets what is opened in the sessions that a node has begun to start: it has written that down
/// itself before it counts the job as taken up.
///
/// # Errors
/// Those of the store.
pub fn taken_up(tx: &mut Tx<'_>, node: NodeId, last_seq: u64) -> Result<(), Fault> {
    let sql = "SELECT job FROM jobs \
               WHERE private = 1 AND kind = 'boot' AND node_id = ?1 AND seq <= ?2";
    for job in read(tx, sql, values![node, last_seq])? {
        forget_url(tx, &job)?;
    }
    Ok(())
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
    let sql = "SELECT job FROM jobs WHERE done_at IS NULL AND not_after < ?1 LIMIT ?2";
    let late = read(tx, sql, values![tx.now.minus(RESULT_WITHIN), PIECE])?;
    for job in &late {
        forget_url(tx, job)?;
        let close = "UPDATE jobs SET done_at = ?2 WHERE id = ?1";
        tx.execute(close, values![job.id, tx.now])?;
    }
    Ok(late.len() >= PIECE as usize)
}

fn read(tx: &mut Tx<'_>, sql: &'static str, values: &[Value]) -> Result<Vec<Job>, Fault> {
    let texts: Vec<String> = tx.list(sql, values, Row::take)?;
    texts
        .iter()
        .map(|text| Ok(serde_json::from_str(text)?))
        .collect()
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

/// A job's name, and the session that it is about.
fn about(kind: &JobKind) -> (Option<&'static str>, Option<SessionId>) {
    match kind {
        JobKind::Boot(boot) => (Some("boot"), Some(boot.session)),
        JobKind::Stop(stop) => (Some("stop"), Some(stop.session)),
        JobKind::Claim(claim) => (Some("claim"), Some(claim.session)),
        JobKind::SendLog(log) => (Some("send_log"), Some(log.session)),
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
