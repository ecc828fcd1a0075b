//! Making this machine a node of a hub.

use std::io::{self, Read as _};
use std::path::Path;

use hackstream_control_api::enroll::{ENROLL_TYPE, Enroll, Enrolled, Join, MAX_JOIN, NoJoin};
use hackstream_control_api::problem::Problem;
use hackstream_https::Distrusted;
use hackstream_ticket::{HubKeys, KeyError, KeyHash, NodeKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::agent::capacity::of_this_machine;
use crate::agent::hub::{HubError, agent, answer};
use crate::config::Config;
use crate::identity::{Kept, place, read_secret};
use crate::{NodeError, files};

/// Why the machine is no node of the hub.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// What was given is something else.
    #[error(transparent)]
    Join(#[from] NoJoin),
    /// It cannot be read.
    #[error("cannot read what `hackstreamctl nodes add` printed: {0}")]
    Read(String),
    /// The configuration says already who the node is.
    #[error(
        "node, hub and token_file in the configuration say who this node is; remove them first"
    )]
    Said,
    /// The files of the node cannot be used.
    #[error(transparent)]
    State(#[from] NodeError),
    /// The key in the state folder is none, or the hub's is not.
    #[error("{what}: {source}")]
    Key {
        /// Which.
        what: &'static str,
        /// What is wrong.
        source: KeyError,
    },
    /// The system has no randomness.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// Somebody else is there.
    #[error(
        "another than the expected hub is at {hub}: it shows the key sha256:{shown}; nothing was told \
         to it"
    )]
    Impostor {
        /// The address.
        hub: String,
        /// The key that was shown.
        shown: KeyHash,
    },
    /// The hub does not let the machine in.
    #[error("the hub does not let this machine in: {0}")]
    Refused(String),
    /// The hub did not answer; it may have let the machine in all the same.
    #[error("{0}; the same again, within ten minutes, does no harm")]
    Hub(HubError),
}

impl EnrollError {
    /// Whether the hub said no, or is another: not a matter of this machine.
    #[must_use]
    pub const fn is_of_the_hub(&self) -> bool {
        matches!(
            self,
            Self::Impostor { .. } | Self::Refused(_) | Self::Hub(_)
        )
    }
}

/// What `hackstreamctl nodes add` printed: from a file that is private, or from standard input. Never
/// from the command line, which other users can see.
///
/// # Errors
/// [`EnrollError::Read`] and [`EnrollError::Join`].
pub fn read_join(file: Option<&Path>) -> Result<Join, EnrollError> {
    let text = match file {
        Some(path) => read_secret(path).map_err(|why| format!("{}: {why}", path.display())),
        None => {
            let mut text = String::new();
            let mut input = io::stdin().lock().take(MAX_JOIN as u64 + 2);
            let read = input.read_to_string(&mut text);
            read.map(|_| text).map_err(|error| error.to_string())
        }
    };
    Ok(text.map_err(EnrollError::Read)?.trim().parse()?)
}

/// Makes this machine a node of the hub: what people call it there. The key is made once, so that an
/// answer which was lost is given again.
///
/// # Errors
/// [`EnrollError`]; then nothing has changed here, but for the key.
pub fn enroll(config: &Config, join: &Join) -> Result<String, EnrollError> {
    if config.said.is_some() {
        return Err(EnrollError::Said);
    }
    // No agent works meanwhile for the hub that was before.
    let _alone = files::hold(&config.state_dir)?;
    let key = own_key(&config.state_dir)?;
    let wish = Enroll {
        code: join.code.clone(),
        public_key: key.public().to_string(),
        proof: key.prove(ENROLL_TYPE, join.code.as_bytes()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        capacity: of_this_machine(config.max_sessions, config.cpu_overcommit),
        apps: config.apps.keys().cloned().collect(),
    };
    let enrolled = ask(config, join, &wish)?;
    let job_keys = enrolled.job_keys.join("\n");
    let parsed: Result<HubKeys, _> = job_keys.parse();
    parsed.map_err(|source| EnrollError::Key {
        what: "the hub's key of jobs is none",
        source,
    })?;
    let kept = Kept {
        node: enrolled.node,
        hub: join.hub.clone(),
        hub_key: join.key.clone(),
        token: enrolled.token,
        job_keys,
    };
    files::write_json(&place(&config.state_dir), &kept)?;
    let name: String = enrolled.name.chars().filter(|c| !c.is_control()).collect();
    Ok(name)
}

fn ask(config: &Config, join: &Join, wish: &Enroll) -> Result<Enrolled, EnrollError> {
    let base = join.hub.trim_end_matches('/');
    let key: Option<Result<KeyHash, _>> = join.key.as_deref().map(str::parse);
    let key = key.transpose().map_err(|_| NoJoin)?;
    let distrusted = Distrusted::default();
    let ca = config.hub_certificate.as_deref();
    let agent = agent(base, key, ca, &distrusted).map_err(EnrollError::Hub)?;
    let body = serde_json::to_vec(wish).map_err(|error| EnrollError::Read(error.to_string()))?;
    let request = agent.post(format!("{base}/v1/node/enroll"));
    let request = request.header("content-type", "application/json");
    answer(request.send(&body[..])).map_err(|error| match (distrusted.take(), error) {
        (Some(shown), _) => EnrollError::Impostor {
            hub: base.to_owned(),
            shown,
        },
        (None, HubError::Refused { status, text }) => match spoken(&text) {
            Some(why) => EnrollError::Refused(why),
            None => EnrollError::Hub(HubError::Refused { status, text }),
        },
        (None, error) => EnrollError::Hub(error),
    })
}

/// What a hub says that refuses, in one line.
fn spoken(text: &str) -> Option<String> {
    let problem: Problem = serde_json::from_str(text).ok()?;
    let line = problem.to_string();
    Some(line.chars().filter(|c| !c.is_control()).collect())
}

/// This machine's key, made when there is none.
fn own_key(state: &Path) -> Result<NodeKey, EnrollError> {
    let path = state.join("node.key");
    let damaged = |source| EnrollError::Key {
        what: "node.key in the state folder is damaged",
        source,
    };
    let seed: [u8; 32] = match files::read_json(&path)? {
        Some(seed) => seed,
        None => {
            let mut seed = [0; 32];
            let filled = SystemRandom::new().fill(&mut seed);
            filled.map_err(|_| EnrollError::NoRandomness)?;
            files::write_json(&path, &seed)?;
            seed
        }
    };
    NodeKey::from_seed(&seed).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_one_key_and_keeps_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = own_key(dir.path()).unwrap().public();
        assert_eq!(own_key(dir.path()).unwrap().public(), first);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(own_key(other.path()).unwrap().public(), first);
        std::fs::write(dir.path().join("node.key"), "[1]").unwrap();
        assert!(own_key(dir.path()).is_err());
    }

    #[test]
    fn a_refusal_is_one_line() {
        let text = r#"{"type":"x","title":"No","status":403,"code":"enrollment_refused","detail":"used\nup"}"#;
        assert_eq!(spoken(text).as_deref(), Some("usedup"));
        assert_eq!(spoken("<html>"), None);
    }
}
