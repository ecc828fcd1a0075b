//! Tokens for programs.

use hackstream_control_api::id::{TokenId, UserId};
use hackstream_control_api::login::ServiceToken;
use hackstream_control_api::problem::Code;
use serde_json::json;

use super::who::Caller;
use crate::audit::{self, Actor, Record};
use crate::auth::token::Token;
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};

/// Service tokens that a user may have at once.
const MOST: u32 = 50;

/// The caller's tokens that are good.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<ServiceToken>, Fault> {
    let sql = "SELECT id, name, scopes, created_at, expires_at FROM tokens \
               WHERE user_id = ?1 AND kind = 'service' AND revoked_at IS NULL AND expires_at > ?2 \
               ORDER BY id";
    let read = |row: &mut Row| -> Result<ServiceToken, StoreError> {
        let (id, name) = (row.take()?, row.take()?);
        let scopes: String = row.take()?;
        Ok(ServiceToken {
            id,
            name,
            scopes: scopes.split(' ').map(str::to_owned).collect(),
            created_at: row.take()?,
            expires_at: row.take()?,
        })
    };
    Ok(tx.list(sql, values![user, tx.now], read)?)
}

/// Keeps a new token of the caller.
///
/// # Errors
/// [`Code::Forbidden`] to programs; [`Code::QuotaExceeded`] if there are many already; those of the store.
pub fn mint(
    tx: &mut Tx<'_>,
    caller: &Caller,
    about: &ServiceToken,
    token: &Token,
) -> Result<(), Fault> {
    if caller.scopes.is_some() {
        let detail = "a program's token makes no others: log in";
        return Err(Fault::new(Code::Forbidden, detail));
    }
    if list(tx, caller.user)?.len() >= MOST as usize {
        let detail = format!("{MOST} tokens are the most; revoke one first");
        return Err(Fault::new(Code::QuotaExceeded, detail));
    }
    let scopes = about.scopes.join(" ");
    tx.execute(
        "INSERT INTO tokens (id, user_id, kind, hash, name, scopes, created_at, expires_at) \
         VALUES (?1, ?2, 'service', ?3, ?4, ?5, ?6, ?7)",
        values![
            about.id,
            caller.user,
            token.hash(),
            &about.name,
            &scopes,
            about.created_at,
            about.expires_at
        ],
    )?;
    let record = Record::new(Actor::User(caller.user), "token.mint");
    let record = record.target("token", about.id.to_string());
    Ok(audit::append(tx, record.meta(json!({ "scopes": scopes })))?)
}

/// Voids a token of the caller.
///
/// # Errors
/// [`Code::NotFound`] if it is none of theirs; those of the store.
pub fn revoke(tx: &mut Tx<'_>, caller: &Caller, id: TokenId) -> Result<(), Fault> {
    let sql = "UPDATE tokens SET revoked_at = ?3 WHERE id = ?1 AND user_id = ?2 \
               AND kind = 'service' AND revoked_at IS NULL";
    if tx.execute(sql, values![id, caller.user, tx.now])? == 0 {
        return Err(Code::NotFound.into());
    }
    tx.wake(Wake::User(caller.user));
    let record = Record::new(Actor::User(caller.user), "token.revoke");
    Ok(audit::append(tx, record.target("token", id.to_string()))?)
}
