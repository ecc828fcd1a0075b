//! Nodes, as administrators and operators see and change them.

use hackstream_control_api::fleet::NodeStatus;
use hackstream_control_api::id::NodeId;
use hackstream_control_api::problem::Code;

use crate::audit::{self, Actor, Record};
use crate::auth::token::Token;
use crate::fault::Fault;
use crate::store::{StoreError, Tx};
use crate::tables::nodes;

/// All nodes.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<NodeStatus>, Fault> {
    let now = tx.now;
    let status = |node: nodes::Stored| NodeStatus {
        id: node.room.id,
        alive: node.room.is_alive(now),
        name: node.room.name,
        cordoned: node.room.cordoned,
        last_report_at: node.room.last_report_at,
        capacity: node.facts.capacity,
        memory_promised: node.room.memory_promised,
        sessions: node.room.sessions,
        apps: node.facts.apps,
        limits_enforced: node.facts.limits_enforced,
        problem: node.facts.problem,
        version: node.facts.version,
    };
    Ok(nodes::list(tx)?.into_iter().map(status).collect())
}

/// Adds a node.
///
/// # Errors
/// [`Code::NameTaken`]; those of the store.
pub fn add(tx: &mut Tx<'_>, actor: Actor, name: &str, token: &Token) -> Result<NodeId, Fault> {
    let id = match nodes::insert(tx, name, token) {
        Err(Fault::Store(StoreError::Duplicate(_))) => return Err(Code::NameTaken.into()),
        other => other?,
    };
    let record = Record::new(actor, "node.add").target("node", id.to_string());
    audit::append(tx, record)?;
    Ok(id)
}

/// Gives a node another token. Whoever shows the one before is nobody from then on.
///
/// # Errors
/// A refusal in words if there is no such node; those of the store.
pub fn set_token(
    tx: &mut Tx<'_>,
    actor: Actor,
    name: &str,
    token: &Token,
) -> Result<NodeId, Fault> {
    let found = nodes::set_token(tx, name, token)?;
    let id = found.ok_or_else(|| Fault::new(Code::NotFound, format!("there is no node {name}")))?;
    let record = Record::new(actor, "node.token").target("node", id.to_string());
    audit::append(tx, record)?;
    Ok(id)
}

/// Takes a node out of service, or back: what runs goes on.
///
/// # Errors
/// [`Code::NotFound`]; those of the store.
pub fn cordon(tx: &mut Tx<'_>, actor: Actor, id: NodeId, cordoned: bool) -> Result<(), Fault> {
    if !nodes::set_cordoned(tx, id, cordoned)? {
        return Err(Code::NotFound.into());
    }
    let action = if cordoned {
        "node.cordon"
    } else {
        "node.uncordon"
    };
    let record = Record::new(actor, action).target("node", id.to_string());
    Ok(audit::append(tx, record)?)
}
