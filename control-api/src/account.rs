//! Accounts of people.

use serde::{Deserialize, Serialize};

use crate::audit::AuditEntry;
use crate::id::UserId;
use crate::login::{Device, ServiceToken};
use crate::session::Session;
use crate::time::UnixMillis;

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Manages users, policies, nodes; stops sessions; does not see into them.
    Admin,
    /// Reads the audit log and the list of sessions.
    Auditor,
    /// Uses sessions.
    User,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Auditor, Self::User];

    /// As it stands in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::User => "user",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Which.
    pub id: UserId,
    /// What is typed to log in.
    pub username: String,
    /// Where to write to.
    pub email: Option<String>,
    /// What the person is called.
    pub name: Option<String>,
    /// How the person logs in: `local`.
    pub auth_provider: String,
    /// What the person is.
    pub role: Role,
    /// When the account was made.
    pub created_at: UnixMillis,
    /// Since when it cannot be used.
    pub disabled_at: Option<UnixMillis>,
    /// Rises with every change.
    pub version: u64,
}

/// A wish for an account.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// What is typed to log in: letters, digits, `.`, `_`, `-`, `@`.
    pub username: String,
    /// The first password.
    pub password: String,
    /// What the person is.
    #[serde(default = "ordinary")]
    pub role: Role,
    /// Where to write to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn ordinary() -> Role {
    Role::User
}

/// A change of an account; what is missing stays.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// The version that was read; a change of another is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// What the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether the account is closed. Closing it ends its sessions and voids its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// A new password; voids all tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// Where to write to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// What the person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

// Passwords stay out of logs.
impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for UserChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserChange")
            .field("role", &self.role)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The account.
    #[serde(flatten)]
    pub user: User,
    /// What it may do: names of permissions.
    pub permissions: Vec<String>,
}

/// All that the hub has of somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// The account.
    pub user: User,
    /// Where the person is logged in.
    pub devices: Vec<Device>,
    /// Tokens for programs, without their secrets.
    pub tokens: Vec<ServiceToken>,
    /// All sessions, the newest first.
    pub sessions: Vec<Session>,
    /// Rows of the audit log that concern the person, the oldest first.
    pub audit: Vec<AuditEntry>,
}
