//! The devices of a user, and the password that lets new ones in.

use hackstream_control_api::id::{DeviceId, UserId};
use hackstream_control_api::login::Device;
use hackstream_control_api::problem::Code;
use serde_json::json;

use super::who::Caller;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};

/// Those that are logged in.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Device>, Fault> {
    let sql = "SELECT id, device, created_at, last_used_at, expires_at FROM devices \
               WHERE user_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 ORDER BY id";
    let read = |row: &mut Row| -> Result<Device, StoreError> {
        Ok(Device {
            id: row.take()?,
            device: row.take()?,
            created_at: row.take()?,
            last_used_at: row.take()?,
            expires_at: row.take()?,
        })
    };
    Ok(tx.list(sql, values![user, tx.now], read)?)
}

/// Logs a device of the caller out: its tokens are void.
///
/// # Errors
/// [`Code::NotFound`] if it is none of theirs; those of the store.
pub fn revoke(tx: &mut Tx<'_>, caller: &Caller, device: DeviceId) -> Result<(), Fault> {
    let sql = "UPDATE devices SET revoked_at = ?3, revoked_why = 'logout' \
               WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL";
    if tx.execute(sql, values![device, caller.user, tx.now])? == 0 {
        return Err(Code::NotFound.into());
    }
    tx.wake(Wake::User(caller.user));
    let record = Record::new(Actor::User(caller.user), "logout").user(caller.user);
    Ok(audit::append(
        tx,
        record.meta(json!({ "device_id": device })),
    )?)
}

/// Logs the caller out: their device, or the service token that they use.
///
/// # Errors
/// Those of the store.
pub fn logout(tx: &mut Tx<'_>, caller: &Caller) -> Result<(), Fault> {
    match caller.device {
        Some(device) => revoke(tx, caller, device),
        None => super::service::revoke(tx, caller, caller.token),
    }
}

/// Voids all tokens of a user, whose account is locked.
///
/// # Errors
/// Those of the store.
pub fn void_all(tx: &mut Tx<'_>, user: UserId, why: &str) -> Result<(), Fault> {
    void(tx, user, None, why)
}

/// Voids them but for those of the device `kept`.
fn void(tx: &mut Tx<'_>, user: UserId, kept: Option<DeviceId>, why: &str) -> Result<(), Fault> {
    let devices = "UPDATE devices SET revoked_at = ?2, revoked_why = ?3 \
                   WHERE user_id = ?1 AND revoked_at IS NULL AND id <> ?4";
    let kept = kept.map_or_else(String::new, |device| device.to_string());
    tx.execute(devices, values![user, tx.now, why, kept])?;
    let tokens = "UPDATE tokens SET revoked_at = ?2 \
                  WHERE user_id = ?1 AND kind = 'service' AND revoked_at IS NULL";
    tx.execute(tokens, values![user, tx.now])?;
    tx.wake(Wake::User(user));
    Ok(())
}

/// Sets the caller's password and voids all their tokens but those of the device they use. `verified`
/// is the hash that they have shown the password of.
///
/// # Errors
/// [`Code::WrongPassword`] if the password has changed since it was verified; those of the store.
pub fn set_password(
    tx: &mut Tx<'_>,
    caller: &Caller,
    verified: &str,
    phc: &str,
) -> Result<(), Fault> {
    let password = "UPDATE users SET password_phc = ?3, version = version + 1 \
                    WHERE id = ?1 AND password_phc = ?2";
    if tx.execute(password, values![caller.user, verified, phc])? == 0 {
        return Err(Code::WrongPassword.into());
    }
    void(tx, caller.user, caller.device, "password")?;
    let record = Record::new(caller.actor(), "password.change").user(caller.user);
    Ok(audit::append(tx, record)?)
}
