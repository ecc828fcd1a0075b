//! What can go wrong in a store.

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached or written: disk full, read-only, server gone.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
    /// More is waiting for it than may wait.
    #[error("the store has too much to do")]
    Busy,
    /// Somebody kept it locked for as long as could be waited.
    #[error("the store is locked, and stayed so: {0}")]
    Locked(String),
    /// Another transaction was in the way; the same may succeed when tried again at once.
    #[error("another transaction was in the way: {0}")]
    Contention(String),
    /// A row with such a key is there already.
    #[error("there is such a row already: {0}")]
    Duplicate(String),
    /// A row is not what the hub writes.
    #[error("the store holds something that the hub did not write: {0}")]
    Corrupt(String),
    /// A text with a zero byte, which not every database keeps.
    #[error("a text holds a zero byte")]
    ZeroByte,
    /// A newer hub has changed the tables.
    #[error(
        "the store was written by a newer hackstreamd (tables of version {found}, this one knows {known}); use that version"
    )]
    Newer {
        /// The version of the tables.
        found: i64,
        /// The newest that this hub knows.
        known: i64,
    },
    /// A statement that the database does not take: a defect of the hub.
    #[error("the database refuses a statement: {0}")]
    Statement(String),
}

impl super::Contention for StoreError {
    fn is_contention(&self) -> bool {
        matches!(self, Self::Contention(_))
    }
}
