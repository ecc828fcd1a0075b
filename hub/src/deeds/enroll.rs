//! Letting machines in as nodes: a code that an administrator gets is good for one machine, once.

use hackstream_control_api::enroll::CODE_LIFETIME;
use hackstream_control_api::id::NodeId;
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::UnixMillis;
use hackstream_ticket::NodePublicKey;
use serde_json::json;

use crate::audit::{self, Actor, Record};
use crate::auth::code::JoinCode;
use crate::auth::token::Token;
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, values};
use crate::tables::nodes::{self, Facts};

/// Makes `code` good for a node of this name; until when. A code for it that nobody has used is good no
/// more.
///
/// # Errors
/// [`Code::NameTaken`]; those of the store.
pub fn issue(
    tx: &mut Tx<'_>,
    actor: Actor,
    name: &str,
    code: &JoinCode,
) -> Result<UnixMillis, Fault> {
    if nodes::named(tx, name)?.is_some() {
        return Err(Code::NameTaken.into());
    }
    let forget = "DELETE FROM enrollments WHERE name = ?1 AND public_key IS NULL";
    tx.execute(forget, values![name])?;
    let expires_at = tx.now.plus(CODE_LIFETIME);
    tx.execute(
        "INSERT INTO enrollments (code_hash, name, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)",
        values![code.hash(), name, tx.now, expires_at],
    )?;
    let record = Record::new(actor, "node.code").meta(json!({ "name": name }));
    audit::append(tx, record)?;
    Ok(expires_at)
}

/// A machine that shows a code.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The code.
    pub code: JoinCode,
    /// The key that it has made, and has shown to hold.
    pub key: NodePublicKey,
    /// What it says of itself.
    pub facts: Facts,
    /// By what it shall be known: the same for the same code and key.
    pub token: Token,
}

/// What is known of a code.
struct Known {
    name: String,
    expires_at: UnixMillis,
    used_by: Option<(Vec<u8>, NodeId)>,
}

impl Known {
    /// Which node it has made already of who shows it now; `None` if it is still to be used.
    fn node_of(&self, key: &NodePublicKey, now: UnixMillis) -> Result<Option<NodeId>, Fault> {
        match &self.used_by {
            Some((used_by, _)) if used_by[..] != key.bytes() => {
                Err(refused("the code was used by another machine"))
            }
            _ if now >= self.expires_at => Err(refused("the code is past its ten minutes")),
            Some((_, node)) => Ok(Some(*node)),
            None => Ok(None),
        }
    }
}

/// Lets a machine in: the code is used up in the moment in which its key is kept. The same machine gets
/// the same answer as long as the code would be good.
///
/// # Errors
/// [`Code::EnrollmentRefused`]; those of the store.
pub fn enroll(tx: &mut Tx<'_>, arrival: &Arrival) -> Result<(NodeId, String), Fault> {
    let known = known(tx, &arrival.code)?;
    if let Some(node) = known.node_of(&arrival.key, tx.now)? {
        // It may have got another token, or have been removed since.
        let is_same = nodes::of_token(tx, &arrival.token).is_ok_and(|shown| shown.node == node);
        let node = is_same.then_some((node, known.name));
        return node.ok_or_else(|| refused("the node that came in with it has changed since"));
    }
    let node = match nodes::insert(tx, &known.name, &arrival.token) {
        Err(Fault::Store(StoreError::Duplicate(_))) => return Err(Code::NameTaken.into()),
        other => other?,
    };
    nodes::set_enrolled(tx, node, &arrival.key.bytes(), &arrival.facts)?;
    let used = "UPDATE enrollments SET public_key = ?2, node_id = ?3 \
                WHERE code_hash = ?1 AND public_key IS NULL";
    let key = arrival.key.bytes();
    if tx.execute(used, values![arrival.code.hash(), key, node])? != 1 {
        return Err(refused("the code was used by another machine"));
    }
    let record = Record::new(Actor::Node(node), "node.enroll").target("node", node.to_string());
    audit::append(tx, record.meta(json!({ "name": known.name })))?;
    Ok((node, known.name))
}

/// Whether a code may be somebody's: the one who writes is for those who have one.
///
/// # Errors
/// [`Code::EnrollmentRefused`] if nobody knows it; those of the store.
pub fn is_known(tx: &mut Tx<'_>, code: &JoinCode) -> Result<(), Fault> {
    let sql = "SELECT name FROM enrollments WHERE code_hash = ?1";
    match tx.query(sql, values![code.hash()])?.is_empty() {
        true => Err(unknown()),
        false => Ok(()),
    }
}

fn known(tx: &mut Tx<'_>, code: &JoinCode) -> Result<Known, Fault> {
    let sql = "SELECT name, expires_at, public_key, node_id FROM enrollments \
               WHERE code_hash = ?1 /*FOR UPDATE*/";
    let read = |row: &mut Row| {
        let (name, expires_at) = (row.take()?, row.take()?);
        let key: Option<Vec<u8>> = row.take()?;
        let node: Option<NodeId> = row.take()?;
        Ok(Known {
            name,
            expires_at,
            used_by: key.zip(node),
        })
    };
    let found = tx.first(sql, values![code.hash()], read)?;
    found.ok_or_else(unknown)
}

fn unknown() -> Fault {
    refused("the hub does not know the code (any more)")
}

fn refused(why: &str) -> Fault {
    let advice = "`hackstreamctl nodes add NAME` makes another";
    Fault::new(Code::EnrollmentRefused, format!("{why}; {advice}"))
}
