//! Who this node is to its hub: what it is called, by what it is known, and which keys of the hub it
//! believes.
//!
//! `hackstream-noded enroll` writes it into the state folder. An administrator may say it in the
//! configuration instead, with the token file that `hackstreamd node add --token-file` wrote.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use hackstream_control_api::id::NodeId;
use hackstream_ticket::{HubKeys, KeyHash};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::{NodeError, files};

/// Bytes of a file with secrets.
const MOST_BYTES: u64 = 16 << 10;

/// Why it is not known who this node is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Nobody has said so yet.
    #[error(
        "no hub knows this node yet: `hackstreamctl nodes add NAME` prints what `hackstream-noded \
         enroll` reads"
    )]
    None,
    /// The file is another program's, or is damaged.
    #[error(transparent)]
    State(#[from] NodeError),
    /// The token file cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// Who this node is to its hub.
#[derive(Clone)]
pub struct Identity {
    /// What the hub calls it.
    pub node: NodeId,
    /// Where the hub is: `https://…`.
    pub hub: String,
    /// The hub's TLS key, if it is known by that and not by its certificate.
    pub hub_key: Option<KeyHash>,
    /// What the hub knows this node by.
    pub token: String,
    /// With what the hub signs jobs.
    pub job_keys: HubKeys,
}

/// The file `identity.json`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) node: NodeId,
    pub(crate) hub: String,
    pub(crate) hub_key: Option<String>,
    pub(crate) token: String,
    /// One on each line.
    pub(crate) job_keys: String,
}

/// Where it is in the state folder.
pub(crate) fn place(state: &Path) -> PathBuf {
    state.join("identity.json")
}

impl Identity {
    /// What the configuration says, or else what enrolment left in the state folder.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn of(config: &Config) -> Result<Self, IdentityError> {
        if let Some(said) = &config.said {
            return Self::by_hand(said.node, &said.hub, &said.token_file);
        }
        let path = place(&config.state_dir);
        let kept: Kept = files::read_json(&path)?.ok_or(IdentityError::None)?;
        let damaged = |reason: &dyn fmt::Display| IdentityError::File {
            path: path.clone(),
            reason: format!("it is damaged: {reason}; enroll the node anew"),
        };
        let hub_key: Option<Result<KeyHash, _>> = kept.hub_key.map(|text| text.parse());
        let job_keys: Result<HubKeys, _> = kept.job_keys.parse();
        Ok(Self {
            node: kept.node,
            hub: kept.hub,
            hub_key: hub_key.transpose().map_err(|error| damaged(&error))?,
            token: kept.token,
            job_keys: job_keys.map_err(|error| damaged(&error))?,
        })
    }

    /// That of a token file: the token, and below it the keys of jobs.
    fn by_hand(node: NodeId, hub: &str, path: &Path) -> Result<Self, IdentityError> {
        let wrong = |reason: String| IdentityError::File {
            path: path.to_owned(),
            reason,
        };
        let text = read_secret(path).map_err(&wrong)?;
        let (token, keys) = text.trim().split_once('\n').ok_or_else(|| {
            let reason = "there is no key of jobs in it, below the token; `hackstreamd node token` \
                          writes another file";
            wrong(reason.to_owned())
        })?;
        let job_keys: Result<HubKeys, _> = keys.parse();
        Ok(Self {
            node,
            hub: hub.to_owned(),
            hub_key: None,
            token: token.trim().to_owned(),
            job_keys: job_keys.map_err(|error| wrong(error.to_string()))?,
        })
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Identity");
        shown.field("node", &self.node).field("hub", &self.hub);
        shown.finish_non_exhaustive()
    }
}

/// What is in a file that only its owner may read.
pub(crate) fn read_secret(path: &Path) -> Result<String, String> {
    // Of the file that is read, whatever has its name by then.
    let read = || -> io::Result<(u32, String)> {
        let file = File::open(path)?;
        let mode = file.metadata()?.mode();
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text)?;
        Ok((mode, text))
    };
    let (mode, text) = read().map_err(|error| error.to_string())?;
    if mode & 0o077 == 0 {
        return Ok(text);
    }
    let shown = path.display();
    Err(format!("others can read it; run: chmod 600 {shown}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_ticket::Signer;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    const NODE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn by_hand(text: &str, mode: u32) -> Result<Identity, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.token");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Identity::by_hand(NODE.parse().unwrap(), "https://hub", &path)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_token_file_has_the_keys_of_jobs_and_is_private() {
        let key = Signer::from_seed(&[1; 32]).unwrap().public();
        let text = format!("hsn_x\n{key}\n");
        let identity = by_hand(&text, 0o600).unwrap();
        assert_eq!(identity.token, "hsn_x");
        assert_eq!(identity.job_keys, HubKeys::from(key));
        assert!(!format!("{identity:?}").contains("hsn_x"));
        for (text, mode, word) in [
            (text.as_str(), 0o640, "chmod 600"),
            ("hsn_x\n", 0o600, "node token"),
            ("hsn_x\nhsn_y\n", 0o600, "ed25519:"),
        ] {
            let error = by_hand(text, mode).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
