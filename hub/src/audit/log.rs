//! The log in the store.

use hackstream_control_api::audit::{AuditEntry, Checkpoint};
use hackstream_control_api::id::{NodeId, SessionId, UserId};
use serde_json::json;

use super::chain::{Attested, hash};
use crate::random::hex;
use crate::store::{Row, StoreError, Tx, values};

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// A person, or a program with their token.
    User(UserId),
    /// A node.
    Node(NodeId),
    /// The hub by itself.
    Hub,
    /// Whoever runs `hackstreamd` on the machine.
    Operator,
    /// Somebody who has not logged in.
    Anonymous,
}

impl Actor {
    fn columns(self) -> (&'static str, Option<String>) {
        match self {
            Self::User(id) => ("user", Some(id.to_string())),
            Self::Node(id) => ("node", Some(id.to_string())),
            Self::Hub => ("hub", None),
            Self::Operator => ("operator", None),
            Self::Anonymous => ("anonymous", None),
        }
    }
}

/// A row to be written. Never what was typed, shown, copied or opened.
#[derive(Clone, Debug)]
pub struct Record {
    /// Who.
    pub actor: Actor,
    /// What, such as `session.create`.
    pub action: &'static str,
    /// To what kind of thing, and which.
    pub target: Option<(&'static str, String)>,
    /// Whom it concerns: that user may read it.
    pub subject: Option<UserId>,
    /// Which session it belongs to.
    pub session: Option<SessionId>,
    /// `ok`, or a problem's code.
    pub outcome: &'static str,
    /// More.
    pub meta: serde_json::Value,
}

impl Record {
    /// Something that was done.
    #[must_use]
    pub fn new(actor: Actor, action: &'static str) -> Self {
        Self {
            actor,
            action,
            target: None,
            subject: match actor {
                Actor::User(id) => Some(id),
                _ => None,
            },
            session: None,
            outcome: "ok",
            meta: json!({}),
        }
    }

    /// To a user.
    #[must_use]
    pub fn user(mut self, id: UserId) -> Self {
        self.target = Some(("user", id.to_string()));
        self.subject = Some(id);
        self
    }

    /// To a session of somebody.
    #[must_use]
    pub fn session(mut self, id: SessionId, owner: Option<UserId>) -> Self {
        self.target = Some(("session", id.to_string()));
        self.session = Some(id);
        self.subject = owner.or(self.subject);
        self
    }

    /// To something else.
    #[must_use]
    pub fn target(mut self, kind: &'static str, id: impl Into<String>) -> Self {
        self.target = Some((kind, id.into()));
        self
    }

    /// What came of it, if it is not `ok`.
    #[must_use]
    pub fn outcome(mut self, outcome: &'static str) -> Self {
        self.outcome = outcome;
        self
    }

    /// With more.
    #[must_use]
    pub fn meta(mut self, meta: serde_json::Value) -> Self {
        self.meta = meta;
        self
    }
}

/// Writes a row in the transaction of what it tells, at its end.
///
/// # Errors
/// None here; those of the store end the transaction.
pub fn append(tx: &mut Tx<'_>, record: Record) -> Result<(), StoreError> {
    tx.write_down(record);
    Ok(())
}

/// Writes a row; its number. Whoever does keeps others from writing one until the commit.
pub(crate) fn write(tx: &mut Tx<'_>, record: Record) -> Result<u64, StoreError> {
    let (seq, prev) = locked_head(tx)?;
    let seq = seq + 1;
    let (actor_type, actor_id) = record.actor.columns();
    let (target_type, target_id) = record.target.unzip();
    let subject = record.subject.map(|id| id.to_string());
    let session = record.session.map(|id| id.to_string());
    let meta = record.meta.to_string();
    let attested = Attested {
        seq,
        ts: tx.now.0,
        texts: [
            Some(actor_type),
            actor_id.as_deref(),
            Some(record.action),
            target_type,
            target_id.as_deref(),
            subject.as_deref(),
            session.as_deref(),
            Some(record.outcome),
            Some(&meta),
        ],
    };
    let own = hash(&prev, &attested);
    tx.execute(
        "INSERT INTO audit (seq, ts, actor_type, actor_id, action, target_type, target_id, \
         subject_user_id, session_id, outcome, meta, prev_hash, hash) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        values![
            seq,
            tx.now,
            actor_type,
            actor_id,
            record.action,
            target_type,
            target_id,
            subject,
            session,
            record.outcome,
            meta,
            prev,
            own
        ],
    )?;
    let update = "UPDATE audit_head SET seq = ?1, hash = ?2 WHERE one = 1";
    tx.execute(update, values![seq, own])?;
    Ok(seq)
}

fn locked_head(tx: &mut Tx<'_>) -> Result<(u64, [u8; 32]), StoreError> {
    let head = "SELECT seq, hash FROM audit_head WHERE one = 1 /*FOR UPDATE*/";
    tx.first(head, &[], |row| Ok((row.take()?, row.take()?)))?
        .ok_or_else(headless)
}

pub(super) fn headless() -> StoreError {
    StoreError::Corrupt("the audit log has no end".to_owned())
}

/// Where the log ends now.
///
/// # Errors
/// Those of the store.
pub fn head(tx: &mut Tx<'_>) -> Result<Checkpoint, StoreError> {
    let head = "SELECT seq, hash FROM audit_head WHERE one = 1";
    let (seq, hash): (u64, [u8; 32]) = tx
        .first(head, &[], |row| Ok((row.take()?, row.take()?)))?
        .ok_or_else(headless)?;
    Ok(Checkpoint {
        seq,
        head: hex(&hash),
    })
}

pub(super) const COLUMNS_OF_ALL: &str = "SELECT seq, ts, actor_type, actor_id, action, target_type, target_id, \
    subject_user_id, session_id, outcome, meta, prev_hash, hash FROM audit \
    WHERE seq > ?1 ORDER BY seq LIMIT ?2";

const COLUMNS_OF_ONE: &str = "SELECT seq, ts, actor_type, actor_id, action, target_type, target_id, \
    subject_user_id, session_id, outcome, meta, prev_hash, hash FROM audit \
    WHERE seq > ?1 AND subject_user_id = ?3 ORDER BY seq LIMIT ?2";

/// Rows after number `after`, at most `limit`; only those that concern `subject`, if one is given.
///
/// # Errors
/// Those of the store.
pub fn list(
    tx: &mut Tx<'_>,
    after: u64,
    limit: u32,
    subject: Option<UserId>,
) -> Result<Vec<AuditEntry>, StoreError> {
    match subject {
        None => tx.list(COLUMNS_OF_ALL, values![after, limit], entry),
        Some(user) => tx.list(COLUMNS_OF_ONE, values![after, limit, user], entry),
    }
}

fn entry(row: &mut Row) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: row.take()?,
        ts: row.take()?,
        actor_type: row.take()?,
        actor_id: row.take()?,
        action: row.take()?,
        target_type: row.take()?,
        target_id: row.take()?,
        subject_user_id: row.take()?,
        session_id: row.take()?,
        outcome: row.take()?,
        meta: row.take()?,
        prev_hash: hex(&row.take::<[u8; 32]>()?),
        hash: hex(&row.take::<[u8; 32]>()?),
    })
}
