//! Nodes.

use hackstream_control_api::id::{NodeId, UserId};
use hackstream_control_api::node::{Capacity, Report};
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::auth::token::Token;
use crate::fault::Fault;
use crate::session::placement::{Room, SILENT};
use crate::store::{Row, StoreError, Tx, values};

/// What a node said of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// What it has.
    pub capacity: Capacity,
    /// What it can run.
    pub apps: Vec<String>,
    /// Whether it keeps limits.
    pub limits_enforced: bool,
    /// Why it can start no session now, if so.
    #[serde(default)]
    pub problem: Option<String>,
    /// Its agent's version.
    pub version: String,
}

impl Facts {
    /// What a report says.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        Self {
            capacity: report.capacity,
            apps: report.apps.clone(),
            limits_enforced: report.limits_enforced,
            problem: report.problem.as_deref().map(shortened),
            version: report.version.clone(),
        }
    }
}

/// Characters of a node's problem that are kept.
const MOST_PROBLEM: usize = 400;

/// One line for a person, whatever a node says.
fn shortened(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(MOST_PROBLEM).collect()
}

/// A node with what its sessions have been promised.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What placement sees.
    pub room: Room,
    /// What it said.
    pub facts: Facts,
}

/// Adds a node that proves itself by `token`.
///
/// # Errors
/// Those of the store; [`crate::store::StoreError::Duplicate`] if the name is taken.
pub fn insert(tx: &mut Tx<'_>, name: &str, token: &Token) -> Result<NodeId, Fault> {
    let id = tx.id(NodeId::new)?;
    tx.execute(
        "INSERT INTO nodes (id, name, token_hash, cordoned, job_seq, created_at, last_seq) \
         VALUES (?1, ?2, ?3, 0, 0, ?4, 0)",
        values![id, name, token.hash(), tx.now],
    )?;
    Ok(id)
}

/// Gives a node another token; which node it is.
///
/// # Errors
/// Those of the store.
pub fn set_token(tx: &mut Tx<'_>, name: &str, token: &Token) -> Result<Option<NodeId>, StoreError> {
    let sql = "UPDATE nodes SET token_hash = ?2 WHERE name = ?1 RETURNING id";
    tx.first(sql, values![name, token.hash()], Row::take)
}

/// A node that has shown a good token.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// Which it is.
    pub node: NodeId,
    token_hash: [u8; 32],
}

/// Which node shows this token.
///
/// # Errors
/// [`Code::Unauthenticated`] if none does; those of the store.
pub fn of_token(tx: &mut Tx<'_>, token: &Token) -> Result<Shown, Fault> {
    of_hash(tx, token.hash())
}

/// Looks again, in the transaction of what it wants: its token may have been replaced meanwhile. The
/// node is locked, as it is by whoever replaces it.
///
/// # Errors
/// As of [`of_token`].
pub fn acting(tx: &mut Tx<'_>, shown: Shown) -> Result<NodeId, Fault> {
    lock(tx, shown.node)?;
    Ok(of_hash(tx, shown.token_hash)?.node)
}

/// The same where nothing is changed.
///
/// # Errors
/// As of [`of_token`].
pub fn still(tx: &mut Tx<'_>, shown: Shown) -> Result<NodeId, Fault> {
    Ok(of_hash(tx, shown.token_hash)?.node)
}

fn of_hash(tx: &mut Tx<'_>, token_hash: [u8; 32]) -> Result<Shown, Fault> {
    let sql = "SELECT id FROM nodes WHERE token_hash = ?1";
    let node = tx.first(sql, values![token_hash], Row::take)?;
    let node = node.ok_or(Code::Unauthenticated)?;
    Ok(Shown { node, token_hash })
}

const PROMISED: &str = "SELECT node_id, count(*), CAST(sum(memory_request) AS BIGINT), \
    CAST(sum(cpu_request) AS BIGINT) FROM sessions \
    WHERE node_id IS NOT NULL AND state NOT IN ('stopped', 'failed') AND state <> 'lost' \
    GROUP BY node_id";

/// All nodes, locked, so that nobody else promises the same memory.
///
/// # Errors
/// Those of the store.
pub fn lock_all(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Fault> {
    let sql =
        "SELECT id, name, cordoned, last_report_at, facts FROM nodes ORDER BY id /*FOR UPDATE*/";
    with_promises(tx, sql)
}

/// All nodes.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Stored>, Fault> {
    let sql = "SELECT id, name, cordoned, last_report_at, facts FROM nodes ORDER BY id";
    with_promises(tx, sql)
}

