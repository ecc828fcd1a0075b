//! The chain: each row's hash covers all of it, and the hash of the row before.
//!
//! What that shows: a row that was changed, left out in the middle, added or moved. What it does not:
//! that rows are missing at the end, or that somebody who can write the store made the whole chain
//! anew. For that there are [checkpoints](crate::checkpoint).

use hackstream_control_api::audit::AuditEntry;
use ring::digest::{SHA256, digest};

use crate::hex::unhex;

/// What stands before the first row.
pub const START: [u8; 32] = [0; 32];

const DOMAIN: &[u8] = b"hackstream-audit-v1";

/// The columns of a row that its hash covers.
#[derive(Clone, Copy, Debug)]
pub struct Attested<'a> {
    /// Rises by one with every row.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub ts: u64,
    /// All texts, in the order of the table; `None` is not the same as an empty text.
    pub texts: [Option<&'a str>; 9],
}

/// The hash of a row that follows on one with the hash `prev`.
#[must_use]
pub fn hash(prev: &[u8; 32], row: &Attested<'_>) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(256);
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(prev);
    bytes.extend_from_slice(&row.seq.to_be_bytes());
    bytes.extend_from_slice(&row.ts.to_be_bytes());
    for text in row.texts {
        // With its length, so that nothing can move from one column to the next.
        match text {
            None => bytes.push(0),
            Some(text) => {
                bytes.push(1);
                bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
                bytes.extend_from_slice(text.as_bytes());
            }
        }
    }
    let mut own = [0; 32];
    own.copy_from_slice(digest(&SHA256, &bytes).as_ref());
    own
}

/// A row as the hub's API shows it, taken apart: columns, the hash of the row before and its own. `None`
/// if a hash is none.
#[must_use]
pub fn parts(entry: &AuditEntry) -> Option<(Columns, [u8; 32], [u8; 32])> {
    let columns = Columns {
        seq: entry.seq,
        ts: entry.ts.0,
        texts: [
            Some(entry.actor_type.clone()),
            entry.actor_id.clone(),
            Some(entry.action.clone()),
            entry.target_type.clone(),
            entry.target_id.clone(),
            entry.subject_user_id.map(|id| id.to_string()),
            entry.session_id.map(|id| id.to_string()),
            Some(entry.outcome.clone()),
            Some(entry.meta.clone()),
        ],
    };
    Some((columns, unhex(&entry.prev_hash)?, unhex(&entry.hash)?))
}

/// The columns of a row that its hash covers, with their texts.
#[derive(Clone, Debug)]
pub struct Columns {
    seq: u64,
    ts: u64,
    texts: [Option<String>; 9],
}

impl Columns {
    /// What is hashed of them.
    #[must_use]
    pub fn attested(&self) -> Attested<'_> {
        Attested {
            seq: self.seq,
            ts: self.ts,
            texts: std::array::from_fn(|column| self.texts[column].as_deref()),
        }
    }
}

/// What is wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// Its number is not the next one.
    #[error("the row that should follow is missing")]
    Gap,
    /// It does not follow on the row before.
    #[error("the row does not follow on the one before")]
    Link,
    /// It is not what was written.
    #[error("the row was changed")]
    Changed,
    /// The chain ends before the place where the store says that it ends.
    #[error("rows are missing at the end")]
    Cut,
    /// It is another one than a checkpoint knows.
    #[error(
        "another row stood here when a checkpoint was made: rows after {after} may have been made anew"
    )]
    Replaced {
        /// The last row that agrees with a checkpoint; 0 if none does.
        after: u64,
    },
    /// The chain ends before a row that a checkpoint knows.
    #[error("rows are missing at the end: a checkpoint knows row {known}")]
    Missing {
        /// The number of that row.
        known: u64,
    },
    /// It cannot be read as a row.
    #[error("the row cannot be read")]
    Unreadable,
}

/// Checks a chain row by row.
#[derive(Clone, Copy, Debug)]
pub struct Verifier {
    seq: u64,
    head: [u8; 32],
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            seq: 0,
            head: START,
        }
    }
}

