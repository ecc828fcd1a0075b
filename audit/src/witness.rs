//! What a witness remembers of the log, and what contradicts it.

use hackstream_control_api::audit::{AuditState, Checkpoint, SignedCheckpoint};
use hackstream_control_api::time::UnixMillis;
use serde::{Deserialize, Serialize};

use crate::checkpoint::{Point, verified};

/// What a witness remembers of a hub's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The end of the log when it was seen last.
    pub end: Checkpoint,
    /// What was signed last then.
    pub signed: Option<SignedCheckpoint>,
    /// What the hub showed when it first contradicted this: the two together are the proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradicted_by: Option<AuditState>,
}

impl Memory {
    /// That of a log that was not seen before.
    #[must_use]
    pub fn of(shown: &AuditState) -> Self {
        Self {
            end: shown.end.clone(),
            signed: shown.signed.clone(),
            contradicted_by: None,
        }
    }

    /// Which of two memories of an honest log is the newer one.
    fn age(&self) -> (UnixMillis, u64) {
        (restored_at(self.signed.as_ref()), self.end.seq)
    }
}

fn restored_at(signed: Option<&SignedCheckpoint>) -> UnixMillis {
    signed.map_or(UnixMillis(0), |signed| signed.restored_at)
}

/// The log agrees with what is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// It is the same log, and may have grown.
    Consistent,
    /// It is another one, because a backup was restored: so says the hub's operator, and the key.
    Restored {
        /// When the operator declared that.
        at: UnixMillis,
    },
}

/// The log contradicts what is remembered, or itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Contradiction {
    /// What is shown is no point of a log.
    #[error("what the hub says of it cannot be read")]
    Garbled,
    /// Somebody made a checkpoint who does not have the key.
    #[error("its last checkpoint is not signed by the key that it names")]
    Forged,
    /// The log is shorter than what was signed.
    #[error("row {signed} was signed, and it ends with row {end}")]
    Cut {
        /// The row that was signed.
        signed: u64,
        /// The last one that there is.
        end: u64,
    },
    /// There was a signature.
    #[error("it was signed before and is not any more")]
    Unsigned,
    /// Another key signs.
    #[error("it was signed by the key {known} before and is by {shown} now")]
    OtherKey {
        /// The key as it was.
        known: String,
        /// The key as it is.
        shown: String,
    },
    /// What is shown is from before a declaration that was seen already.
    #[error("it is older than the restored backup that its operator has already told of")]
    Older,
    /// Rows have vanished.
    #[error("it had row {known} before and ends with row {shown} now")]
    Shrunk {
        /// The last row as it was.
        known: u64,
        /// The last row as it is.
        shown: u64,
    },
    /// A row has become another one.
    #[error("row {seq} is another one than before")]
    Forked {
        /// Its number.
        seq: u64,
    },
}

/// Whether what the hub has `shown` agrees with what was `known` before the hub was asked, and with
/// itself. The hub was asked for the row at the end of what was known.
///
/// # Errors
/// [`Contradiction`].
pub fn judge(known: Option<&Memory>, shown: &AuditState) -> Result<Judged, Contradiction> {
    let points = std::iter::once(&shown.end).chain(&shown.seen);
    if !points.into_iter().all(|one| Point::of(one).is_some()) {
        return Err(Contradiction::Garbled);
    }
    if let Some(signed) = &shown.signed {
        verified(signed).map_err(|_| Contradiction::Forged)?;
        if signed.seq > shown.end.seq {
            return Err(Contradiction::Cut {
                signed: signed.seq,
                end: shown.end.seq,
            });
        }
    }
    let Some(known) = known else {
        return Ok(Judged::Consistent);
    };
    if let Some(before) = &known.signed {
        let after = shown.signed.as_ref().ok_or(Contradiction::Unsigned)?;
        if let Some(at) = signed(before, after)? {
            return Ok(Judged::Restored { at });
        }
    }
    rows(&known.end, shown)?;
    Ok(Judged::Consistent)
}

