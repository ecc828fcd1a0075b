//! Signed points of the log, in the store.

use hackstream_audit::{PublicKey, hex, unhex};
use hackstream_control_api::audit::{AuditState, Checkpoint, SignedCheckpoint};

use super::chain::START;
use super::log;
use crate::store::{FromValue, Row, StoreError, Tx, Value, values};

/// Checkpoints that are read at once; honest ones are fewer than the rows that they are of.
const PIECE: u32 = 2000;

fn read(row: &mut Row) -> Result<SignedCheckpoint, StoreError> {
    Ok(SignedCheckpoint {
        seq: row.take()?,
        head: hex(&row.take::<[u8; 32]>()?),
        ts: row.take()?,
        restored_at: row.take()?,
        key: hex(&row.take::<[u8; 32]>()?),
        signature: hex(&row.take::<Signature>()?.0),
    })
}

struct Signature([u8; 64]);

impl FromValue for Signature {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        let bytes = Vec::from_value(value)?;
        let bytes = bytes.try_into();
        let wrong = |_| StoreError::Corrupt("no signature where one is expected".to_owned());
        bytes.map(Self).map_err(wrong)
    }
}

/// Keeps a checkpoint. One of the same row by an earlier key of the hub goes.
///
/// # Errors
/// Those of the store.
pub(super) fn insert(tx: &mut Tx<'_>, signed: &SignedCheckpoint) -> Result<(), StoreError> {
    let garbled = || StoreError::Corrupt("a checkpoint that is none".to_owned());
    let head: [u8; 32] = unhex(&signed.head).ok_or_else(garbled)?;
    let key: [u8; 32] = unhex(&signed.key).ok_or_else(garbled)?;
    let signature: [u8; 64] = unhex(&signed.signature).ok_or_else(garbled)?;
    tx.execute(
        "INSERT INTO audit_checkpoints (restored_at, seq, head, ts, key, signature) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (restored_at, seq) DO UPDATE SET \
         head = excluded.head, ts = excluded.ts, key = excluded.key, \
         signature = excluded.signature",
        values![
            signed.restored_at,
            signed.seq,
            head,
            signed.ts,
            key,
            &signature[..]
        ],
    )?;
    Ok(())
}

/// The newest one.
///
/// # Errors
/// Those of the store.
fn newest(tx: &mut Tx<'_>) -> Result<Option<SignedCheckpoint>, StoreError> {
    let sql = "SELECT seq, head, ts, restored_at, key, signature FROM audit_checkpoints \
               ORDER BY restored_at DESC, seq DESC LIMIT 1";
    tx.first(sql, &[], read)
}

/// The newest one that names this key.
///
/// # Errors
/// Those of the store.
pub(super) fn newest_of(
    tx: &mut Tx<'_>,
    key: PublicKey,
) -> Result<Option<SignedCheckpoint>, StoreError> {
    let sql = "SELECT seq, head, ts, restored_at, key, signature FROM audit_checkpoints \
               WHERE key = ?1 ORDER BY restored_at DESC, seq DESC LIMIT 1";
    tx.first(sql, values![key.bytes()], read)
}

/// Those of rows after number `after` up to number `until`.
///
/// # Errors
/// Those of the store.
pub(super) fn between(
    tx: &mut Tx<'_>,
    after: u64,
    until: u64,
) -> Result<Vec<SignedCheckpoint>, StoreError> {
    let sql = "SELECT seq, head, ts, restored_at, key, signature FROM audit_checkpoints \
               WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3";
    tx.list(sql, values![after, until, PIECE], read)
}

/// The row of this number, as it is now; `None` if there is none.
///
/// # Errors
/// Those of the store.
pub(super) fn row(tx: &mut Tx<'_>, seq: u64) -> Result<Option<Checkpoint>, StoreError> {
    if seq == 0 {
        let head = hex(&START);
        return Ok(Some(Checkpoint { seq, head }));
    }
    let sql = "SELECT hash FROM audit WHERE seq = ?1";
    let head: Option<[u8; 32]> = tx.first(sql, values![seq], Row::take)?;
    Ok(head.map(|head| Checkpoint {
        seq,
        head: hex(&head),
    }))
}

/// How the log is at this moment, for a witness that remembers the row `seen`.
///
/// # Errors
/// Those of the store.
pub fn state(tx: &mut Tx<'_>, seen: Option<u64>) -> Result<AuditState, StoreError> {
    // In this order: others may write meanwhile, and what is signed is never beyond the end.
    let signed = newest(tx)?;
    let seen = match seen {
        Some(seq) => row(tx, seq)?,
        None => None,
    };
    let end = log::head(tx)?;
    Ok(AuditState { end, signed, seen })
}
