//! What the agent remembers beside its sessions: how far it got with the hub's jobs, which of them it is
//! at, and who claimed which warm session.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hackstream_control_api::id::{ClaimId, JobId, NodeId, SessionId, UserId};
use hackstream_control_api::node::Job;
use hackstream_control_api::policy::Timers;
use serde::{Deserialize, Serialize};

use super::admission::Progress;
use crate::clock::Uptime;
use crate::{NodeError, files};

/// What the agent remembers, in a file.
#[derive(Debug)]
pub struct Memory {
    path: PathBuf,
    contents: Mutex<Contents>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Contents {
    /// Whose numbers these are; `None` in a file of an older agent.
    #[serde(default)]
    node: Option<NodeId>,
    /// Of the last job that was accepted: no number up to this is accepted again.
    #[serde(default)]
    accepted: u64,
    /// Of the last job that was begun.
    last_seq: u64,
    /// What was accepted, and the hub has not heard the end of.
    #[serde(default)]
    open: BTreeMap<JobId, Job>,
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
    /// When that was; nothing in a file of an older agent.
    #[serde(default)]
    pub at: Option<Uptime>,
}

impl Memory {
    /// What is in the file; nothing if there is none. Numbers of jobs are those of `node`: of another,
    /// which this machine was before, they say nothing.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be read.
    pub fn open(path: &Path, node: NodeId) -> Result<Self, NodeError> {
        let mut contents: Contents = files::read_json(path)?.unwrap_or_default();
        if contents.node.is_some_and(|known| known != node) {
            (contents.accepted, contents.last_seq) = (0, 0);
            contents.open.clear();
        }
        contents.node = Some(node);
        contents.accepted = contents.accepted.max(contents.last_seq);
        Ok(Self {
            path: path.to_owned(),
            contents: Mutex::new(contents),
        })
    }

    /// The number of the last job that was begun.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.lock().last_seq
    }

    /// The number of the last job that was accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.lock().accepted
    }

    /// How far the agent is with jobs, as seen by one of that name.
    #[must_use]
    pub fn progress(&self, job: JobId) -> Progress {
        let contents = self.lock();
        Progress {
            accepted: contents.accepted,
            is_open: contents.open.contains_key(&job),
        }
    }

    /// What was accepted and is not over, in its order.
    #[must_use]
    pub fn open_jobs(&self) -> Vec<Job> {
        let mut open: Vec<Job> = self.lock().open.values().cloned().collect();
        open.sort_by_key(|job| job.seq);
        open
    }

    /// How many that are.
    #[must_use]
    pub fn count_open(&self) -> usize {
        self.lock().open.len()
    }

    /// Writes down that a job is accepted, before anything of it is done: it is not accepted again.
    ///
    /// # Errors
    /// [`NodeError::File`]; then it must not be begun.
    pub fn accept(&self, job: &Job) -> Result<(), NodeError> {
        self.change(|contents| {
            contents.accepted = contents.accepted.max(job.seq);
            contents.open.insert(job.id, job.clone());
        })
    }

    /// The hub has heard how a job went.
    ///
    /// # Errors
    /// [`NodeError::File`]; then it is done again after a restart, which changes nothing.
    pub fn close(&self, job: JobId) -> Result<(), NodeError> {
        self.change(|contents| {
            contents.open.remove(&job);
        })
    }

    /// Who claimed the session, if anybody did.
    #[must_use]
    pub fn claim_of(&self, session: SessionId) -> Option<Claimed> {
        self.lock().claims.get(&session).copied()
    }

    /// A job with this number is begun: its session is there, or will never be.
    ///
    /// # Errors
    /// [`NodeError::File`]; then it is begun again after a restart.
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
    use hackstream_control_api::node::{JobKind, SendLog};
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn what_was_taken_up_and_claimed_is_remembered() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        let session: SessionId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let claimed = |claim: &str| Claimed {
            claim: claim.parse().unwrap(),
            owner: "01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap(),
            timers: Timers::default(),
            at: Some(Uptime(5)),
        };
        let [one, other] =
            ["01ARZ3NDEKTSV4RRFFQ69G5FAX", "01ARZ3NDEKTSV4RRFFQ69G5FAY"].map(claimed);
        let memory = Memory::open(&path, node('N')).unwrap();
        memory.taken(7).unwrap();
        memory.taken(5).unwrap();
        assert!(memory.claim(session, one).unwrap());
        let memory = Memory::open(&path, node('N')).unwrap();
        assert_eq!(memory.last_seq(), 7);
        assert!(memory.claim(session, one).unwrap(), "told once more");
        assert!(!memory.claim(session, other).unwrap(), "it is somebody's");
        assert_eq!(memory.claim_of(session), Some(one));
        memory.keep(|_| false).unwrap();
        assert_eq!(memory.claim_of(session), None);
    }

    fn node(last: char) -> NodeId {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    fn job(seq: u64) -> Job {
        Job {
            id: format!("01ARZ3NDEKTSV4RRFFQ69G5F0{seq}").parse().unwrap(),
            node: node('N'),
            seq,
            issued_at: UnixMillis(0),
            not_after: UnixMillis(1),
            kind: JobKind::SendLog(SendLog {
                session: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
                after: 0,
            }),
        }
    }

    #[test]
    fn an_accepted_job_outlives_the_agent_until_the_hub_has_heard_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        let memory = Memory::open(&path, node('N')).unwrap();
        memory.accept(&job(2)).unwrap();
        memory.accept(&job(3)).unwrap();
        memory.taken(2).unwrap();
        let memory = Memory::open(&path, node('N')).unwrap();
        assert_eq!(memory.open_jobs(), [job(2), job(3)]);
        let progress = |accepted, is_open| Progress { accepted, is_open };
        assert_eq!(memory.progress(job(2).id), progress(3, true));
        memory.close(job(2).id).unwrap();
        let memory = Memory::open(&path, node('N')).unwrap();
        assert_eq!(memory.progress(job(2).id), progress(3, false));
        assert_eq!((memory.open_jobs(), memory.last_seq()), (vec![job(3)], 2));
        let other = Memory::open(&path, node('M')).unwrap();
        assert_eq!(other.progress(job(3).id), progress(0, false));
    }

    /// What an agent wrote that did not tell accepted and begun apart.
    #[test]
    fn numbers_of_an_older_agent_count() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("agent.json");
        std::fs::write(&path, r#"{"last_seq":9,"claims":{}}"#).unwrap();
        let memory = Memory::open(&path, node('N')).unwrap();
        assert_eq!(memory.progress(job(1).id).accepted, 9);
    }
}