/// Compares what was signed with what was signed before; when a declaration has come in between, when.
fn signed(
    before: &SignedCheckpoint,
    after: &SignedCheckpoint,
) -> Result<Option<UnixMillis>, Contradiction> {
    if after.key != before.key {
        return Err(Contradiction::OtherKey {
            known: before.key.chars().take(16).collect(),
            shown: after.key.chars().take(16).collect(),
        });
    }
    if after.restored_at > before.restored_at {
        return Ok(Some(after.restored_at));
    }
    if after.restored_at < before.restored_at {
        return Err(Contradiction::Older);
    }
    if after.seq < before.seq {
        return Err(Contradiction::Shrunk {
            known: before.seq,
            shown: after.seq,
        });
    }
    if after.seq == before.seq && after.head != before.head {
        return Err(Contradiction::Forked { seq: after.seq });
    }
    Ok(None)
}

/// Compares the row that was the last one with what it is now.
fn rows(known: &Checkpoint, shown: &AuditState) -> Result<(), Contradiction> {
    let shrunk = Contradiction::Shrunk {
        known: known.seq,
        shown: shown.end.seq,
    };
    if shown.end.seq < known.seq {
        return Err(shrunk);
    }
    if known.seq == 0 {
        return Ok(());
    }
    match &shown.seen {
        Some(seen) if seen == known => Ok(()),
        // One in the middle that is not there is no better than another one.
        _ => Err(Contradiction::Forked { seq: known.seq }),
    }
}

