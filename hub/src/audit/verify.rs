//! Checking the log: its chain, and that it has what was signed.

use hackstream_audit::chain::{Attested, Break};
use hackstream_audit::checkpoint::verified;
use hackstream_audit::{Auditor, Finding, hex};
use hackstream_control_api::audit::{AuditVerdict, SignedCheckpoint};

use super::checkpoints;
use super::log::{COLUMNS_OF_ALL, headless};
use super::notary::Known;
use crate::store::{Row, StoreError, Tx, values};

/// Rows that are read at once.
const PIECE: u32 = 500;

/// Checks the whole log, and compares it with what is known to be signed.
///
/// # Errors
/// Those of the store; what is wrong with the log is in the verdict.
pub fn verify(tx: &mut Tx<'_>, known: Option<Known>) -> Result<AuditVerdict, StoreError> {
    let mut check = Check::new(known);
    loop {
        if let Some(verdict) = check.piece(tx)? {
            return Ok(verdict);
        }
    }
}

/// A check of the whole log, piece by piece. Rows are only ever added, so that each piece can be read
/// in a transaction of its own.
pub struct Check {
    auditor: Auditor,
    known: Option<Known>,
}

/// What is wrong, and with which row.
struct Bad {
    seq: u64,
    reason: String,
}

impl From<Finding> for Bad {
    fn from(finding: Finding) -> Self {
        let seq = finding.seq;
        let reason = finding.fault.to_string();
        Self { seq, reason }
    }
}

impl Check {
    /// Compares with what is known; where nothing is, with the chain alone.
    #[must_use]
    pub fn new(known: Option<Known>) -> Self {
        let mut auditor = Auditor::default();
        let last = known.as_ref().and_then(|known| known.last.as_ref());
        if let Some(Ok((point, _))) = last.map(verified) {
            auditor.expect(point);
        }
        Self { auditor, known }
    }

    /// Checks the next piece; the verdict, if it was the last one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn piece(&mut self, tx: &mut Tx<'_>) -> Result<Option<AuditVerdict>, StoreError> {
        let from = self.auditor.seq();
        let mut rows = tx.query(COLUMNS_OF_ALL, values![from, PIECE])?;
        let is_last = rows.len() < PIECE as usize;
        let until = match is_last {
            // What is known beyond the last row shows that there were more.
            true => u64::MAX,
            false => from.saturating_add(u64::from(PIECE)),
        };
        let signed = checkpoints::between(tx, from, until)?;
        let forged = self.expect(&signed);
        let mut checked = rows
            .iter_mut()
            .try_for_each(|row| check_row(&mut self.auditor, row));
        if is_last && checked.is_ok() {
            let end = "SELECT seq, hash FROM audit_head WHERE one = 1";
            let (seq, hash): (u64, [u8; 32]) = tx
                .first(end, &[], |row| Ok((row.take()?, row.take()?)))?
                .ok_or_else(headless)?;
            checked = self.auditor.end_at(seq, &hash).map_err(Bad::from);
        }
        // The first of what is wrong.
        let bad = checked.err().into_iter().chain(forged);
        match bad.min_by_key(|bad| bad.seq) {
            None if !is_last => Ok(None),
            bad => Ok(Some(self.verdict(bad))),
        }
    }

    /// Has the log compared with what was signed by the hub's key; what only looks so, if there is such.
    /// What others have signed says nothing: whoever has the database could have put it there.
    fn expect(&mut self, signed: &[SignedCheckpoint]) -> Option<Bad> {
        let key = self.known.as_ref()?.key;
        let mut forged = None;
        for one in signed.iter().filter(|one| key.is_of(one)) {
            match verified(one) {
                Ok((point, _)) => self.auditor.expect(point),
                Err(error) => {
                    forged.get_or_insert_with(|| Bad {
                        seq: one.seq,
                        reason: format!("there is a checkpoint of it, and {error}"),
                    });
                }
            }
        }
        forged
    }

    fn verdict(&self, bad: Option<Bad>) -> AuditVerdict {
        AuditVerdict {
            ok: bad.is_none(),
            rows: self.auditor.seq(),
            witnessed: self.auditor.witnessed(),
            first_bad_seq: bad.as_ref().map(|bad| bad.seq),
            reason: bad.map(|bad| bad.reason),
            head: hex(&self.auditor.head()),
        }
    }
}

/// What cannot even be read is as wrong as what was changed.
fn check_row(auditor: &mut Auditor, row: &mut Row) -> Result<(), Bad> {
    let mut read = || -> Result<_, StoreError> {
        let (seq, ts): (u64, u64) = (row.take()?, row.take()?);
        let mut texts: [Option<String>; 9] = Default::default();
        for text in &mut texts {
            *text = row.take()?;
        }
        let (prev, own): ([u8; 32], [u8; 32]) = (row.take()?, row.take()?);
        Ok((seq, ts, texts, prev, own))
    };
    let seq = auditor.seq() + 1;
    let unreadable = |error: StoreError| Bad {
        seq,
        reason: format!("{}: {error}", Break::Unreadable),
    };
    let (seq, ts, texts, prev, own) = read().map_err(unreadable)?;
    let texts = std::array::from_fn(|column| texts[column].as_deref());
    let row = Attested { seq, ts, texts };
    Ok(auditor.row(&row, &prev, &own)?)
}
