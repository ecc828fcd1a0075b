//! Applications that sessions show.

use serde::{Deserialize, Serialize};

use crate::account::Role;
use crate::launch::Resources;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct App {
    /// What is typed to launch it: small letters, digits, `-`.
    pub id: String,
    /// What people read.
    pub title: String,
    /// Who may launch it.
    pub roles: Vec<Role>,
    /// What a session of it may use, if quotas do not say less.
    #[serde(default)]
    pub resources: Resources,
    /// Whether it can be launched.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

fn enabled() -> bool {
    true
}
