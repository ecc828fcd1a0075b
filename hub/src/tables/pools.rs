//! Warm pools: their sizes, and what is remembered of them.

use hackstream_control_api::pool::PoolSize;

use crate::fault::Fault;
use crate::pool::Memory;
use crate::store::{Row, Tx, Wake, values};

/// An application's pool.
#[derive(Clone, Debug, PartialEq)]
pub struct Pool {
    /// Of which application.
    pub app: String,
    /// How many there are to be.
    pub size: PoolSize,
    /// Whether there are to be none.
    pub paused: bool,
    /// What is remembered.
    pub memory: Memory,
}

/// All pools.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Pool>, Fault> {
    let sql = "SELECT app, size, paused, memory FROM pools ORDER BY app";
    tx.query(sql, &[])?.iter_mut().map(read).collect()
}

/// One application's pool, locked. Nodes are locked before pools.
///
/// # Errors
/// Those of the store.
pub fn lock(tx: &mut Tx<'_>, app: &str) -> Result<Option<Pool>, Fault> {
    let sql = "SELECT app, size, paused, memory FROM pools WHERE app = ?1 /*FOR UPDATE*/";
    tx.query(sql, values![app])?
        .first_mut()
        .map(read)
        .transpose()
}

fn read(row: &mut Row) -> Result<Pool, Fault> {
    Ok(Pool {
        app: row.take()?,
        size: serde_json::from_str(&row.take::<String>()?)?,
        paused: row.take()?,
        memory: serde_json::from_str(&row.take::<String>()?)?,
    })
}

/// Writes a pool, new or changed, and has it tended.
///
/// # Errors
/// Those of the store.
pub fn put(tx: &mut Tx<'_>, pool: &Pool) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO pools (app, size, paused, memory) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (app) DO UPDATE SET size = excluded.size, paused = excluded.paused, \
         memory = excluded.memory",
        values![
            &pool.app,
            serde_json::to_string(&pool.size)?,
            pool.paused,
            serde_json::to_string(&pool.memory)?
        ],
    )?;
    tx.wake(Wake::Pool);
    Ok(())
}

/// Changes what is remembered of an application's pool, if it has one.
///
/// # Errors
/// Those of the store.
pub fn remember(
    tx: &mut Tx<'_>,
    app: &str,
    change: impl FnOnce(&mut Memory),
) -> Result<Option<Memory>, Fault> {
    let Some(mut pool) = lock(tx, app)? else {
        return Ok(None);
    };
    change(&mut pool.memory);
    put(tx, &pool)?;
    Ok(Some(pool.memory))
}
