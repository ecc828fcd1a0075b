//! Starting sessions.

use std::collections::BTreeMap;

use hackstream_control_api::account::User;
use hackstream_control_api::id::{NodeId, SessionId, UserId};
use hackstream_control_api::launch::Launch;
use hackstream_control_api::node::{Boot, JobKind};
use hackstream_control_api::problem::{Code, NodeRefusal, Problem};
use hackstream_control_api::session::{Session, SessionState};
use hackstream_control_api::time::Seconds;
use hackstream_failpoint::reach;
use serde_json::json;

use super::pool::claim;
use super::who::Caller;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::random::{hex, sha256};
use crate::session::{placement, quota};
use crate::store::{Row, Tx, values};
use crate::tables::sessions::{Stored, Terms};
use crate::tables::{jobs, nodes, pools, sessions, settings, users};

/// A node that has not taken a session up by then is not waited for.
pub const BOOT_WITHIN: Seconds = Seconds(60);

/// A wish, checked and ready.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is wanted.
    pub wish: Launch,
    /// Names the wish, so that it is not fulfilled twice.
    pub idempotency_key: Option<String>,
    /// By which the same wish is known again.
    pub mark: [u8; 32],
    /// The keys by which connect tickets are signed.
    pub ticket_keys: BTreeMap<String, String>,
}

/// What came of it.
#[derive(Debug)]
pub enum Launched {
    /// The session that there is now.
    Session(Box<Session>),
    /// Why there is none. It is written down.
    Refused(Box<Problem>),
}

/// Makes a session for the caller: quota, place, job, event and log in one transaction.
///
/// # Errors
/// Those of the store.
pub fn launch(tx: &mut Tx<'_>, caller: &Caller, order: &Order) -> Result<Launched, Fault> {
    // Locked: whoever else launches for this user waits here, and then counts this session.
    let user = users::lock(tx, caller.user)?.ok_or(Code::Unauthenticated)?;
    if let Some(session) = earlier(tx, &user, order)? {
        return Ok(Launched::Session(Box::new(session)));
    }
    let decided = decide(tx, &user, &order.wish)?;
    let (place, terms) = match decided {
        Ok(decided) => decided,
        Err(problem) => {
            let record = Record::new(Actor::User(user.id), "session.create");
            audit::append(tx, record.outcome(problem.code.name()))?;
            return Ok(Launched::Refused(Box::new(problem)));
        }
    };
    let now = tx.now;
    pools::remember(tx, &order.wish.app, |memory| {
        memory.demand = memory.demand.launched(now);
    })?;
    let session = match place {
        Place::Warm(mut member) => {
            claim::claim(tx, &mut member, user.id, &order.wish, terms)?;
            member.view
        }
        Place::Cold(node) => {
            let owner = Some(user.id);
            create(tx, owner, &order.wish, node, terms, &order.ticket_keys)?
        }
    };
    if let Some(key) = &order.idempotency_key {
        tx.execute(
            "INSERT INTO idempotency (user_id, idempotency_key, request_hash, session_id, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            values![user.id, key, order.mark, session.session_id, tx.now],
        )?;
    }
    let record = Record::new(Actor::User(user.id), "session.create");
    let record = record.session(session.session_id, Some(user.id));
    let meta =
        json!({ "app": session.app, "node_id": session.node_id, "pool_hit": session.pool_hit });
    audit::append(tx, record.meta(meta))?;
    reach("hub.launch.decided");
    Ok(Launched::Session(Box::new(session)))
}

/// The session that the same wish has led to before.
fn earlier(tx: &mut Tx<'_>, user: &User, order: &Order) -> Result<Option<Session>, Fault> {
    let Some(key) = &order.idempotency_key else {
        return Ok(None);
    };
    let sql = "SELECT session_id, request_hash FROM idempotency \
               WHERE user_id = ?1 AND idempotency_key = ?2";
    let read = |row: &mut Row| Ok((row.take::<SessionId>()?, row.take::<[u8; 32]>()?));
    let Some((session, hash)) = tx.first(sql, values![user.id, key], read)? else {
        return Ok(None);
    };
    if hash != order.mark {
        return Err(Code::IdempotencyMismatch.into());
    }
    Ok(sessions::find(tx, session)?.map(|stored| stored.view))
}

type Decided = Result<(Place, Terms), Problem>;

/// Where a session comes from.
enum Place {
    /// It waits.
    Warm(Box<Stored>),
    /// This node starts it.
    Cold(NodeId),
}