/// What is remembered from then on, `kept` being what is remembered by now: others may have asked the
/// hub meanwhile. After a contradiction that stays, until somebody decides, with what contradicts it.
#[must_use]
pub fn remember(
    kept: Option<Memory>,
    shown: &AuditState,
    judged: &Result<Judged, Contradiction>,
) -> Option<Memory> {
    let shown_memory = Memory::of(shown);
    match (kept, judged) {
        (kept, Err(Contradiction::Garbled)) => kept,
        (None, Err(_)) => None,
        (Some(mut kept), Err(_)) => {
            kept.contradicted_by.get_or_insert_with(|| shown.clone());
            Some(kept)
        }
        (Some(kept), Ok(_)) if kept.age() > shown_memory.age() => Some(kept),
        (_, Ok(_)) => Some(shown_memory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Signer;

    fn point(seq: u64, head: u8) -> Point {
        let head = [head; 32];
        Point { seq, head }
    }

    /// A hub with this key whose log ends so, and was signed there; asked for a row.
    fn shows(key: u8, end: Point, restored_at: u64, seen: Option<Point>) -> AuditState {
        let signer = Signer::from_seed(&[key; 32]).unwrap();
        AuditState {
            end: end.into(),
            signed: Some(signer.sign(end, UnixMillis(1), UnixMillis(restored_at))),
            seen: seen.map(Checkpoint::from),
        }
    }

    fn known() -> Memory {
        Memory::of(&shows(1, point(7, 7), 0, None))
    }

    fn judged(shown: &AuditState) -> Result<Judged, Contradiction> {
        judge(Some(&known()), shown)
    }

    #[test]
    fn a_log_that_grew_is_the_same_one() {
        let grown = shows(1, point(9, 9), 0, Some(point(7, 7)));
        assert_eq!(judged(&grown), Ok(Judged::Consistent));
        assert_eq!(judge(None, &grown), Ok(Judged::Consistent));
        let same = shows(1, point(7, 7), 0, Some(point(7, 7)));
        assert_eq!(judged(&same), Ok(Judged::Consistent));
        // Signed later, and nothing has come since what was signed before.
        let mut grown = grown;
        grown.signed.clone_from(&known().signed);
        assert_eq!(judged(&grown), Ok(Judged::Consistent));
    }

    #[test]
    fn a_log_that_shrank_or_forked_contradicts_what_is_known() {
        let cases = [
            (shows(1, point(6, 6), 0, None), "ends with row 6"),
            (
                shows(1, point(7, 8), 0, Some(point(7, 8))),
                "row 7 is another",
            ),
            (
                shows(1, point(9, 9), 0, Some(point(7, 8))),
                "row 7 is another",
            ),
            (shows(1, point(9, 9), 0, None), "row 7 is another"),
            (
                shows(2, point(9, 9), 0, Some(point(7, 7))),
                "signed by the key",
            ),
        ];
        for (shown, words) in cases {
            let text = judged(&shown).unwrap_err().to_string();
            assert!(text.contains(words), "{text}");
        }
        let mut unsigned = shows(1, point(9, 9), 0, Some(point(7, 7)));
        unsigned.signed = None;
        assert_eq!(judged(&unsigned), Err(Contradiction::Unsigned));
    }

    #[test]
    fn the_unsigned_end_counts_as_well() {
        let mut known = known();
        known.end = point(8, 8).into();
        let mut cut = shows(1, point(7, 7), 0, None);
        assert_eq!(
            judge(Some(&known), &cut),
            Err(Contradiction::Shrunk { known: 8, shown: 7 })
        );
        // Rows that were written since in the place of those that were cut.
        cut.end = point(9, 1).into();
        cut.seen = Some(point(8, 1).into());
        assert_eq!(
            judge(Some(&known), &cut),
            Err(Contradiction::Forked { seq: 8 })
        );
    }

    #[test]
    fn a_log_that_contradicts_itself_is_found_by_who_sees_it_first() {
        let mut cut = shows(1, point(9, 9), 0, None);
        cut.end = point(5, 5).into();
        assert_eq!(
            judge(None, &cut),
            Err(Contradiction::Cut { signed: 9, end: 5 })
        );
        let mut forged = shows(1, point(9, 9), 0, None);
        forged.signed.as_mut().unwrap().restored_at.0 = 99;
        assert_eq!(judge(None, &forged), Err(Contradiction::Forged));
        assert_eq!(judged(&forged), Err(Contradiction::Forged));
    }

    #[test]
    fn a_declared_backup_is_no_contradiction_and_what_was_before_it_is() {
        let restored = shows(1, point(3, 4), 50, None);
        let at = UnixMillis(50);
        assert_eq!(judged(&restored), Ok(Judged::Restored { at }));
        let memory = remember(Some(known()), &restored, &judged(&restored)).unwrap();
        assert_eq!(memory, Memory::of(&restored));
        let before = shows(1, point(9, 9), 0, Some(point(3, 4)));
        assert_eq!(judge(Some(&memory), &before), Err(Contradiction::Older));
        // Only who has the key can declare it.
        let by_another = shows(2, point(3, 4), 50, None);
        assert!(matches!(
            judged(&by_another),
            Err(Contradiction::OtherKey { .. })
        ));
    }

    #[test]
    fn the_newest_is_remembered_and_a_contradiction_changes_nothing() {
        let grown = shows(1, point(9, 9), 0, Some(point(7, 7)));
        let newer = remember(Some(known()), &grown, &judged(&grown)).unwrap();
        assert_eq!(newer.end.seq, 9);
        // An answer that was overtaken by another one.
        let slow = shows(1, point(8, 8), 0, Some(point(7, 7)));
        let kept = remember(Some(newer.clone()), &slow, &judged(&slow)).unwrap();
        assert_eq!(kept, newer);
        let cut = shows(1, point(2, 2), 0, None);
        let kept = remember(Some(newer.clone()), &cut, &judged(&cut)).unwrap();
        assert_eq!((&kept.end, &kept.signed), (&newer.end, &newer.signed));
        assert_eq!(kept.contradicted_by, Some(cut.clone()));
        assert_eq!(remember(None, &cut, &Err(Contradiction::Forged)), None);
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), kept);
    }
}
