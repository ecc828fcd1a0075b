//! Accounts and settings, as administrators change them.

use hackstream_control_api::account::{Role, User, UserChange};
use hackstream_control_api::app::App;
use hackstream_control_api::id::UserId;
use hackstream_control_api::policy::Policy;
use hackstream_control_api::problem::Code;
use hackstream_control_api::quota::Quota;
use hackstream_control_api::session::StopCause;
use serde_json::json;

use super::devices::void_all;
use super::login::name_key;
use super::stop::{REVOKED_GRACE, end};
use super::who::Caller;
use crate::audit::{self, Actor, Record};
use crate::fault::Fault;
use crate::store::{Row, StoreError, Tx, Wake, values};
use crate::tables::settings::Subject;
use crate::tables::{nodes, sessions, settings, users};

/// A new account, its password hashed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What is typed to log in.
    pub username: String,
    /// The password's hash.
    pub phc: String,
    /// What the person is.
    pub role: Role,
    /// Where to write to.
    pub email: Option<String>,
    /// What the person is called.
    pub name: Option<String>,
}

/// Makes an account.
///
/// # Errors
/// [`Code::NameTaken`]; those of the store.
pub fn add_user(tx: &mut Tx<'_>, actor: Actor, draft: &Draft) -> Result<User, Fault> {
    let id = tx.id(UserId::new)?;
    let added = tx.execute(
        "INSERT INTO users (id, username, username_key, email, name, auth_provider, password_phc, \
         role, created_at, version) VALUES (?1, ?2, ?3, ?4, ?5, 'local', ?6, ?7, ?8, 1)",
        values![
            id,
            &draft.username,
            name_key(&draft.username),
            draft.email.as_ref(),
            draft.name.as_ref(),
            &draft.phc,
            draft.role.name(),
            tx.now
        ],
    );
    match added {
        Err(StoreError::Duplicate(_)) => return Err(Code::NameTaken.into()),
        other => other?,
    };
    let record = Record::new(actor, "user.create").user(id);
    audit::append(tx, record.meta(json!({ "role": draft.role.name() })))?;
    users::find(tx, id)?.ok_or_else(|| Code::Internal.into())
}

/// Whether a caller may make an account of that role: a program's token makes none that could do more
/// than it was made for.
///
/// # Errors
/// [`Code::Forbidden`].
pub fn may_make(caller: &Caller, role: Role) -> Result<(), Fault> {
    if caller.scopes.is_none() || role == Role::User {
        return Ok(());
    }
    let detail = "a program's token makes users only, and gives nobody another role";
    Err(Fault::new(Code::Forbidden, detail))
}

/// Whether a caller may change that account, and give it that role.
///
/// # Errors
/// As of [`may_make`]; [`Code::NotFound`].
pub fn within_reach(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: UserId,
    to: Option<Role>,
) -> Result<(), Fault> {
    let role = users::find(tx, id)?.ok_or(Code::NotFound)?.role;
    may_make(caller, role)?;
    may_make(caller, to.unwrap_or(role))
}

