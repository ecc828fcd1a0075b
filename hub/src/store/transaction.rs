//! One transaction: statements, its time, and who is to be woken when it is done.

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::time::UnixMillis;

use super::{Backend, Row, StoreError, Value};
use crate::random;

/// Something has changed that somebody may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A session has a new event.
    Session(SessionId),
    /// A node has a new job.
    Node(NodeId),
    /// A warm pool is to be tended.
    Pool,
}

/// One transaction.
pub struct Tx<'a> {
    backend: &'a mut dyn Backend,
    /// When it started; the same for everything in it.
    pub now: UnixMillis,
    wakes: Vec<Wake>,
}

impl<'a> Tx<'a> {
    pub(super) fn new(backend: &'a mut dyn Backend, now: UnixMillis) -> Self {
        Self {
            backend,
            now,
            wakes: Vec::new(),
        }
    }

    pub(super) fn into_wakes(self) -> Vec<Wake> {
        self.wakes
    }

    /// Runs a statement; the number of rows that it changed.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        self.backend.execute(sql, values)
    }

    /// All rows of an answer.
    ///
    /// # Errors
    /// Whatever the store says.
    pub fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
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

    /// Wakes whoever waits for this, once the transaction is done.
    pub fn wake(&mut self, wake: Wake) {
        if !self.wakes.contains(&wake) {
            self.wakes.push(wake);
        }
    }
}
