//! The warm pool: what is started and ended without anybody's asking. `claim` is about those who ask,
//! [`admin`] about those who set it.

pub mod admin;
pub(super) mod claim;

use std::collections::BTreeMap;

use hackstream_control_api::account::Role;
use hackstream_control_api::app::App;
use hackstream_control_api::id::NodeId;
use hackstream_control_api::launch::{Launch, Quality};
use hackstream_control_api::policy::{Policy, Timers};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_failpoint::reach;
use serde_json::json;

use super::launch::create;
use super::stop::end;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::pool::plan::{Member, STARTS_PER_NODE, plan};
use crate::session::placement::{self, Room};
use crate::session::quota;
use crate::store::Tx;
use crate::tables::pools::Pool;
use crate::tables::sessions::{Stored, Terms};
use crate::tables::{nodes, pools, sessions, settings};

/// What a warm session's programs may take for ending: nobody has used them.
const GRACE: Seconds = Seconds(1);

/// Where a node has no room for a member, it is looked again after that.
const NO_ROOM: Seconds = Seconds(10);

/// What was done for the pools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tended {
    /// Members that are being started.
    pub started: u64,
    /// Members that are being ended.
    pub ended: u64,
    /// When to look again, although nothing happened; `None` if that is no use.
    pub look_again: Option<UnixMillis>,
}

/// Starts and ends members until there are as many as are wanted.
///
/// # Errors
/// Those of the store.
pub fn tend(tx: &mut Tx<'_>, ticket_keys: &BTreeMap<String, String>) -> Result<Tended, Fault> {
    let mut tended = Tended::default();
    let all = pools::list(tx)?;
    if all.is_empty() {
        return Ok(tended);
    }
    let mut nodes = Nodes::lock(tx)?;
    let mut stored = Vec::new();
    for pool in all {
        let members = sessions::lock_warm(tx, &pool.app)?;
        nodes.count(&members);
        stored.push((pool, members));
    }
    // What one application lacks does not keep another one's empty.
    stored.sort_by_key(|(_, members)| members.len());
    for (pool, members) in stored {
        tend_one(tx, &pool, members, &mut nodes, ticket_keys, &mut tended)?;
    }
    if tended.started > 0 {
        reach("hub.pool.started");
    }
    Ok(tended)
}

/// The nodes, and how many members each of them starts: of all pools together.
struct Nodes {
    rooms: Vec<Room>,
    starting: BTreeMap<NodeId, usize>,
}

impl Nodes {
    fn lock(tx: &mut Tx<'_>) -> Result<Self, Fault> {
        let all = nodes::lock_all(tx)?.into_iter();
        Ok(Self {
            rooms: all.map(|node| node.room).collect(),
            starting: BTreeMap::new(),
        })
    }

    fn count(&mut self, members: &[Stored]) {
        let starting = members.iter().filter(|each| each.view.ready_at.is_none());
        for node in starting.filter_map(|each| each.view.node_id) {
            *self.starting.entry(node).or_default() += 1;
        }
    }

    /// Whether what is there serves whoever asks for it.
    fn serves(&self, id: NodeId, now: UnixMillis) -> bool {
        let mut rooms = self.rooms.iter();
        rooms.any(|room| room.id == id && room.is_alive(now) && !room.cordoned)
    }

    /// Where one more is started.
    fn choose(&self, app: &str, terms: &Terms, now: UnixMillis) -> Option<NodeId> {
        let starts = |room: &Room| self.starting.get(&room.id).copied().unwrap_or(0);
        let free = self
            .rooms
            .iter()
            .filter(|room| starts(room) < STARTS_PER_NODE);
        let free: Vec<_> = free.cloned().collect();
        placement::choose(&free, app, &terms.resources, now).ok()
    }

    fn starts(&mut self, node: NodeId, terms: &Terms) {
        *self.starting.entry(node).or_default() += 1;
        if let Some(room) = self.rooms.iter_mut().find(|room| room.id == node) {
            room.promise(&terms.resources);
        }
    }
}

fn tend_one(
    tx: &mut Tx<'_>,
    pool: &Pool,
    mut stored: Vec<Stored>,
    nodes: &mut Nodes,
    ticket_keys: &BTreeMap<String, String>,
    tended: &mut Tended,
) -> Result<(), Fault> {
    let app = settings::app(tx, &pool.app)?.filter(|app| app.enabled);
    let terms = match &app {
        Some(app) => Some(terms(tx, app)?),
        None => None,
    };
    let member = |stored: &Stored| {
        let node = stored.view.node_id?;
        Some(Member {
            session: stored.view.session_id,
            node,
            ready_at: stored.view.ready_at,
            is_current: Some(&stored.terms) == terms.as_ref(),
            is_reachable: nodes.serves(node, tx.now),
        })
    };
    let members: Vec<_> = stored.iter().filter_map(member).collect();
    let wanted = if terms.is_some() {
        wanted(pool, tx.now)
    } else {
        0
    };
    let held = pool.memory.breaker.held(tx.now);
    let plan = plan(&members, wanted as usize, held, tx.now);
    for session in &mut stored {
        if plan.end.contains(&session.view.session_id) {
            end(tx, session, StopCause::PoolShrink, GRACE, Actor::Hub)?;
            tended.ended += 1;
        }
    }
    let mut missing = plan.start;
    while let (true, Some(terms)) = (missing > 0, &terms) {
        let Some(node) = nodes.choose(&pool.app, terms, tx.now) else {
            break;
        };
        start(tx, pool, terms, node, ticket_keys)?;
        nodes.starts(node, terms);
        tended.started += 1;
        missing -= 1;
    }
    let no_room = (missing > 0).then(|| tx.now.plus(NO_ROOM));
    tended.look_again = [tended.look_again, plan.look_again, no_room]
        .into_iter()
        .flatten()
        .min();
    Ok(())
}

/// How many there are to be now.
fn wanted(pool: &Pool, now: UnixMillis) -> u32 {
    if pool.paused {
        0
    } else {
        pool.memory.demand.wanted(pool.size, now)
    }
}

/// Starts a member on a node.
fn start(
    tx: &mut Tx<'_>,
    pool: &Pool,
    terms: &Terms,
    node: NodeId,
    ticket_keys: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    let wish = Launch {
        app: pool.app.clone(),
        quality: Quality::High,
        ..Launch::default()
    };
    let session = create(tx, None, &wish, node, terms.clone(), ticket_keys)?;
    let record = Record::new(Actor::Hub, "session.create").session(session.session_id, None);
    audit::append(
        tx,
        record.meta(json!({ "app": pool.app, "node_id": node, "pool": true })),
    )?;
    Ok(())
}

/// What a member is: what people without a quota of their own get of the application. What viewers
/// may do is said by their tickets, so the session itself allows all of it.
fn terms(tx: &mut Tx<'_>, app: &App) -> Result<Terms, Fault> {
    let policy = settings::policy(tx, Role::User)?;
    let limits = settings::quota_of_role(tx, Role::User)?;
    Ok(Terms {
        resources: quota::within(app.resources, &limits),
        policy: Policy {
            clipboard_in: true,
            clipboard_out: true,
            files: true,
            sound: true,
            microphone: true,
            quality_cap: Quality::High,
            ..policy
        },
        // Nobody's time: the pool ends it.
        timers: Timers {
            idle: Seconds(0),
            disconnect: Seconds(0),
            max_duration: Seconds(0),
        },
    })
}