/// Changes an account. Closing it voids its tokens and ends its sessions, in the same transaction; so
/// does a new password, since whoever set it could log in and look.
///
/// # Errors
/// [`Code::NotFound`], [`Code::VersionConflict`], [`Code::LastAdmin`]; those of the store.
pub fn change_user(
    tx: &mut Tx<'_>,
    actor: Actor,
    id: UserId,
    change: &UserChange,
    phc: Option<&str>,
) -> Result<User, Fault> {
    users::lock_with_admins(tx, id)?;
    let before = users::find(tx, id)?.ok_or(Code::NotFound)?;
    if change
        .version
        .is_some_and(|version| version != before.version)
    {
        return Err(Code::VersionConflict.into());
    }
    let role = change.role.unwrap_or(before.role);
    let disabled = change.disabled.unwrap_or(before.disabled_at.is_some());
    let was_active_admin = before.role == Role::Admin && before.disabled_at.is_none();
    if was_active_admin && (role != Role::Admin || disabled) && active_admins(tx)? <= 1 {
        return Err(Code::LastAdmin.into());
    }
    let disabled_at = disabled.then(|| before.disabled_at.unwrap_or(tx.now));
    let email = change.email.as_ref().or(before.email.as_ref());
    let name = change.name.as_ref().or(before.name.as_ref());
    tx.execute(
        "UPDATE users SET role = ?2, disabled_at = ?3, email = ?4, name = ?5, \
         password_phc = coalesce(?6, password_phc), version = version + 1 WHERE id = ?1",
        values![id, role.name(), disabled_at, email, name, phc],
    )?;
    if disabled && before.disabled_at.is_none() {
        close(tx, actor, id, StopCause::UserDisabled)?;
    } else if phc.is_some() {
        close(tx, actor, id, StopCause::Admin)?;
    }
    tx.wake(Wake::User(id));
    let meta = json!({
        "role": [before.role.name(), role.name()],
        "disabled": [before.disabled_at.is_some(), disabled],
        "password": phc.is_some(),
        "email": email != before.email.as_ref(),
        "name": name != before.name.as_ref(),
    });
    audit::append(tx, Record::new(actor, "user.change").user(id).meta(meta))?;
    users::find(tx, id)?.ok_or_else(|| Code::Internal.into())
}

/// Administrators who can log in. All are locked: two cannot remove each other at the same moment.
fn active_admins(tx: &mut Tx<'_>) -> Result<u32, StoreError> {
    let sql = "SELECT count(*) FROM users WHERE role = 'admin' AND disabled_at IS NULL";
    Ok(tx.first(sql, &[], Row::take)?.unwrap_or(0))
}

fn close(tx: &mut Tx<'_>, actor: Actor, id: UserId, cause: StopCause) -> Result<(), Fault> {
    void_all(tx, id, cause.name())?;
    nodes::lock_of_user(tx, id)?;
    for mut session in sessions::lock_of_user(tx, id)? {
        end(tx, &mut session, cause, REVOKED_GRACE, actor)?;
    }
    Ok(())
}

/// Adds an application or changes it.
///
/// # Errors
/// Those of the store.
pub fn put_app(tx: &mut Tx<'_>, actor: Actor, app: &App) -> Result<(), Fault> {
    let before = settings::app(tx, &app.id)?;
    settings::put_app(tx, app)?;
    let record = Record::new(actor, "app.put").target("app", &app.id);
    Ok(audit::append(
        tx,
        record.meta(json!({ "from": before, "to": app })),
    )?)
}

/// Changes what sessions of a role allow.
///
/// # Errors
/// Those of the store.
pub fn put_policy(tx: &mut Tx<'_>, actor: Actor, role: Role, to: &Policy) -> Result<(), Fault> {
    let before = settings::policy(tx, role)?;
    settings::put_policy(tx, role, to)?;
    let record = Record::new(actor, "policy.put").target("policy", role.name());
    Ok(audit::append(
        tx,
        record.meta(json!({ "from": before, "to": to })),
    )?)
}

/// Changes a quota.
///
/// # Errors
/// [`Code::NotFound`] if there is no such user; those of the store.
pub fn put_quota(tx: &mut Tx<'_>, actor: Actor, subject: Subject, to: &Quota) -> Result<(), Fault> {
    if let Subject::User(id) = subject {
        users::find(tx, id)?.ok_or(Code::NotFound)?;
    }
    let before = settings::quota(tx, subject)?;
    settings::put_quota(tx, subject, to)?;
    let mut record = Record::new(actor, "quota.put").target("quota", subject.to_string());
    if let Subject::User(id) = subject {
        record.subject = Some(id);
    }
    Ok(audit::append(
        tx,
        record.meta(json!({ "from": before, "to": to })),
    )?)
}
