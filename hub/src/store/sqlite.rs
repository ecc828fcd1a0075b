//! SQLite, in a file of our own.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};

use super::value::{Row, Value};
use super::{Backend, PATIENCE, StoreError};

/// Statements kept prepared on each connection.
const STATEMENTS: usize = 128;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/sqlite/0001_start.sql"),
    include_str!("migrations/sqlite/0002_pool.sql"),
    include_str!("migrations/sqlite/0003_bounds.sql"),
    include_str!("migrations/sqlite/0004_checkpoints.sql"),
    include_str!("migrations/sqlite/0005_trust.sql"),
    include_str!("migrations/sqlite/0006_first_frame.sql"),
];

/// A connection to a file.
pub(super) struct Sqlite(Connection);

impl Sqlite {
    /// Opens the file, which only its owner can read, or makes it.
    pub(super) fn open(file: &Path) -> Result<Self, StoreError> {
        let cannot =
            |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", file.display()));
        let mut options = OpenOptions::new();
        let made = options.write(true).create_new(true).mode(0o600).open(file);
        // One that is there must not be opened here: closing it would drop the locks that other
        // connections of this process have on it (POSIX has them by process), and the next program
        // that closes the database would take itself for the last and remove the log below them.
        match made {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(cannot(error));
            }
            _ => {}
        }
        let connection = Connection::open(file).map_err(translate)?;
        connection.busy_timeout(PATIENCE).map_err(translate)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // A commit is on disk when it returns, whatever happens to the machine.
        // What is deleted, such as what somebody opened, leaves no bytes behind.
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
            PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
            PRAGMA cache_size = -4000;";
        connection.execute_batch(settings).map_err(translate)?;
        Ok(Self(connection))
    }
}

impl Backend for Sqlite {
    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        let mut statement = self.0.prepare_cached(sql).map_err(translate)?;
        let changed = statement.execute(params_from_iter(values));
        changed.map(|rows| rows as u64).map_err(translate)
    }

    fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let mut statement = self.0.prepare_cached(sql).map_err(translate)?;
        let columns = statement.column_count();
        let mut rows = statement
            .query(params_from_iter(values))
            .map_err(translate)?;
        let mut answer = Vec::new();
        while let Some(row) = rows.next().map_err(translate)? {
            let values = (0..columns).map(|index| column(row, index));
            answer.push(Row::new(values.collect::<Result<_, _>>()?));
        }
        Ok(answer)
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.0.execute_batch(sql).map_err(translate)
    }

    fn begin_write(&mut self, patience: Duration) -> Result<(), StoreError> {
        // With none left one may still succeed: nobody else may be there.
        self.0.busy_timeout(patience).map_err(translate)?;
        self.script("BEGIN IMMEDIATE")
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.script("BEGIN")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.script("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        // Some errors, such as a full disk, have ended it already.
        if self.0.is_autocommit() {
            return Ok(());
        }
        self.script("ROLLBACK")
    }

    fn migrations(&self) -> &'static [&'static str] {
        MIGRATIONS
    }

    fn is_broken(&self) -> bool {
        false
    }
}

fn column(row: &rusqlite::Row<'_>, index: usize) -> Result<Value, StoreError> {
    Ok(match row.get_ref(index).map_err(translate)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Real(_) => return Err(StoreError::Corrupt("a fraction".to_owned())),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn translate(error: rusqlite::Error) -> StoreError {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) if text.contains("UNIQUE") => {
            StoreError::Duplicate(text)
        }
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed,
        ) => StoreError::Locked(text),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(text),
        Some(
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory
            | ErrorCode::NoLargeFileSupport,
        ) => StoreError::Unavailable(text),
        _ => StoreError::Statement(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    /// What SQLite says where a disk is full, can only be read or fails, also below the hub while it
    /// runs: told as what passes, not as a defect of the hub.
    #[test]
    fn what_the_disk_does_is_no_defect() {
        let translated = |code: i32| {
            let error = ffi::Error::new(code);
            translate(rusqlite::Error::SqliteFailure(error, None))
        };
        for code in [
            ffi::SQLITE_FULL,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_READONLY_DBMOVED,
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_SHMSIZE,
            ffi::SQLITE_CANTOPEN,
            ffi::SQLITE_PERM,
            ffi::SQLITE_NOMEM,
        ] {
            let error = translated(code);
            assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        }
        for code in [
            ffi::SQLITE_BUSY,
            ffi::SQLITE_BUSY_SNAPSHOT,
            ffi::SQLITE_PROTOCOL,
        ] {
            let error = translated(code);
            assert!(matches!(error, StoreError::Locked(_)), "{error}");
        }
        let damaged = translated(ffi::SQLITE_CORRUPT);
        assert!(matches!(damaged, StoreError::Corrupt(_)), "{damaged}");
    }
}
