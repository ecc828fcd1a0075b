//! What a database has to offer.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::StoreError;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::value::{Row, Value};

/// One connection to a database.
pub trait Backend: Send {
    /// Runs a statement; the number of rows that it changed.
    ///
    /// # Errors
    /// Whatever the database says.
    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError>;

    /// Runs a statement that has an answer.
    ///
    /// # Errors
    /// Whatever the database says.
    fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError>;

    /// Runs several statements without parameters.
    ///
    /// # Errors
    /// Whatever the database says.
    fn script(&mut self, sql: &str) -> Result<(), StoreError>;

    /// Starts a transaction that may write, and waits at most about so long for what others have
    /// locked: where one can write at a time here, else in its statements.
    ///
    /// # Errors
    /// Whatever the database says.
    fn begin_write(&mut self, patience: Duration) -> Result<(), StoreError>;

    /// Starts a transaction that sees one state of the database.
    ///
    /// # Errors
    /// Whatever the database says.
    fn begin_read(&mut self) -> Result<(), StoreError>;

    /// Ends the transaction; from then on its writes survive a loss of power.
    ///
    /// # Errors
    /// Whatever the database says; nothing was written then.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Forgets the transaction.
    ///
    /// # Errors
    /// Whatever the database says.
    fn rollback(&mut self) -> Result<(), StoreError>;

    /// What brings its tables up to date, step by step.
    fn migrations(&self) -> &'static [&'static str];

    /// Whether the connection is of no use any more.
    fn is_broken(&self) -> bool;
}

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of ours.
    Sqlite(PathBuf),
    /// A server: `postgres://USER@HOST/NAME`, or with `host=/run/postgresql` a socket.
    Postgres(String),
}

impl Place {
    /// A new connection.
    ///
    /// # Errors
    /// If there is none to be had.
    pub fn connect(&self) -> Result<Box<dyn Backend>, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Box::new(Sqlite::open(file)?),
            Self::Postgres(url) => Box::new(Postgres::connect(url)?),
        })
    }

    /// Connections that write: SQLite allows one at a time in any case.
    pub(super) const fn writers(&self) -> usize {
        match self {
            Self::Sqlite(_) => 1,
            Self::Postgres(_) => 4,
        }
    }

    /// Connections that only read.
    pub(super) const fn readers(&self) -> usize {
        match self {
            Self::Sqlite(_) => 2,
            Self::Postgres(_) => 4,
        }
    }
}

impl FromStr for Place {
    type Err = std::convert::Infallible;

    /// An address with the scheme `postgres` or `postgresql`, or a file's path.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_server = text.starts_with("postgres://") || text.starts_with("postgresql://");
        Ok(if is_server {
            Self::Postgres(text.to_owned())
        } else {
            Self::Sqlite(PathBuf::from(text))
        })
    }
}
