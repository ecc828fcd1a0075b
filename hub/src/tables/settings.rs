//! Applications, policies and quotas.

use hackstream_control_api::account::Role;
use hackstream_control_api::app::App;
use hackstream_control_api::id::UserId;
use hackstream_control_api::policy::Policy;
use hackstream_control_api::quota::{EffectiveQuota, Quota};

use crate::fault::Fault;
use crate::session::quota::effective;
use crate::store::{Row, Tx, Wake, values};

/// All applications.
///
/// # Errors
/// Those of the store.
pub fn apps(tx: &mut Tx<'_>) -> Result<Vec<App>, Fault> {
    let sql = "SELECT id, title, roles, resources, enabled FROM apps ORDER BY id";
    tx.query(sql, &[])?.iter_mut().map(app_of).collect()
}

/// One application.
///
/// # Errors
/// Those of the store.
pub fn app(tx: &mut Tx<'_>, id: &str) -> Result<Option<App>, Fault> {
    let sql = "SELECT id, title, roles, resources, enabled FROM apps WHERE id = ?1";
    tx.query(sql, values![id])?
        .first_mut()
        .map(app_of)
        .transpose()
}

fn app_of(row: &mut Row) -> Result<App, Fault> {
    Ok(App {
        id: row.take()?,
        title: row.take()?,
        roles: serde_json::from_str(&row.take::<String>()?)?,
        resources: serde_json::from_str(&row.take::<String>()?)?,
        enabled: row.take()?,
    })
}

/// Adds an application or changes it.
///
/// # Errors
/// Those of the store.
pub fn put_app(tx: &mut Tx<'_>, app: &App) -> Result<(), Fault> {
    let (roles, resources) = (
        serde_json::to_string(&app.roles)?,
        serde_json::to_string(&app.resources)?,
    );
    tx.execute(
        "INSERT INTO apps (id, title, roles, resources, enabled) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT (id) DO UPDATE SET title = excluded.title, roles = excluded.roles, \
         resources = excluded.resources, enabled = excluded.enabled",
        values![&app.id, &app.title, roles, resources, app.enabled],
    )?;
    tx.wake(Wake::Pool);
    Ok(())
}

/// What sessions of a role allow.
///
/// # Errors
/// Those of the store.
pub fn policy(tx: &mut Tx<'_>, role: Role) -> Result<Policy, Fault> {
    let sql = "SELECT policy FROM policies WHERE role = ?1";
    let text: Option<String> = tx.first(sql, values![role.name()], Row::take)?;
    text.map_or_else(
        || Ok(Policy::default()),
        |text| Ok(serde_json::from_str(&text)?),
    )
}

/// Changes what sessions of a role allow.
///
/// # Errors
/// Those of the store.
pub fn put_policy(tx: &mut Tx<'_>, role: Role, policy: &Policy) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO policies (role, policy) VALUES (?1, ?2) \
         ON CONFLICT (role) DO UPDATE SET policy = excluded.policy",
        values![role.name(), serde_json::to_string(policy)?],
    )?;
    tx.wake(Wake::Pool);
    Ok(())
}

/// For whom a quota is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Everybody for whom nothing else is said.
    Default,
    /// Everybody with that role.
    Role(Role),
    /// One user.
    User(UserId),
}

impl Subject {
    /// What is written `default`, `role:NAME` or `user:ID`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "default" => Some(Self::Default),
            Some(("role", name)) => Role::named(name).map(Self::Role),
            Some(("user", id)) => id.parse().ok().map(Self::User),
            _ => None,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Role(role) => write!(f, "role:{}", role.name()),
            Self::User(id) => write!(f, "user:{id}"),
        }
    }
}

/// The quota of a subject; says nothing if there is none.
///
/// # Errors
/// Those of the store.
pub fn quota(tx: &mut Tx<'_>, subject: Subject) -> Result<Quota, Fault> {
    let sql = "SELECT quota FROM quotas WHERE subject = ?1";
    let text: Option<String> = tx.first(sql, values![subject.to_string()], Row::take)?;
    text.map_or_else(
        || Ok(Quota::default()),
        |text| Ok(serde_json::from_str(&text)?),
    )
}

/// Changes the quota of a subject.
///
/// # Errors
/// Those of the store.
pub fn put_quota(tx: &mut Tx<'_>, subject: Subject, quota: &Quota) -> Result<(), Fault> {
    tx.execute(
        "INSERT INTO quotas (subject, quota) VALUES (?1, ?2) \
         ON CONFLICT (subject) DO UPDATE SET quota = excluded.quota",
        values![subject.to_string(), serde_json::to_string(quota)?],
    )?;
    tx.wake(Wake::Pool);
    Ok(())
}

/// What counts for a user.
///
/// # Errors
/// Those of the store.
pub fn effective_quota(tx: &mut Tx<'_>, user: UserId, role: Role) -> Result<EffectiveQuota, Fault> {
    of_subjects(
        tx,
        &[Subject::User(user), Subject::Role(role), Subject::Default],
    )
}

/// What counts for those of a role that have nothing of their own.
///
/// # Errors
/// Those of the store.
pub fn quota_of_role(tx: &mut Tx<'_>, role: Role) -> Result<EffectiveQuota, Fault> {
    of_subjects(tx, &[Subject::Role(role), Subject::Default])
}

fn of_subjects(tx: &mut Tx<'_>, subjects: &[Subject]) -> Result<EffectiveQuota, Fault> {
    let mut quotas = Vec::with_capacity(subjects.len());
    for subject in subjects {
        quotas.push(quota(tx, *subject)?);
    }
    Ok(effective(&quotas))
}
