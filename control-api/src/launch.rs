//! What somebody asks for who wants a session.

use serde::{Deserialize, Serialize};

use crate::node::Screen;

/// A wish for a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// The application's name, such as `browser`.
    pub app: String,
    /// What a browser opens; http or https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What remains afterwards.
    #[serde(default)]
    pub profile: ProfileMode,
    /// How much of the link the picture may take.
    #[serde(default)]
    pub quality: Quality,
    /// Size of the screen, if the viewer knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<Screen>,
    /// SHA-256 of the viewer's public key (SubjectPublicKeyInfo), 64 hex digits. With it the answer
    /// has a ticket at once where a warm session is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_key: Option<String>,
}

/// What remains when the session is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProfileMode {
    /// Nothing.
    #[default]
    Ephemeral,
    /// The user's profile of this application.
    Persist,
}

/// How much of the link the picture may take. Policy and wish both count: the lower one wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Little, for weak devices and thin links.
    Low,
    /// What the link and the device can take.
    #[default]
    Auto,
    /// Exact pixels before everything.
    High,
}

/// What a session may use; 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Bytes of memory that are set aside for it.
    pub memory_request: u64,
    /// Bytes of memory beyond which it is ended.
    pub memory_limit: u64,
    /// Thousandths of a CPU that are set aside for it.
    pub cpu_request: u64,
    /// Thousandths of a CPU beyond which it is slowed.
    pub cpu_limit: u64,
    /// Processes and threads.
    pub pids: u64,
}

impl Default for Resources {
    /// For a browser with a few tabs.
    fn default() -> Self {
        Self {
            memory_request: 1024 << 20,
            memory_limit: 3072 << 20,
            cpu_request: 500,
            cpu_limit: 2000,
            pids: 1024,
        }
    }
}
