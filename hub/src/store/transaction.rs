//! One transaction: statements, its time, and who is to be woken when it is done.

use hackstream_control_api::id::{NodeId, SessionId, UserId};
use hackstream_control_api::time::UnixMillis;
use hackstream_ticket::Signer;

use super::{Backend, Row, StoreError, Value};
use crate::audit::{Record, log};
use crate::random;

/// Something has changed that somebody may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A session has a new event.
    Session(SessionId),
    /// A node has a new job.
    Node(NodeId),
    /// What a user may do has changed, or which tokens of theirs are good.
    User(UserId),
    /// A warm pool is to be tended.
    Pool,
}

/// What is to be told once a transaction is done.
pub(super) struct News {
    /// Who is to be woken.
    pub(super) wakes: Vec<Wake>,
    /// The number of the last row of the audit log that it wrote.
    pub(super) audited: Option<u64>,
}

/// One transaction.
pub struct Tx<'a> {
    backend: &'a mut dyn Backend,
    /// When it started; the same for everything in it.
    pub now: UnixMillis,
    jobs: &'a Signer,
    wakes: Vec<Wake>,
    records: Vec<Record>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(backend: &'a mut dyn Backend, now: UnixMillis, jobs: &'a Signer) -> Self {
        Self {
            backend,
            now,
            jobs,
            wakes: Vec::new(),
            records: Vec::new(),
        }
    }

    /// Writes what is to be written down, as the last thing before the commit; what is to be told
    /// after it.
    pub(super) fn finish(&mut self) -> Result<News, StoreError> {
        let mut audited = None;
        for record in std::mem::take(&mut self.records) {
            audited = Some(log::write(self, record)?);
        }
        let wakes = std::mem::take(&mut self.wakes);
        Ok(News { wakes, audited })
    }

    /// Has a row of the audit log written with this transaction, at its end: all who write into the
    /// log wait for each other, and shall not wait for anything else meanwhile.
    pub(crate) fn write_down(&mut self, record: Record) {
        self.records.push(record);
    }

    /// Runs a statement; the number of rows that it changed.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        keepable(values)?;
        self.backend.execute(sql, values)
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        keepable(values)?;
        self.backend.query(sql, values)
    }

    /// All rows of an answer, each read by `read`.
    ///
    /// # Errors
    /// Whatever the store or `read` says.
    pub fn list<T>(
        &mut self,
        sql: &'static str,
        values: &[Value],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.query(sql, values)?.iter_mut().map(read).collect()
    }

    /// The first row of an answer, read by `read`.
    ///
    /// # Errors
    /// Whatever the store or `read` says.
    pub fn first<T>(
        &mut self,
        sql: &'static str,
        values: &[Value],
        read: impl Fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.query(sql, values)?.first_mut().map(read).transpose()
    }

    /// An id of this moment.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn id<T>(&self, make: impl Fn(UnixMillis, [u8; 10]) -> T) -> Result<T, StoreError> {
        let random = random::bytes().map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(make(self.now, random))
    }

    /// With what a job is signed that this transaction gives a node.
    #[must_use]
    pub(crate) const fn job_signer(&self) -> &Signer {
        self.jobs
    }

    /// Wakes whoever waits for this, once the transaction is done.
    pub fn wake(&mut self, wake: Wake) {
        if !self.wakes.contains(&wake) {
            self.wakes.push(wake);
        }
    }
}

/// Whatever somebody sends is the same mistake with each database.
fn keepable(values: &[Value]) -> Result<(), StoreError> {
    let has_zero = |value: &Value| matches!(value, Value::Text(text) if text.contains('\0'));
    match values.iter().any(has_zero) {
        true => Err(StoreError::ZeroByte),
        false => Ok(()),
    }
}
