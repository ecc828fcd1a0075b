//! This machine remembers what hubs show of their audit logs, so that nobody can cut one or make it
//! anew unseen.
//!
//! Outlives logins: whoever logs out and in again still knows what was there before.

pub mod accept;
pub mod alarm;
pub mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hackstream_audit::{Contradiction, Judged, Memory, judge, remember};
use hackstream_control_api::audit::AuditState;

use crate::config::address::HubAddress;
use crate::config::private_file::{self, Lock};
use crate::error::CliError;

/// What is remembered of each hub.
type File = BTreeMap<HubAddress, Memory>;

/// Where it is remembered of one hub.
#[derive(Clone, Debug)]
pub struct Witness {
    path: PathBuf,
    hub: HubAddress,
}

impl Witness {
    /// That of this hub in this file.
    #[must_use]
    pub const fn new(path: PathBuf, hub: HubAddress) -> Self {
        Self { path, hub }
    }

    /// Where it is kept.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which hub.
    #[must_use]
    pub const fn hub(&self) -> &HubAddress {
        &self.hub
    }

    /// What is remembered.
    ///
    /// # Errors
    /// If the file cannot be read, others can read it, or it makes no sense.
    pub fn load(&self) -> Result<Option<Memory>, CliError> {
        Ok(self.all()?.remove(&self.hub))
    }

    /// Hears what the hub shows, having been asked when `known` was remembered, and remembers it if it
    /// agrees with that.
    ///
    /// # Errors
    /// If the file cannot be read or written. What contradicts is no error.
    pub fn hear(
        &self,
        known: Option<&Memory>,
        shown: &AuditState,
    ) -> Result<Result<Judged, Contradiction>, CliError> {
        let judged = judge(known, shown);
        self.change(|kept| remember(kept, shown, &judged))?;
        Ok(judged)
    }

    /// Remembers this instead of what was known.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn replace(&self, memory: Memory) -> Result<(), CliError> {
        self.change(|_| Some(memory))
    }

    fn change(
        &self,
        change: impl FnOnce(Option<Memory>) -> Option<Memory>,
    ) -> Result<(), CliError> {
        let _lock = Lock::of(&self.path)?;
        let mut all = self.all()?;
        let before = all.get(&self.hub).cloned();
        let after = change(before.clone());
        if after == before {
            return Ok(());
        }
        match after {
            Some(memory) => all.insert(self.hub.clone(), memory),
            None => all.remove(&self.hub),
        };
        let text = serde_json::to_string_pretty(&all);
        let text = text.map_err(|error| CliError::Failed(error.to_string()))?;
        private_file::write(&self.path, &text)
    }

    fn all(&self) -> Result<File, CliError> {
        let Some(text) = private_file::read(&self.path)? else {
            return Ok(File::new());
        };
        serde_json::from_str(&text).map_err(|error| CliError::Damaged {
            path: self.path.clone(),
            reason: error.to_string(),
        })
    }
}

/// What tests have hubs show.
#[cfg(test)]
pub(crate) fn shows(seq: u64, head: u8, seen: Option<(u64, u8)>) -> AuditState {
    use hackstream_audit::{Point, Signer};
    use hackstream_control_api::audit::Checkpoint;
    use hackstream_control_api::time::UnixMillis;
    let point = |seq, head: u8| Point {
        seq,
        head: [head; 32],
    };
    let signer = Signer::from_seed(&[1; 32]).unwrap();
    let end = point(seq, head);
    AuditState {
        end: end.into(),
        signed: Some(signer.sign(end, UnixMillis(1), UnixMillis(0))),
        seen: seen.map(|(seq, head)| Checkpoint::from(point(seq, head))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hub_is_remembered_and_a_contradiction_changes_nothing() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("witness.json");
        let of = |hub: &str| Witness::new(path.clone(), hub.parse().unwrap());
        let (one, two) = (of("one.example"), of("two.example"));
        let first = shows(5, 5, None);
        assert_eq!(one.hear(None, &first).unwrap(), Ok(Judged::Consistent));
        assert_eq!(two.load().unwrap(), None);
        two.hear(None, &shows(9, 9, None)).unwrap().unwrap();
        let known = one.load().unwrap();
        assert_eq!(known, Some(Memory::of(&first)));
        let cut = shows(2, 2, None);
        assert!(one.hear(known.as_ref(), &cut).unwrap().is_err());
        let kept = one.load().unwrap().unwrap();
        assert_eq!(
            (kept.end.seq, kept.contradicted_by.as_ref()),
            (5, Some(&cut))
        );
        one.replace(Memory::of(&cut)).unwrap();
        assert_eq!(one.load().unwrap(), Some(Memory::of(&cut)));
        assert_eq!(two.load().unwrap().unwrap().end.seq, 9);
    }

    #[test]
    fn an_answer_that_was_overtaken_raises_no_alarm() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("witness.json");
        let witness = Witness::new(path, "hub.example".parse().unwrap());
        witness.hear(None, &shows(5, 5, None)).unwrap().unwrap();
        // Two processes ask at the same time; the one that was answered first comes last.
        let known = witness.load().unwrap();
        let (early, late) = (shows(6, 6, Some((5, 5))), shows(7, 7, Some((5, 5))));
        witness.hear(known.as_ref(), &late).unwrap().unwrap();
        let judged = witness.hear(known.as_ref(), &early).unwrap();
        assert_eq!(judged, Ok(Judged::Consistent));
        assert_eq!(witness.load().unwrap().unwrap().end.seq, 7);
    }
}
