//! What nodes shall do.

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::limits::MAX_JOBS;
use hackstream_control_api::node::{Job, JobKind, JobResult};
use hackstream_control_api::time::Seconds;

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
    tx.execute(
        "INSERT INTO jobs (id, node_id, seq, job, not_after) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![
            job.id,
            node,
            seq,
            serde_json::to_string(&job)?,
            job.not_after
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
    let texts: Vec<String> = tx.list(sql, values![node, after, MAX_JOBS], Row::take)?;
    texts
        .iter()
        .map(|text| Ok(serde_json::from_str(text)?))
        .collect()
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
    let sql = "UPDATE jobs SET job = ?2 WHERE id = ?1";
    tx.execute(sql, values![job.id, serde_json::to_string(&kept)?])?;
    Ok(())
}

/// The session that a job is about.
#[must_use]
pub fn session_of(kind: &JobKind) -> Option<SessionId> {
    match kind {
        JobKind::Boot(boot) => Some(boot.session),
        JobKind::Stop(stop) => Some(stop.session),
        JobKind::Claim(claim) => Some(claim.session),
        JobKind::SendLog(log) => Some(log.session),
        JobKind::Unknown => None,
    }
}
