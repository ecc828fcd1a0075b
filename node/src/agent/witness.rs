//! The node remembers what the hub shows of its audit log, so that nobody can cut it or make it anew
//! unseen. The file is what `hackstreamctl audit verify --from-witness` reads.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hackstream_audit::{Judged, Memory, judge, remember};
use hackstream_control_api::audit::AuditState;
use tracing::{error, info, warn};

use crate::{NodeError, files};

/// What is remembered of each hub, by its address.
type File = BTreeMap<String, Memory>;

/// Hubs that are remembered; a node seldom has another one.
const MOST_HUBS: usize = 16;

/// What the node remembers of its hub's log.
#[derive(Debug)]
pub struct Witness {
    path: PathBuf,
    hub: String,
    all: File,
    told: Option<String>,
}

impl Witness {
    /// What stands in the file about the hub at this address.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be read.
    pub fn open(path: &Path, hub: &str) -> Result<Self, NodeError> {
        Ok(Self {
            path: path.to_owned(),
            hub: hub.trim_end_matches('/').to_owned(),
            all: files::read_json(path)?.unwrap_or_default(),
            told: None,
        })
    }

    /// The number of the last row that is remembered: the hub is asked for it.
    #[must_use]
    pub fn seen(&self) -> Option<u64> {
        self.all.get(&self.hub).map(|memory| memory.end.seq)
    }

    /// Hears what the hub shows, and remembers it if it agrees with what is known; says so loudly, once,
    /// if it does not.
    pub fn hear(&mut self, shown: &AuditState) {
        let before = self.all.get(&self.hub).cloned();
        let judged = judge(before.as_ref(), shown);
        match &judged {
            Ok(Judged::Restored { at }) => warn!(
                declared_at_ms = at.0,
                "the hub's operator has declared that a backup was restored: its audit log goes on from there"
            ),
            Ok(Judged::Consistent) if self.told.is_some() => {
                info!("the hub's audit log is again as it was");
            }
            Ok(Judged::Consistent) => {}
            Err(contradiction) => self.alarm(&contradiction.to_string()),
        }
        if judged.is_ok() {
            self.told = None;
        }
        let after = remember(before.clone(), shown, &judged);
        if let Some(after) = after.filter(|after| before.as_ref() != Some(after)) {
            self.keep(after);
        }
    }

    fn alarm(&mut self, what: &str) {
        if self.told.as_deref() == Some(what) {
            return;
        }
        error!(
            what,
            file = %self.path.display(),
            "the hub's audit log contradicts what this node has seen of it: somebody has changed the \
             hub's database, or restored a backup and not run `hackstreamd audit restored`"
        );
        self.told = Some(what.to_owned());
    }

    fn keep(&mut self, memory: Memory) {
        if !self.all.contains_key(&self.hub) && self.all.len() >= MOST_HUBS {
            self.all.pop_first();
        }
        self.all.insert(self.hub.clone(), memory);
        if let Err(error) = files::write_json(&self.path, &self.all) {
            warn!(%error, "what the hub shows of its audit log is not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_audit::{Point, Signer};
    use hackstream_control_api::audit::Checkpoint;
    use hackstream_control_api::time::UnixMillis;

    fn shows(seq: u64, head: u8, seen: Option<(u64, u8)>, restored_at: u64) -> AuditState {
        let point = |seq, head: u8| Point {
            seq,
            head: [head; 32],
        };
        let signer = Signer::from_seed(&[1; 32]).unwrap();
        let end = point(seq, head);
        AuditState {
            end: end.into(),
            signed: Some(signer.sign(end, UnixMillis(1), UnixMillis(restored_at))),
            seen: seen.map(|(seq, head)| Checkpoint::from(point(seq, head))),
        }
    }

    #[test]
    fn the_last_good_one_is_remembered_for_each_hub() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness.json");
        let open = |hub: &str| Witness::open(&path, hub).unwrap();
        let mut witness = open("https://hub.example/");
        assert_eq!(witness.seen(), None);
        witness.hear(&shows(5, 5, None, 0));
        witness.hear(&shows(8, 8, Some((5, 5)), 0));
        assert_eq!(open("https://hub.example").seen(), Some(8));
        assert_eq!(open("https://other.example").seen(), None);
        let mut other = open("https://other.example");
        other.hear(&shows(1, 1, None, 0));
        assert_eq!(open("https://hub.example").seen(), Some(8));
    }

    #[test]
    fn a_contradiction_is_kept_as_evidence_and_told_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness.json");
        let mut witness = Witness::open(&path, "https://hub").unwrap();
        witness.hear(&shows(8, 8, None, 0));
        let cut = shows(3, 3, None, 0);
        witness.hear(&cut);
        assert!(witness.told.is_some());
        let again = Witness::open(&path, "https://hub").unwrap();
        assert_eq!(again.seen(), Some(8), "what was known stays");
        let kept = &again.all["https://hub"];
        assert_eq!(kept.contradicted_by.as_ref(), Some(&cut));
        // Until the operator says that it was a backup.
        witness.hear(&shows(3, 3, None, 50));
        assert_eq!((witness.seen(), &witness.told), (Some(3), &None));
        let again = Witness::open(&path, "https://hub").unwrap();
        assert_eq!(again.all["https://hub"].contradicted_by, None);
    }
}