fn with_promises(tx: &mut Tx<'_>, sql: &'static str) -> Result<Vec<Stored>, Fault> {
    let mut nodes: Vec<Stored> = tx
        .query(sql, &[])?
        .iter_mut()
        .map(read)
        .collect::<Result<_, _>>()?;
    for row in &mut tx.query(PROMISED, &[])? {
        let id: NodeId = row.take()?;
        if let Some(node) = nodes.iter_mut().find(|node| node.room.id == id) {
            node.room.sessions = row.take()?;
            node.room.memory_promised = row.take()?;
            node.room.cpu_promised = row.take()?;
        }
    }
    Ok(nodes)
}

fn read(row: &mut Row) -> Result<Stored, Fault> {
    let (id, name, cordoned) = (row.take()?, row.take()?, row.take()?);
    let last_report_at: Option<UnixMillis> = row.take()?;
    let facts: Option<String> = row.take()?;
    let facts: Facts =
        facts.map_or_else(|| Ok(Facts::default()), |text| serde_json::from_str(&text))?;
    let room = Room {
        id,
        name,
        cordoned,
        last_report_at,
        capacity: facts.capacity,
        apps: facts.apps.clone(),
        has_problem: facts.problem.is_some(),
        memory_promised: 0,
        cpu_promised: 0,
        sessions: 0,
    };
    Ok(Stored { room, facts })
}

/// Locks a node until the transaction is over.
///
/// # Errors
/// Those of the store.
pub fn lock(tx: &mut Tx<'_>, id: NodeId) -> Result<(), StoreError> {
    let sql = "SELECT id FROM nodes WHERE id = ?1 /*FOR UPDATE*/";
    tx.query(sql, values![id]).map(drop)
}

/// Locks the nodes on which a user has sessions that have not ended.
///
/// # Errors
/// Those of the store.
pub fn lock_of_user(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let sql = "SELECT id FROM nodes WHERE id IN (SELECT node_id FROM sessions \
               WHERE user_id = ?1 AND state NOT IN ('stopped', 'failed')) ORDER BY id /*FOR UPDATE*/";
    tx.query(sql, values![user]).map(drop)
}

/// Takes a node out of service or back.
///
/// # Errors
/// Those of the store.
pub fn set_cordoned(tx: &mut Tx<'_>, id: NodeId, cordoned: bool) -> Result<bool, Fault> {
    let sql = "UPDATE nodes SET cordoned = ?2 WHERE id = ?1";
    Ok(tx.execute(sql, values![id, cordoned])? > 0)
}

/// How far a node may be ahead of the hub: further than it can get between a backup and its return.
const MOST_AHEAD: u64 = 1 << 32;

/// Writes what a node reported of itself. A node that is ahead of the hub has had jobs that the hub
/// has forgotten, since its database is an older one that was put back: the next has a number that is
/// new to the node.
///
/// # Errors
/// [`Code::Invalid`] if the node is further ahead than it can be; those of the store.
pub fn set_reported(tx: &mut Tx<'_>, id: NodeId, report: &Report) -> Result<(), Fault> {
    let facts = serde_json::to_string(&Facts::of(report))?;
    let sql = "UPDATE nodes SET last_report_at = ?2, last_seq = ?3, facts = ?4, \
               job_seq = CASE WHEN job_seq < ?3 THEN ?3 ELSE job_seq END \
               WHERE id = ?1 AND ?3 - job_seq <= ?5";
    let changed = tx.execute(sql, values![id, tx.now, report.last_seq, facts, MOST_AHEAD])?;
    if changed == 0 {
        let detail = "last_seq is the number of a job that the hub cannot have given";
        return Err(Fault::new(Code::Invalid, detail));
    }
    Ok(())
}

/// How many nodes report and are in service.
///
/// # Errors
/// Those of the store.
pub fn count_ready(tx: &mut Tx<'_>) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM nodes WHERE cordoned = 0 AND last_report_at >= ?1";
    let ready = tx.first(sql, values![tx.now.minus(SILENT)], Row::take)?;
    Ok(ready.unwrap_or(0))
}
