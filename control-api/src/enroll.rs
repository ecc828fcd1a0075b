//! How a machine becomes a node: an administrator gets a code, and carries it to the machine in a
//! [`Join`]; the machine makes a key and shows both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::NodeId;
use crate::node::Capacity;
use crate::time::{Seconds, UnixMillis};

/// How long a code is good.
pub const CODE_LIFETIME: Seconds = Seconds::minutes(10);

/// What a node signs with its new key: the code, as this.
pub const ENROLL_TYPE: &str = "application/vnd.hackstream.enroll.v1";

/// A wish for a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCode {
    /// What people will call the node.
    pub name: String,
}

/// A code by which one machine comes in, once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollCode {
    /// A secret: `hse_` and 32 hexadecimal digits.
    pub code: String,
    /// Until when it is good.
    pub expires_at: UnixMillis,
}

/// A machine that comes in. Asked once more with the same code and key, within the code's time, the hub
/// answers the same.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enroll {
    /// The code.
    pub code: String,
    /// The key that the machine has made: `ed25519:` and 43 characters of base64url.
    pub public_key: String,
    /// The code as [`ENROLL_TYPE`], signed with that key: 86 characters of base64url.
    pub proof: String,
    /// The agent's version.
    pub version: String,
    /// What the machine has.
    pub capacity: Capacity,
    /// The applications that its configuration allows.
    pub apps: Vec<String>,
}

/// What a node has to know of its hub and of itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolled {
    /// What the hub calls it.
    pub node: NodeId,
    /// What people call it.
    pub name: String,
    /// By what it is known from now on: a secret.
    pub token: String,
    /// With what the hub signs jobs: `ed25519:` and 43 characters of base64url, each.
    pub job_keys: Vec<String>,
}

/// Characters of a [`Join`].
pub const MAX_JOIN: usize = 512;

/// What is carried to a machine that is to be a node: where the hub is, how it is recognised, and the
/// code. As text `hsj1.CODE.KEY.HUB`, with `-` for a hub that is recognised by its certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    /// Where the hub is: `https://…`.
    pub hub: String,
    /// SHA-256 of its TLS key (SubjectPublicKeyInfo), 64 hexadecimal digits.
    pub key: Option<String>,
    /// The code.
    pub code: String,
}

/// The text is no [`Join`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "that is not what `hackstreamctl nodes add` printed: it begins with hsj1. and has no spaces"
)]
pub struct NoJoin;

impl FromStr for Join {
    type Err = NoJoin;

    fn from_str(text: &str) -> Result<Self, NoJoin> {
        let is_sane = text.len() <= MAX_JOIN && text.chars().all(|c| c.is_ascii_graphic());
        let rest = text.strip_prefix("hsj1.").filter(|_| is_sane);
        let mut parts = rest.ok_or(NoJoin)?.splitn(3, '.');
        let (Some(code), Some(key), Some(hub)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NoJoin);
        };
        let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
        if code.is_empty() || hub.is_empty() || !(is_key || key == "-") {
            return Err(NoJoin);
        }
        Ok(Self {
            hub: hub.to_owned(),
            key: is_key.then(|| key.to_owned()),
            code: code.to_owned(),
        })
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hub, key, code } = self;
        let key = key.as_deref().unwrap_or("-");
        write!(f, "hsj1.{code}.{key}.{hub}")
    }
}

/// The code stays out of logs.
impl fmt::Debug for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Join");
        shown.field("hub", &self.hub).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_join_is_read_as_it_was_written() {
        for key in [Some("0f".repeat(32)), None] {
            let join = Join {
                hub: "https://hub.example.org:8443".to_owned(),
                key,
                code: "hse_0123".to_owned(),
            };
            assert_eq!(join.to_string().parse(), Ok(join.clone()));
            assert!(!format!("{join:?}").contains("hse_0123"));
        }
    }

    #[test]
    fn anything_else_is_no_join() {
        let key = "0f".repeat(32);
        for bad in [
            String::new(),
            "hsj1.".to_owned(),
            "hsj1.code.key.https://hub".to_owned(),
            format!("hsj2.code.{key}.https://hub"),
            format!("hsj1..{key}.https://hub"),
            format!("hsj1.code.{key}."),
            format!("hsj1.code.{key}.https://h ub"),
            format!("hsj1.code.{key}.{}", "h".repeat(MAX_JOIN)),
        ] {
            assert_eq!(bad.parse::<Join>(), Err(NoJoin), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = text.parse::<Join>();
            let _ = format!("hsj1.{text}").parse::<Join>();
        }
    }
}
