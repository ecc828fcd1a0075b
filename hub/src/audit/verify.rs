//! Checking the log.

use hackstream_control_api::audit::AuditVerdict;

use super::chain::{Attested, Verifier};
use super::log::{COLUMNS_OF_ALL, headless};
use crate::random::hex;
use crate::store::{Row, StoreError, Tx, values};

/// Rows that are read at once.
const PIECE: u32 = 500;

/// Checks the whole log.
///
/// # Errors
/// Those of the store; what is wrong with the log is in the verdict.
pub fn verify(tx: &mut Tx<'_>) -> Result<AuditVerdict, StoreError> {
    let mut check = Check::default();
    loop {
        if let Some(verdict) = check.piece(tx)? {
            return Ok(verdict);
        }
    }
}

/// A check of the whole log, piece by piece. Rows are only ever added, so that each piece can be read
/// in a transaction of its own.
#[derive(Default)]
pub struct Check(Verifier);

impl Check {
    /// Checks the next piece; the verdict, if it was the last one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn piece(&mut self, tx: &mut Tx<'_>) -> Result<Option<AuditVerdict>, StoreError> {
        let verifier = &mut self.0;
        let mut rows = tx.query(COLUMNS_OF_ALL, values![verifier.seq(), PIECE])?;
        for row in &mut rows {
            if let Err(reason) = check_row(verifier, row) {
                return Ok(Some(verdict(verifier, Some(reason))));
            }
        }
        if rows.len() >= PIECE as usize {
            return Ok(None);
        }
        let end = "SELECT seq, hash FROM audit_head WHERE one = 1";
        let (seq, hash) = tx
            .first(end, &[], |row| Ok((row.take()?, row.take()?)))?
            .ok_or_else(headless)?;
        let end = verifier.end(seq, &hash).err();
        Ok(Some(verdict(
            verifier,
            end.map(|reason| reason.to_string()),
        )))
    }
}

/// What cannot even be read is as wrong as what was changed.
fn check_row(verifier: &mut Verifier, row: &mut Row) -> Result<(), String> {
    let mut read = || -> Result<_, StoreError> {
        let (seq, ts): (u64, u64) = (row.take()?, row.take()?);
        let mut texts: [Option<String>; 9] = Default::default();
        for text in &mut texts {
            *text = row.take()?;
        }
        Ok((
            seq,
            ts,
            texts,
            row.take::<[u8; 32]>()?,
            row.take::<[u8; 32]>()?,
        ))
    };
    let (seq, ts, texts, prev, own) = read().map_err(|error| error.to_string())?;
    let texts = std::array::from_fn(|column| texts[column].as_deref());
    let row = Attested { seq, ts, texts };
    verifier
        .row(&row, &prev, &own)
        .map_err(|fault| fault.to_string())
}

fn verdict(verifier: &Verifier, reason: Option<String>) -> AuditVerdict {
    AuditVerdict {
        ok: reason.is_none(),
        rows: verifier.seq(),
        first_bad_seq: reason.is_some().then(|| verifier.seq() + 1),
        reason,
        head: hex(&verifier.head()),
    }
}
