//! Logging in with name and password.

use hackstream_control_api::id::{DeviceId, TokenId, UserId};
use hackstream_control_api::login::Tokens;
use hackstream_control_api::problem::Code;
use hackstream_control_api::time::UnixMillis;
use serde_json::json;

use crate::audit::{self, Actor, Record};
use crate::auth::rotation::{ACCESS_LIFETIME, DEVICE_LIFETIME, REFRESH_LIFETIME};
use crate::auth::token::{Kind, Token};
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};
use crate::tables::users;

/// Devices that a user may have logged in; the least recently used goes for one more.
pub const MOST_DEVICES: u32 = 50;

/// What a login is checked against.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose.
    pub id: UserId,
    /// The password's hash.
    pub phc: String,
}

/// How a name is compared.
#[must_use]
pub fn name_key(username: &str) -> String {
    username.to_lowercase()
}

/// The account of that name.
///
/// # Errors
/// Those of the store.
pub fn account(tx: &mut Tx<'_>, username: &str) -> Result<Option<Account>, Fault> {
    let sql = "SELECT id, password_phc FROM users WHERE username_key = ?1";
    let read = |row: &mut Row| -> Result<Account, StoreError> {
        Ok(Account {
            id: row.take()?,
            phc: row.take()?,
        })
    };
    Ok(tx.first(sql, values![name_key(username)], read)?)
}

/// What is written down when somebody failed. A name that nobody has is not: it may be a password.
#[must_use]
pub fn failure(user: Option<UserId>) -> Record {
    let record = Record::new(Actor::Anonymous, "login").outcome(Code::LoginFailed.name());
    match user {
        Some(id) => record.user(id),
        None => record.meta(json!({ "account": "unknown" })),
    }
}

/// The tokens of a new login, and a better hash of the password where the old one was cheap.
#[derive(Clone, Debug)]
pub struct Granted {
    /// For requests.
    pub access: Token,
    /// For the next ones.
    pub refresh: Token,
    /// The hash of which the password was shown.
    pub verified: String,
    /// A new hash of the password, if that one is outdated.
    pub better: Option<String>,
    /// The row of the audit log that the device remembers.
    pub seen: Option<u64>,
}

/// Somebody showed the right password: their device gets tokens.
///
/// # Errors
/// Those of the store. `Ok(None)` if the account is closed, or the password is another one by now,
/// which is written down.
pub fn succeeded(
    tx: &mut Tx<'_>,
    id: UserId,
    device: &str,
    granted: &Granted,
) -> Result<Option<Tokens>, Fault> {
    let user = users::lock(tx, id)?.ok_or(Code::LoginFailed)?;
    if user.disabled_at.is_some() {
        let record = Record::new(Actor::Anonymous, "login").user(id);
        audit::append(tx, record.outcome("disabled"))?;
        return Ok(None);
    }
    let better = granted.better.as_ref().unwrap_or(&granted.verified);
    let sql = "UPDATE users SET password_phc = ?3 WHERE id = ?1 AND password_phc = ?2";
    if tx.execute(sql, values![id, &granted.verified, better])? == 0 {
        audit::append(tx, failure(Some(id)))?;
        return Ok(None);
    }
    make_room(tx, id)?;
    let device_id = tx.id(DeviceId::new)?;
    tx.execute(
        "INSERT INTO devices (id, user_id, device, created_at, last_used_at, expires_at) \
         VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        values![device_id, id, device, tx.now, tx.now.plus(DEVICE_LIFETIME)],
    )?;
    keep_pair(tx, id, device_id, &granted.access, &granted.refresh)?;
    let record = Record::new(Actor::User(id), "login").user(id);
    audit::append(tx, record.meta(json!({ "device_id": device_id })))?;
    let tokens = tokens(
        tx,
        &granted.access,
        &granted.refresh,
        tx.now.plus(ACCESS_LIFETIME),
        granted.seen,
    )?;
    Ok(Some(tokens))
}

/// Logs out the devices that were used least recently, where a user has as many as one may have.
fn make_room(tx: &mut Tx<'_>, user: UserId) -> Result<(), StoreError> {
    let sql = "UPDATE devices SET revoked_at = ?2, revoked_why = 'crowded' WHERE id IN \
               (SELECT id FROM devices WHERE user_id = ?1 AND revoked_at IS NULL \
               AND expires_at > ?2 ORDER BY last_used_at DESC, id DESC LIMIT 1000 OFFSET ?3)";
    if tx.execute(sql, values![user, tx.now, MOST_DEVICES - 1])? > 0 {
        tx.wake(Wake::User(user));
    }
    Ok(())
}

/// Keeps the hashes of a device's next tokens.
///
/// # Errors
/// Those of the store.
pub fn keep_pair(
    tx: &mut Tx<'_>,
    user: UserId,
    device: DeviceId,
    access: &Token,
    refresh: &Token,
) -> Result<(), Fault> {
    for (token, lifetime) in [(access, ACCESS_LIFETIME), (refresh, REFRESH_LIFETIME)] {
        let kind: Kind = token.kind();
        tx.execute(
            "INSERT INTO tokens (id, device_id, user_id, kind, hash, created_at, expires_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            values![
                tx.id(TokenId::new)?,
                device,
                user,
                kind.name(),
                token.hash(),
                tx.now,
                tx.now.plus(lifetime)
            ],
        )?;
    }
    Ok(())
}

/// The answer with tokens, for a device that remembers the row `seen` of the audit log.
///
/// # Errors
/// Those of the store.
pub fn tokens(
    tx: &mut Tx<'_>,
    access: &Token,
    refresh: &Token,
    expires_at: UnixMillis,
    seen: Option<u64>,
) -> Result<Tokens, Fault> {
    Ok(Tokens {
        access_token: access.text().to_owned(),
        refresh_token: refresh.text().to_owned(),
        expires_in: hackstream_control_api::time::Seconds(expires_at.millis_since(tx.now) / 1000),
        audit: audit::state(tx, seen)?,
    })
}
