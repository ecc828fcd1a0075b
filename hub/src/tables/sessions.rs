//! Sessions.

use hackstream_control_api::id::{NodeId, SessionId, UserId};
use hackstream_control_api::launch::{Launch, Resources};
use hackstream_control_api::node::{Address, StartPhase};
use hackstream_control_api::policy::{Policy, Timers};
use hackstream_control_api::session::{Session, SessionState, StopCause};
use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::events::announce;
use crate::fault::Fault;
use crate::session::life::{Event, next};
use crate::store::{Row, StoreError, Tx, Value, values};

/// What was decided for a session when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// What it may use.
    pub resources: Resources,
    /// What viewers may do.
    pub policy: Policy,
    /// When it ends by itself.
    pub timers: Timers,
}

/// A session with what people do not see.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What people see.
    pub view: Session,
    /// What was asked for.
    pub wish: Launch,
    /// What was decided.
    pub terms: Terms,
    /// The number of the job that starts it.
    pub boot_seq: u64,
    /// SHA-256 of its public key.
    pub server_spki: Option<String>,
    /// Where viewers reach it.
    pub address: Option<Address>,
    /// The number of its last event.
    pub event_seq: u64,
}

macro_rules! columns {
    () => {
        "id, user_id, app, state, phase, reason, node_id, wish, terms, boot_seq, pool_hit, \
         created_at, ready_at, viewers, last_input_at, last_viewer_at, stops_at, stop_cause, \
         ended_at, server_spki, address, application_exit, event_seq, first_frame_at"
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM sessions ", $rest)
    };
}

