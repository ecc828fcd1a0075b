//! Going through the whole log with what witnesses know of it.

use std::collections::BTreeMap;

use hackstream_control_api::audit::AuditEntry;

use crate::chain::{Attested, Break, Verifier, parts};
use crate::checkpoint::Point;

/// The first row that is known not to be as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {seq} is the first that is not as it was written: {fault}")]
pub struct Finding {
    /// Its number.
    pub seq: u64,
    /// What is wrong with it.
    pub fault: Break,
}

/// Checks the log row by row: the chain, and that it has the rows that checkpoints know.
#[derive(Clone, Debug, Default)]
pub struct Auditor {
    chain: Verifier,
    expected: BTreeMap<u64, Vec<[u8; 32]>>,
    witnessed: u64,
}

impl Auditor {
    /// The log has to have this row. Only rows that are still to come are looked at.
    pub fn expect(&mut self, point: Point) {
        let heads = self.expected.entry(point.seq).or_default();
        if !heads.contains(&point.head) {
            heads.push(point.head);
        }
    }

    /// The number of the last row that is good.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.chain.seq()
    }

    /// Its hash.
    #[must_use]
    pub const fn head(&self) -> [u8; 32] {
        self.chain.head()
    }

    /// Rows up to this one are as they were when a checkpoint was made; 0 if there was none.
    #[must_use]
    pub const fn witnessed(&self) -> u64 {
        self.witnessed
    }

    /// The last row that is expected.
    #[must_use]
    pub fn last_expected(&self) -> u64 {
        let last = self.expected.last_key_value();
        last.map_or(0, |(seq, _)| *seq)
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
    ) -> Result<(), Finding> {
        let seq = self.chain.seq() + 1;
        let checked = self.chain.row(row, prev, own);
        checked.map_err(|fault| Finding { seq, fault })?;
        let Some(heads) = self.expected.remove(&seq) else {
            return Ok(());
        };
        if heads.iter().any(|head| head != own) {
            let after = self.witnessed;
            let fault = Break::Replaced { after };
            return Err(Finding { seq, fault });
        }
        self.witnessed = seq;
        Ok(())
    }

    /// The next row, as the hub's API shows it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn entry(&mut self, entry: &AuditEntry) -> Result<(), Finding> {
        let Some((columns, prev, own)) = parts(entry) else {
            let seq = self.chain.seq() + 1;
            let fault = Break::Unreadable;
            return Err(Finding { seq, fault });
        };
        self.row(&columns.attested(), &prev, &own)
    }

    /// There are no more rows.
    ///
    /// # Errors
    /// If a checkpoint knows more.
    pub fn end(&self) -> Result<(), Finding> {
        let seq = self.chain.seq() + 1;
        match self.expected.range(seq..).next() {
            None => Ok(()),
            Some((known, _)) => Err(Finding {
                seq,
                fault: Break::Missing { known: *known },
            }),
        }
    }

    /// The end, where the store says that it is.
    ///
    /// # Errors
    /// If it is elsewhere, or a checkpoint knows more.
    pub fn end_at(&self, seq: u64, head: &[u8; 32]) -> Result<(), Finding> {
        self.end()?;
        let next = self.chain.seq() + 1;
        let checked = self.chain.end(seq, head);
        checked.map_err(|fault| Finding { seq: next, fault })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{START, hash};
    use proptest::prelude::*;

    type Row = (u64, String, [u8; 32], [u8; 32]);

    fn attested(row: &Row) -> Attested<'_> {
        let mut texts = [None; 9];
        texts[2] = Some(row.1.as_str());
        Attested {
            seq: row.0,
            ts: 1,
            texts,
        }
    }

    /// A chain whose rows say this.
    fn chain(words: impl Iterator<Item = String>) -> Vec<Row> {
        let mut prev = START;
        let rows = (1..).zip(words).map(|(seq, word)| {
            let mut row = (seq, word, prev, [0; 32]);
            row.3 = hash(&prev, &attested(&row));
            prev = row.3;
            row
        });
        rows.collect()
    }

    fn audit(rows: &[Row], known: &[Point]) -> (Result<(), Finding>, u64) {
        let mut auditor = Auditor::default();
        known.iter().for_each(|point| auditor.expect(*point));
        let rows = rows
            .iter()
            .try_for_each(|row| auditor.row(&attested(row), &row.2, &row.3));
        (rows.and_then(|()| auditor.end()), auditor.witnessed())
    }

    fn point(rows: &[Row], seq: u64) -> Point {
        let head = rows[usize::try_from(seq).unwrap() - 1].3;
        Point { seq, head }
    }

    proptest! {
        #[test]
        fn a_chain_that_was_made_anew_contradicts_the_first_checkpoint_behind_the_change(
            length in 3_u64..60, changed in 1_u64..60, every in 1_u64..8
        ) {
            let changed = changed % length + 1;
            let honest = chain((1..=length).map(|seq| seq.to_string()));
            let forged = chain((1..=length).map(|seq| match seq == changed {
                true => "forged".to_owned(),
                false => seq.to_string(),
            }));
            let seqs: Vec<u64> = (1..=length).filter(|seq| seq % every == 0).collect();
            let known: Vec<Point> = seqs.iter().map(|seq| point(&honest, *seq)).collect();
            prop_assert_eq!(audit(&honest, &known).0, Ok(()));
            let last_good = seqs.iter().copied().filter(|seq| *seq < changed).max().unwrap_or(0);
            let first_bad = seqs.iter().copied().find(|seq| *seq >= changed);
            let expected = match first_bad {
                Some(seq) => Err(Finding { seq, fault: Break::Replaced { after: last_good } }),
                None => Ok(()),
            };
            prop_assert_eq!(audit(&forged, &known), (expected, last_good));
        }

        #[test]
        fn a_cut_end_is_found_by_whoever_knew_more(length in 2_u64..40, left in 0_u64..40, known in 1_u64..40) {
            let (left, known) = (left % length, known % length + 1);
            let rows = chain((1..=length).map(|seq| seq.to_string()));
            let cut = &rows[..usize::try_from(left).unwrap()];
            let expected = match known > left {
                true => Err(Finding { seq: left + 1, fault: Break::Missing { known } }),
                false => Ok(()),
            };
            prop_assert_eq!(audit(cut, &[point(&rows, known)]).0, expected);
        }
    }

    #[test]
    fn checkpoints_that_contradict_each_other_cannot_both_be_met() {
        let rows = chain(["a", "b"].map(str::to_owned).into_iter());
        let other = Point {
            seq: 2,
            head: [9; 32],
        };
        let (found, _) = audit(&rows, &[point(&rows, 2), other]);
        assert_eq!(found.unwrap_err().seq, 2);
    }

    #[test]
    fn the_end_of_the_store_is_that_of_the_chain() {
        let rows = chain(["a", "b"].map(str::to_owned).into_iter());
        let mut auditor = Auditor::default();
        let row = &rows[0];
        auditor.row(&attested(row), &row.2, &row.3).unwrap();
        assert_eq!(auditor.end_at(1, &row.3), Ok(()));
        let fault = auditor.end_at(2, &rows[1].3).unwrap_err();
        assert_eq!((fault.seq, fault.fault), (2, Break::Cut));
    }
}
