//! Accounts.

use hackstream_control_api::account::{Role, User};
use hackstream_control_api::id::UserId;

use crate::store::{Row, StoreError, Tx, values};

macro_rules! columns {
    () => {
        "id, username, email, name, auth_provider, role, created_at, disabled_at, version"
    };
}

/// An account.
///
/// # Errors
/// Those of the store.
pub fn find(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM users WHERE id = ?1");
    tx.first(SQL, values![id], read)
}

/// An account, locked until the transaction is over.
///
/// # Errors
/// Those of the store.
pub fn lock(tx: &mut Tx<'_>, id: UserId) -> Result<Option<User>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE id = ?1 /*FOR UPDATE*/"
    );
    tx.first(SQL, values![id], read)
}

/// Locks an account and those of all administrators, in one order: whoever changes an account may not
/// be the only one who does, and there shall be an administrator left.
///
/// # Errors
/// Those of the store.
pub fn lock_with_admins(tx: &mut Tx<'_>, id: UserId) -> Result<(), StoreError> {
    const SQL: &str =
        "SELECT id FROM users WHERE id = ?1 OR role = 'admin' ORDER BY id /*FOR UPDATE*/";
    tx.query(SQL, values![id]).map(drop)
}

/// Accounts in the order in which they were made, after `after`.
///
/// # Errors
/// Those of the store.
pub fn list(tx: &mut Tx<'_>, after: &str, limit: u32) -> Result<Vec<User>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM users WHERE id > ?1 ORDER BY id LIMIT ?2"
    );
    tx.list(SQL, values![after, limit], read)
}

fn read(row: &mut Row) -> Result<User, StoreError> {
    Ok(User {
        id: row.take()?,
        username: row.take()?,
        email: row.take()?,
        name: row.take()?,
        auth_provider: row.take()?,
        role: role(&row.take::<String>()?)?,
        created_at: row.take()?,
        disabled_at: row.take()?,
        version: row.take()?,
    })
}

/// A role's name from the store.
///
/// # Errors
/// If it is none.
pub fn role(name: &str) -> Result<Role, StoreError> {
    Role::named(name).ok_or_else(|| StoreError::Corrupt(format!("the role {name:?}")))
}