/// Whether the user may have it, what of it, and where.
fn decide(tx: &mut Tx<'_>, user: &User, wish: &Launch) -> Result<Decided, Fault> {
    let app = settings::app(tx, &wish.app)?.filter(|app| app.enabled);
    let Some(app) = app.filter(|app| app.roles.contains(&user.role)) else {
        let detail = format!(
            "there is no application {:?} for you; GET /v1/apps lists them",
            wish.app
        );
        return Ok(Err(Problem::new(Code::UnknownApp).detail(detail)));
    };
    let quota = settings::effective_quota(tx, user.id, user.role)?;
    let live = sessions::count_live(tx, user.id)?;
    if live >= quota.max_sessions {
        let detail = format!(
            "{live} of {} sessions are in use; stop one first",
            quota.max_sessions
        );
        return Ok(Err(Problem::new(Code::QuotaExceeded).detail(detail)));
    }
    let resources = quota::within(app.resources, &quota);
    let terms = Terms {
        resources,
        policy: settings::policy(tx, user.role)?,
        timers: quota.timers,
    };
    find_place(tx, wish, terms)
}

fn find_place(tx: &mut Tx<'_>, wish: &Launch, terms: Terms) -> Result<Decided, Fault> {
    let rooms: Vec<_> = nodes::lock_all(tx)?
        .into_iter()
        .map(|node| node.room)
        .collect();
    if let Some(member) = claim::waiting(tx, wish, &terms, &rooms)? {
        return Ok(Ok((Place::Warm(Box::new(member)), terms)));
    }
    Ok(
        match placement::choose(&rooms, &wish.app, &terms.resources, tx.now) {
            Ok(node) => Ok((Place::Cold(node), terms)),
            Err(refusals) => {
                let soon = claim::make_room(tx, &wish.app, &terms, &rooms)?;
                Err(no_room(refusals, if soon { SOON } else { LATER }))
            }
        },
    )
}

/// When to ask again where there is no room.
const LATER: Seconds = Seconds(10);
/// The same where a warm session was ended for it.
const SOON: Seconds = Seconds(2);

fn no_room(nodes: Vec<NodeRefusal>, again: Seconds) -> Problem {
    let silent = nodes.iter().all(|node| node.lacks == "report");
    let code = if silent {
        Code::NoNode
    } else {
        Code::NoCapacity
    };
    let reasons: Vec<_> = nodes.iter().map(reason).collect();
    let mut problem = Problem::new(code).retry_after(again);
    if !reasons.is_empty() {
        problem = problem.detail(reasons.join("; "));
    }
    problem.nodes = nodes;
    problem
}

/// Why a node cannot, for a person.
fn reason(refusal: &NodeRefusal) -> String {
    let NodeRefusal {
        node,
        lacks,
        need,
        free,
    } = refusal;
    match (lacks.as_str(), need, free) {
        ("memory", Some(need), Some(free)) => format!(
            "node {node} lacks memory: needs {} MB, has {}",
            need >> 20,
            free >> 20
        ),
        ("report", ..) => format!("node {node} does not report"),
        ("cordoned", ..) => format!("node {node} is out of service"),
        ("driver", ..) => {
            format!("node {node} can start no session now; its administrator sees why")
        }
        ("app", ..) => format!("node {node} does not have the application"),
        (_, Some(need), Some(free)) => {
            format!("node {node} lacks {lacks}: needs {need}, has {free}")
        }
        _ => format!("node {node} lacks {lacks}"),
    }
}

/// Has a session started on a node: somebody's, or a warm one.
///
/// # Errors
/// Those of the store.
pub(super) fn create(
    tx: &mut Tx<'_>,
    owner: Option<UserId>,
    wish: &Launch,
    node: NodeId,
    terms: Terms,
    ticket_keys: &BTreeMap<String, String>,
) -> Result<Session, Fault> {
    let id = tx.id(SessionId::new)?;
    let quality = wish.quality.min(terms.policy.quality_cap);
    let boot = Boot {
        session: id,
        owner,
        app: wish.app.clone(),
        url: wish.url.clone(),
        profile: wish.profile,
        screen: wish.screen,
        quality,
        resources: terms.resources,
        policy: terms.policy.clone(),
        timers: terms.timers,
        ticket_keys: ticket_keys.clone(),
        labels: BTreeMap::new(),
    };
    let boot_seq = jobs::give(tx, node, JobKind::Boot(Box::new(boot)), BOOT_WITHIN)?;
    // What was opened is the user's affair: the node has to know it, the store does not.
    let wish = Launch {
        url: None,
        client_key: None,
        ..wish.clone()
    };
    let view = Session {
        session_id: id,
        user_id: owner,
        app: wish.app.clone(),
        state: SessionState::Pending,
        phase: None,
        reason: None,
        node_id: Some(node),
        profile: wish.profile,
        quality,
        pool_hit: false,
        created_at: tx.now,
        ready_at: None,
        first_frame_at: None,
        viewers: 0,
        last_input_at: None,
        last_viewer_at: None,
        stops_at: None,
        stop_cause: None,
        ended_at: None,
        exit: None,
    };
    let spec_hash = hex(&sha256(serde_json::to_string(&terms)?.as_bytes()));
    let mut stored = Stored {
        view,
        wish,
        terms,
        boot_seq,
        server_spki: None,
        address: None,
        event_seq: 0,
    };
    sessions::insert(tx, &mut stored, &spec_hash)?;
    Ok(stored.view)
}