impl Verifier {
    /// The number of the last row that is good.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Its hash.
    #[must_use]
    pub const fn head(&self) -> [u8; 32] {
        self.head
    }

    /// The next row.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn row(
        &mut self,
        row: &Attested<'_>,
        prev: &[u8; 32],
        own: &[u8; 32],
    ) -> Result<(), Break> {
        if row.seq != self.seq + 1 {
            return Err(Break::Gap);
        }
        if *prev != self.head {
            return Err(Break::Link);
        }
        if hash(prev, row) != *own {
            return Err(Break::Changed);
        }
        self.seq = row.seq;
        self.head = *own;
        Ok(())
    }

    /// The end, where the store says that it is.
    ///
    /// # Errors
    /// [`Break::Cut`] if it is elsewhere.
    pub fn end(&self, seq: u64, head: &[u8; 32]) -> Result<(), Break> {
        if self.seq == seq && self.head == *head {
            Ok(())
        } else {
            Err(Break::Cut)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Owned = (u64, Vec<Option<String>>, [u8; 32], [u8; 32]);

    fn chain(length: u64) -> Vec<Owned> {
        let mut prev = START;
        (1..=length)
            .map(|seq| {
                let texts: Vec<_> = (0..9)
                    .map(|column| Some(format!("{seq}-{column}")))
                    .collect();
                let own = hash(&prev, &attested(seq, &texts));
                let row = (seq, texts, prev, own);
                prev = own;
                row
            })
            .collect()
    }

    fn attested(seq: u64, texts: &[Option<String>]) -> Attested<'_> {
        Attested {
            seq,
            ts: 7,
            texts: std::array::from_fn(|column| texts[column].as_deref()),
        }
    }

    fn check(rows: &[Owned]) -> Result<u64, (u64, Break)> {
        let mut verifier = Verifier::default();
        for (seq, texts, prev, own) in rows {
            verifier
                .row(&attested(*seq, texts), prev, own)
                .map_err(|fault| (verifier.seq() + 1, fault))?;
        }
        Ok(verifier.seq())
    }

    proptest! {
        #[test]
        fn the_first_changed_row_is_found(length in 1_u64..30, row in 0_usize..30, column in 0_usize..9) {
            let mut rows = chain(length);
            let row = row % rows.len();
            rows[row].1[column] = None;
            prop_assert_eq!(check(&rows), Err((row as u64 + 1, Break::Changed)));
        }

        #[test]
        fn a_row_that_is_missing_or_moved_is_found(length in 3_u64..30, row in 0_usize..30) {
            let whole = chain(length);
            let row = row % (whole.len() - 1);
            let mut missing = whole.clone();
            missing.remove(row);
            prop_assert_eq!(check(&missing), Err((row as u64 + 1, Break::Gap)));
            let mut moved = whole.clone();
            moved.swap(row, row + 1);
            prop_assert_eq!(check(&moved), Err((row as u64 + 1, Break::Gap)));
            prop_assert_eq!(check(&whole), Ok(length));
        }

        #[test]
        fn nothing_moves_between_columns(a in "[ab]{0,4}", b in "[ab]{0,4}") {
            let mut one = [None; 9];
            one[0] = Some(a.as_str());
            one[1] = Some(b.as_str());
            let joined = format!("{a}{b}");
            let mut other = [None; 9];
            other[0] = Some(joined.as_str());
            other[1] = Some("");
            prop_assume!(one != other);
            let of = |texts| hash(&START, &Attested { seq: 1, ts: 1, texts });
            prop_assert_ne!(of(one), of(other));
        }
    }

    #[test]
    fn a_cut_end_is_seen_where_the_store_remembers_it() {
        let rows = chain(5);
        let mut verifier = Verifier::default();
        for (seq, texts, prev, own) in &rows[..4] {
            verifier.row(&attested(*seq, texts), prev, own).unwrap();
        }
        assert_eq!(verifier.end(5, &rows[4].3), Err(Break::Cut));
        assert_eq!(verifier.end(4, &rows[3].3), Ok(()));
    }
}
