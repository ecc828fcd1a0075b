//! What the agent remembers beside its sessions: how far it got with the hub's jobs, and who claimed
//! which warm session.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hackstream_control_api::id::{ClaimId, SessionId, UserId};
use hackstream_control_api::policy::Timers;
use serde::{Deserialize, Serialize};

use crate::{NodeError, files};

/// What the agent remembers, in a file.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    contents: Mutex<Contents>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Contents {
    last_seq: u64,
    claims: BTreeMap<SessionId, Claimed>,
}

/// A claim on a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// Which.
    pub claim: ClaimId,
    /// Whose the session is since.
    pub owner: UserId,
    /// When it ends by itself since.
    pub timers: Timers,
}

impl Memory {
    /// What is in the file; nothing if there is none.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, NodeError> {
        let contents = files::read_json(path)?.unwrap_or_default();
        Ok(Self {
            path: path.to_owned(),
            contents: Mutex::new(contents),
        })
    }

    /// The number of the last job that was taken up.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.lock().last_seq
    }

    /// Who claimed the session, if anybody did.
    #[must_use]
    pub fn claim_of(&self, session: SessionId) -> Option<Claimed> {
        self.lock().claims.get(&session).copied()
    }

    /// A job with this number is taken up.
    ///
    /// # Errors
    /// [`NodeError::File`]; then it may come again.
    pub fn taken(&self, seq: u64) -> Result<(), NodeError> {
        self.change(|contents| contents.last_seq = contents.last_seq.max(seq))
    }

    /// Somebody claims a session. Returns whether it is theirs: a second claim is in vain.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn claim(&self, session: SessionId, claimed: Claimed) -> Result<bool, NodeError> {
        self.change(|contents| {
            let first = contents.claims.entry(session).or_insert(claimed);
            first.claim == claimed.claim
        })
    }

    /// Forgets the claims on sessions that are not there any more.
    ///
    /// # Errors
    /// [`NodeError::File`].
    pub fn keep(&self, is_there: impl Fn(SessionId) -> bool) -> Result<(), NodeError> {
        if self.lock().claims.keys().all(|session| is_there(*session)) {
            return Ok(());
        }
        self.change(|contents| contents.claims.retain(|session, _| is_there(*session)))
    }

    /// Changes it in the file first: what is not written did not happen.
    fn change<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> Result<T, NodeError> {
        let mut contents = self.lock();
        let mut changed = contents.clone();
        let result = change(&mut changed);
        files::write_json(&self.path, &changed)?;
        *contents = changed;
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_up_and_claimed_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        let session: SessionId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let claimed = |claim: &str| Claimed {
            claim: claim.parse().unwrap(),
            owner: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
            timers: Timers::default(),
        };
        let [one, other] =
            ["01ARZ3NDEKTSV4RRFFQ69G5FAX", "01ARZ3NDEKTSV4RRFFQ69G5FAY"].map(claimed);
        let memory = Memory::open(&path).unwrap();
        memory.taken(7).unwrap();
        memory.taken(5).unwrap();
        assert!(memory.claim(session, one).unwrap());
        let memory = Memory::open(&path).unwrap();
        assert_eq!(memory.last_seq(), 7);
        assert!(memory.claim(session, one).unwrap(), "told once more");
        assert!(!memory.claim(session, other).unwrap(), "it is somebody's");
        assert_eq!(memory.claim_of(session), Some(one));
        memory.keep(|_| false).unwrap();
        assert_eq!(memory.claim_of(session), None);
    }
}
