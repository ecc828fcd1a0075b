//! How pools are, and how administrators set them.

use hackstream_control_api::pool::{PoolSize, PoolStatus};
use hackstream_control_api::problem::Code;
use hackstream_control_api::session::SessionState;
use serde_json::json;

use super::wanted;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::store::Tx;
use crate::tables::pools::Pool;
use crate::tables::sessions::Stored;
use crate::tables::{pools, sessions, settings};

/// How all pools are.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<PoolStatus>, Fault> {
    let mut all = Vec::new();
    for pool in pools::list(tx)? {
        all.push(status(tx, &pool)?);
    }
    Ok(all)
}

fn status(tx: &mut Tx<'_>, pool: &Pool) -> Result<PoolStatus, Fault> {
    let members = sessions::warm(tx, &pool.app)?;
    let ready = |member: &&Stored| member.view.state == SessionState::Ready;
    let ready = members.iter().filter(ready).count();
    Ok(PoolStatus {
        app: pool.app.clone(),
        size: pool.size,
        paused: pool.paused,
        wanted: wanted(pool, tx.now),
        ready: ready as u32,
        starting: (members.len() - ready) as u32,
        failures: pool.memory.breaker.failures,
        held_until: pool.memory.breaker.held(tx.now),
    })
}

/// A change of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// How many there are to be.
    Size(PoolSize),
    /// Whether there are to be none.
    Pause(bool),
}

/// Changes an application's pool; it is tended soon.
///
/// # Errors
/// [`Code::NotFound`] if there is no such application, or no pool to be paused; those of the store.
pub fn change(
    tx: &mut Tx<'_>,
    actor: Actor,
    app: &str,
    change: Change,
) -> Result<PoolStatus, Fault> {
    settings::app(tx, app)?.ok_or(Code::NotFound)?;
    let before = pools::lock(tx, app)?;
    let (from, mut pool) = match (before, change) {
        (Some(pool), _) => (Some(pool.clone()), pool),
        (None, Change::Size(size)) => (
            None,
            Pool {
                app: app.to_owned(),
                size,
                paused: false,
                memory: Default::default(),
            },
        ),
        (None, Change::Pause(_)) => return Err(Code::NotFound.into()),
    };
    match change {
        Change::Size(size) => pool.size = size,
        Change::Pause(paused) => {
            pool.paused = paused;
            // Whoever resumes it wants it now.
            pool.memory.breaker = Default::default();
        }
    }
    pools::put(tx, &pool)?;
    let told = |pool: &Pool| json!({ "size": pool.size, "paused": pool.paused });
    let meta = json!({ "from": from.as_ref().map(told), "to": told(&pool) });
    audit::append(
        tx,
        Record::new(actor, "pool.put")
            .target("pool", app)
            .meta(meta),
    )?;
    status(tx, &pool)
}
