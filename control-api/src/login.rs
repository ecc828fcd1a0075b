//! Logging in, and the tokens that follow.

use serde::{Deserialize, Serialize};

use crate::audit::AuditState;
use crate::id::{DeviceId, TokenId};
use crate::time::{Seconds, UnixMillis};

/// Who somebody is.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's name; upper and lower case are the same.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the person calls the device; for the list of devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Number of the last row of the audit log that the device remembers: the answer has it as it is
    /// now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// An access token and what renews it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    /// For `Authorization: Bearer`; `hsa_…`.
    pub access_token: String,
    /// For `POST /v1/token/refresh`, once; `hsr_…`.
    pub refresh_token: String,
    /// How long the access token is good.
    pub expires_in: Seconds,
    /// The audit log at this moment: whoever keeps it can tell later if the log was cut or made anew.
    pub audit: AuditState,
}

/// A wish for a new access token.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The last refresh token.
    pub refresh_token: String,
    /// Number of the last row of the audit log that the device remembers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// A wish for a new password.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    pub current: String,
    /// The new one; at least [`crate::limits::MIN_PASSWORD_CHARACTERS`].
    pub new: String,
}

/// A login on one device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Device {
    /// Which.
    pub id: DeviceId,
    /// What the person calls it.
    pub device: String,
    /// When it logged in.
    pub created_at: UnixMillis,
    /// When it last renewed its tokens.
    pub last_used_at: UnixMillis,
    /// When it has to log in again in any case.
    pub expires_at: UnixMillis,
}

/// A token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceToken {
    /// Which.
    pub id: TokenId,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// Until when it is good.
    pub expires_at: UnixMillis,
}

/// A wish for a token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewServiceToken {
    /// What the person calls it.
    pub name: String,
    /// What it may do; no more than its owner. The names of permissions.
    pub scopes: Vec<String>,
    /// How long it is good; 30 days if nothing is said, at most 366.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<Seconds>,
}

/// A token for a program, with what is shown only once.
#[derive(Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MintedServiceToken {
    /// What it is.
    #[serde(flatten)]
    pub about: ServiceToken,
    /// For `Authorization: Bearer`; `hss_…`.
    pub token: String,
}

macro_rules! secret {
    ($($name:ident)*) => {$(
        // Secrets stay out of logs.
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

secret!(Login Tokens Refresh PasswordChange MintedServiceToken);
