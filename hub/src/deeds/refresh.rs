//! Exchanging a refresh token.

use hackstream_control_api::id::{DeviceId, UserId};
use hackstream_control_api::login::Tokens;
use hackstream_control_api::problem::{Code, Problem};
use hackstream_control_api::time::UnixMillis;
use serde_json::json;

use super::login::{keep_pair, tokens};
use crate::audit::{self, Actor, Record};
use crate::auth::rotation::{ACCESS_LIFETIME, Known, RotationKey, Verdict, decide};
use crate::auth::token::{Kind, Token};
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};
use crate::tables::users;

/// What came of it.
#[derive(Debug)]
pub enum Refreshed {
    /// New tokens.
    Rotated(Tokens),
    /// The same tokens as a moment ago.
    Repeated(Tokens),
    /// Somebody has a copy: the device's tokens are void now.
    Reused(Problem),
}

struct Found {
    user: UserId,
    device: DeviceId,
    known: Known,
}

const KNOWN: &str = "SELECT t.user_id, t.device_id, t.expires_at, t.used_at, d.expires_at, \
    d.revoked_at, u.disabled_at \
    FROM tokens t JOIN devices d ON d.id = t.device_id JOIN users u ON u.id = t.user_id \
    WHERE t.hash = ?1 AND t.kind = 'refresh'";

fn read(row: &mut Row) -> Result<Found, StoreError> {
    let (user, device) = (row.take()?, row.take()?);
    let (expires_at, used_at, device_expires_at) = (row.take()?, row.take()?, row.take()?);
    let revoked: Option<UnixMillis> = row.take()?;
    let disabled: Option<UnixMillis> = row.take()?;
    let known = Known {
        expires_at,
        used_at,
        device_expires_at,
        revoked: revoked.or(disabled).is_some(),
    };
    Ok(Found {
        user,
        device,
        known,
    })
}

/// Whose refresh token that is, good or not, and on which device.
///
/// # Errors
/// [`Code::Unauthenticated`] if it is nobody's; those of the store.
pub fn owner(tx: &mut Tx<'_>, token: &Token) -> Result<(UserId, DeviceId), Fault> {
    let sql = "SELECT user_id, device_id FROM tokens WHERE hash = ?1 AND kind = 'refresh'";
    let read = |row: &mut Row| Ok((row.take()?, row.take()?));
    let owner = tx.first(sql, values![token.hash()], read)?;
    owner.ok_or_else(|| Code::Unauthenticated.into())
}

/// Exchanges `token` of a device that remembers the row `seen` of the audit log.
///
/// # Errors
/// [`Code::Unauthenticated`] for a token that is not good; those of the store.
pub fn refresh(
    tx: &mut Tx<'_>,
    token: &Token,
    key: &RotationKey,
    seen: Option<u64>,
) -> Result<Refreshed, Fault> {
    // As whoever voids tokens does: see `who::acting`.
    let (owner, _) = owner(tx, token)?;
    users::lock(tx, owner)?;
    let found = tx.first(KNOWN, values![token.hash()], read)?;
    let Found {
        user,
        device,
        known,
    } = found.ok_or(Code::Unauthenticated)?;
    let access = key.successor(token, Kind::Access);
    let next = key.successor(token, Kind::Refresh);
    match decide(&known, tx.now) {
        Verdict::Refuse => Err(Code::Unauthenticated.into()),
        // The keys have changed since: what would be given again was never kept.
        Verdict::Repeat if !is_kept(tx, &next)? => Err(Code::Unauthenticated.into()),
        Verdict::Repeat => {
            let used_at = known.used_at.unwrap_or(tx.now);
            let expires_at = used_at.plus(ACCESS_LIFETIME);
            let tokens = tokens(tx, &access, &next, expires_at, seen)?;
            Ok(Refreshed::Repeated(tokens))
        }
        Verdict::Rotate => {
            let used = "UPDATE tokens SET used_at = ?2 WHERE hash = ?1";
            tx.execute(used, values![token.hash(), tx.now])?;
            let touch = "UPDATE devices SET last_used_at = ?2 WHERE id = ?1";
            tx.execute(touch, values![device, tx.now])?;
            keep_pair(tx, user, device, &access, &next)?;
            let expires_at = tx.now.plus(ACCESS_LIFETIME);
            let tokens = tokens(tx, &access, &next, expires_at, seen)?;
            Ok(Refreshed::Rotated(tokens))
        }
        Verdict::Reuse => {
            let void = "UPDATE devices SET revoked_at = ?2, revoked_why = 'reuse' WHERE id = ?1";
            tx.execute(void, values![device, tx.now])?;
            tx.wake(Wake::User(user));
            let record = Record::new(Actor::Anonymous, "token.refresh").user(user);
            let record = record.outcome(Code::TokenReused.name());
            audit::append(tx, record.meta(json!({ "device_id": device })))?;
            let detail = "somebody else may have a copy of it; all tokens of this device are void: log in again";
            Ok(Refreshed::Reused(
                Problem::new(Code::TokenReused).detail(detail),
            ))
        }
    }
}

fn is_kept(tx: &mut Tx<'_>, token: &Token) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM tokens WHERE hash = ?1";
    Ok(!tx.query(sql, values![token.hash()])?.is_empty())
}