/// One session.
///
/// # Errors
/// Those of the store.
pub fn find(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Stored>, Fault> {
    one(tx, select!("WHERE id = ?1"), values![id])
}

/// One session, locked until the transaction is over.
///
/// # Errors
/// Those of the store.
pub fn lock(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Stored>, Fault> {
    one(tx, select!("WHERE id = ?1 /*FOR UPDATE*/"), values![id])
}

/// One session, locked with the node that it is on. In this order: nodes before their sessions, as
/// reports of nodes have it.
///
/// # Errors
/// Those of the store.
pub fn lock_with_node(tx: &mut Tx<'_>, id: SessionId) -> Result<Option<Stored>, Fault> {
    let node = find(tx, id)?.and_then(|session| session.view.node_id);
    if let Some(node) = node {
        super::nodes::lock(tx, node)?;
    }
    lock(tx, id)
}

fn one(tx: &mut Tx<'_>, sql: &'static str, values: &[Value]) -> Result<Option<Stored>, Fault> {
    tx.query(sql, values)?.first_mut().map(read).transpose()
}

fn all(tx: &mut Tx<'_>, sql: &'static str, values: &[Value]) -> Result<Vec<Stored>, Fault> {
    tx.query(sql, values)?.iter_mut().map(read).collect()
}

/// Sessions, the newest first, before `before`; those of one user, or of all.
///
/// # Errors
/// Those of the store.
pub fn list(
    tx: &mut Tx<'_>,
    user: Option<UserId>,
    before: &str,
    limit: u32,
) -> Result<Vec<Session>, Fault> {
    const OF_ALL: &str = select!("WHERE id < ?1 ORDER BY id DESC LIMIT ?2");
    const OF_ONE: &str = select!("WHERE id < ?1 AND user_id = ?3 ORDER BY id DESC LIMIT ?2");
    let found = match user {
        None => all(tx, OF_ALL, values![before, limit])?,
        Some(user) => all(tx, OF_ONE, values![before, limit, user])?,
    };
    Ok(found.into_iter().map(|stored| stored.view).collect())
}

/// The sessions of a user that have not ended, locked.
///
/// # Errors
/// Those of the store.
pub fn lock_of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Stored>, Fault> {
    const SQL: &str = select!(
        "WHERE user_id = ?1 AND state NOT IN ('stopped', 'failed') ORDER BY id /*FOR UPDATE*/"
    );
    all(tx, SQL, values![user])
}

/// The sessions of a node that have not ended, locked.
///
/// # Errors
/// Those of the store.
pub fn lock_of_node(tx: &mut Tx<'_>, node: NodeId) -> Result<Vec<Stored>, Fault> {
    const SQL: &str = select!(
        "WHERE node_id = ?1 AND state NOT IN ('stopped', 'failed') ORDER BY id /*FOR UPDATE*/"
    );
    all(tx, SQL, values![node])
}

/// The warm sessions of an application, and those that become warm, locked.
///
/// # Errors
/// Those of the store.
pub fn lock_warm(tx: &mut Tx<'_>, app: &str) -> Result<Vec<Stored>, Fault> {
    const SQL: &str = select!(
        "WHERE user_id IS NULL AND app = ?1 AND state IN ('pending', 'provisioning', 'ready') \
         ORDER BY id /*FOR UPDATE*/"
    );
    all(tx, SQL, values![app])
}

/// The same, to be looked at.
///
/// # Errors
/// Those of the store.
pub fn warm(tx: &mut Tx<'_>, app: &str) -> Result<Vec<Stored>, Fault> {
    const SQL: &str = select!(
        "WHERE user_id IS NULL AND app = ?1 AND state IN ('pending', 'provisioning', 'ready')"
    );
    all(tx, SQL, values![app])
}

/// How many sessions of a user count against the quota.
///
/// # Errors
/// Those of the store.
pub fn count_live(tx: &mut Tx<'_>, user: UserId) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM sessions \
               WHERE user_id = ?1 AND state NOT IN ('stopped', 'failed') AND state <> 'lost'";
    Ok(tx.first(sql, values![user], Row::take)?.unwrap_or(0))
}

/// Writes a session that is new, with its first event.
///
/// # Errors
/// Those of the store.
pub fn insert(tx: &mut Tx<'_>, stored: &mut Stored, spec_hash: &str) -> Result<(), Fault> {
    let view = &stored.view;
    let resources = &stored.terms.resources;
    tx.execute(
        "INSERT INTO sessions (id, user_id, app, spec_hash, node_id, state, wish, terms, boot_seq, \
         memory_request, cpu_request, pool_hit, created_at, viewers, event_seq) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0)",
        values![
            view.session_id,
            view.user_id,
            &view.app,
            spec_hash,
            view.node_id,
            view.state.name(),
            serde_json::to_string(&stored.wish)?,
            serde_json::to_string(&stored.terms)?,
            stored.boot_seq,
            resources.memory_request,
            resources.cpu_request,
            view.pool_hit,
            view.created_at
        ],
    )?;
    announce(tx, stored)?;
    save(tx, stored)
}

/// Lets `event` happen to a locked session. If its state changes, that is an event for those who
/// watch. Whoever calls this saves the row afterwards.
///
/// # Errors
/// Those of the store.
pub fn advance(tx: &mut Tx<'_>, stored: &mut Stored, event: Event) -> Result<bool, Fault> {
    let Some(state) = next(stored.view.state, event) else {
        return Ok(false);
    };
    let view = &mut stored.view;
    view.state = state;
    if state != SessionState::Provisioning {
        view.phase = None;
    }
    match state {
        SessionState::Ready | SessionState::Claimed | SessionState::Running => {
            view.ready_at.get_or_insert(tx.now);
        }
        SessionState::Stopped | SessionState::Failed => {
            view.ended_at.get_or_insert(tx.now);
            view.viewers = 0;
            view.stops_at = None;
        }
        _ => {}
    }
    announce(tx, stored)?;
    Ok(true)
}

/// Writes what may have changed of a locked session.
///
/// # Errors
/// Those of the store.
pub fn save(tx: &mut Tx<'_>, stored: &Stored) -> Result<(), Fault> {
    let view = &stored.view;
    tx.execute(
        "UPDATE sessions SET user_id = ?2, state = ?3, phase = ?4, reason = ?5, ready_at = ?6, \
         viewers = ?7, last_input_at = ?8, last_viewer_at = ?9, stops_at = ?10, stop_cause = ?11, \
         ended_at = ?12, server_spki = ?13, address = ?14, application_exit = ?15, \
         event_seq = ?16, first_frame_at = ?17 WHERE id = ?1",
        values![
            view.session_id,
            view.user_id,
            view.state.name(),
            json(view.phase.as_ref())?,
            view.reason.as_ref(),
            view.ready_at,
            view.viewers,
            view.last_input_at,
            view.last_viewer_at,
            view.stops_at,
            view.stop_cause.map(StopCause::name),
            view.ended_at,
            stored.server_spki.as_ref(),
            json(stored.address.as_ref())?,
            json(view.exit.as_ref())?,
            stored.event_seq,
            view.first_frame_at
        ],
    )?;
    Ok(())
}

fn json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, serde_json::Error> {
    value.map(serde_json::to_string).transpose()
}

fn from_json<T: DeserializeOwned>(text: Option<String>) -> Result<Option<T>, serde_json::Error> {
    text.map(|text| serde_json::from_str(&text)).transpose()
}

fn read(row: &mut Row) -> Result<Stored, Fault> {
    let (session_id, user_id, app) = (row.take()?, row.take()?, row.take()?);
    let state: String = row.take()?;
    let state = SessionState::named(&state)
        .ok_or_else(|| StoreError::Corrupt(format!("the state {state:?}")))?;
    let phase: Option<StartPhase> = from_json(row.take()?)?;
    let (reason, node_id) = (row.take()?, row.take()?);
    let wish: Launch = serde_json::from_str(&row.take::<String>()?)?;
    let terms: Terms = serde_json::from_str(&row.take::<String>()?)?;
    let (boot_seq, pool_hit) = (row.take()?, row.take()?);
    let created_at: UnixMillis = row.take()?;
    let view = Session {
        session_id,
        user_id,
        app,
        state,
        phase,
        reason,
        node_id,
        profile: wish.profile,
        quality: wish.quality.min(terms.policy.quality_cap),
        pool_hit,
        created_at,
        ready_at: row.take()?,
        first_frame_at: None,
        viewers: row.take()?,
        last_input_at: row.take()?,
        last_viewer_at: row.take()?,
        stops_at: row.take()?,
        stop_cause: row
            .take::<Option<String>>()?
            .as_deref()
            .map(StopCause::named),
        ended_at: row.take()?,
        exit: None,
    };
    let (server_spki, address) = (row.take()?, from_json(row.take()?)?);
    let exit = from_json(row.take()?)?;
    let (event_seq, first_frame_at) = (row.take()?, row.take()?);
    Ok(Stored {
        view: Session {
            exit,
            first_frame_at,
            ..view
        },
        wish,
        terms,
        boot_seq,
        server_spki,
        address,
        event_seq,
    })
}
