//! PostgreSQL, from version 15.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::value::{Row, Value};
use super::{Backend, StoreError};

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/postgres/0001_start.sql"),
    include_str!("migrations/postgres/0002_pool.sql"),
    include_str!("migrations/postgres/0003_bounds.sql"),
    include_str!("migrations/postgres/0004_checkpoints.sql"),
    include_str!("migrations/postgres/0005_trust.sql"),
    include_str!("migrations/postgres/0006_first_frame.sql"),
];

/// How the hub marks a row that it locks: a comment for SQLite.
const LOCK_MARKS: [(&str, &str); 2] = [
    ("/*FOR UPDATE*/", "FOR UPDATE"),
    ("/*FOR UPDATE SKIP LOCKED*/", "FOR UPDATE SKIP LOCKED"),
];

/// A server that does not answer by then is not there: what waits for it is told so.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// Those who write here wait for each other's rows. Whoever has waited long for their turn already still
/// waits that long.
const LEAST_PATIENCE: Duration = Duration::from_millis(500);

/// The same for statements, on the server's side.
const SETTINGS: &str = "SET lock_timeout = '5s'; SET statement_timeout = '15s'; \
    SET idle_in_transaction_session_timeout = '30s'";

/// A connection to a server.
///
/// Without TLS: the server is on this machine or behind a tunnel, as the documentation says.
pub(super) struct Postgres {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    /// Whether a statement of this transaction was refused. The server then answers `COMMIT` with a
    /// `ROLLBACK` that is no error.
    has_failed: bool,
}

impl Postgres {
    /// Connects to the server at this address.
    pub(super) fn connect(url: &str) -> Result<Self, StoreError> {
        let unreachable = |error: postgres::Error| {
            StoreError::Unavailable(format!("cannot connect to PostgreSQL: {}", words(&error)))
        };
        let mut config: Config = url.parse().map_err(unreachable)?;
        config
            .connect_timeout(CONNECT_WITHIN)
            .tcp_user_timeout(ANSWER_WITHIN);
        let mut client = config.connect(NoTls).map_err(unreachable)?;
        client.batch_execute(SETTINGS).map_err(unreachable)?;
        Ok(Self {
            client,
            statements: HashMap::new(),
            has_failed: false,
        })
    }

    fn statement(&mut self, sql: &'static str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(&translated(sql)).map_err(translate)?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }

    fn try_execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let values = parameters(values);
        self.client.execute(&statement, &values).map_err(translate)
    }

    fn try_query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let statement = self.statement(sql)?;
        let rows = self.client.query(&statement, &parameters(values));
        rows.map_err(translate)?.iter().map(columns).collect()
    }
}

/// The statement as this database has it.
fn translated(sql: &str) -> String {
    let sql = sql.replace('?', "$");
    LOCK_MARKS
        .iter()
        .fold(sql, |sql, (mark, lock)| sql.replace(mark, lock))
}

impl Backend for Postgres {
    fn execute(&mut self, sql: &'static str, values: &[Value]) -> Result<u64, StoreError> {
        let done = self.try_execute(sql, values);
        self.has_failed |= done.is_err();
        done
    }

    fn query(&mut self, sql: &'static str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let done = self.try_query(sql, values);
        self.has_failed |= done.is_err();
        done
    }

    fn script(&mut self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).map_err(translate)
    }

    fn begin_write(&mut self, patience: Duration) -> Result<(), StoreError> {
        self.has_failed = false;
        let patience = patience.max(LEAST_PATIENCE).as_millis();
        self.script(&format!("BEGIN; SET LOCAL lock_timeout = {patience}"))
    }

    fn begin_read(&mut self) -> Result<(), StoreError> {
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if self.has_failed {
            let reason = "a statement was refused before the commit";
            return Err(StoreError::Statement(reason.to_owned()));
        }
        self.script("COMMIT")
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        if self.client.is_closed() {
            return Ok(());
        }
        self.script("ROLLBACK")
    }

    fn migrations(&self) -> &'static [&'static str] {
        MIGRATIONS
    }

    fn is_broken(&self) -> bool {
        self.client.is_closed()
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn columns(row: &postgres::Row) -> Result<Row, StoreError> {
    let column = |index| row.try_get::<_, Value>(index).map_err(translate);
    (0..row.len())
        .map(column)
        .collect::<Result<_, _>>()
        .map(Row::new)
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Blob(bytes) => bytes.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(kind)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *kind {
            Type::INT8 => Self::Int(i64::from_sql(kind, raw)?),
            Type::BYTEA => Self::Blob(Vec::from_sql(kind, raw)?),
            _ => Self::Text(String::from_sql(kind, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(kind: &Type) -> bool {
        <Self as ToSql>::accepts(kind)
    }
}

/// The error with its cause, which is where the words are.
fn words(error: &postgres::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

fn translate(error: postgres::Error) -> StoreError {
    let text = words(&error);
    if error.is_closed() {
        return StoreError::Unavailable(text);
    }
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => StoreError::Duplicate(text),
        Some(code)
            if *code == SqlState::T_R_SERIALIZATION_FAILURE
                || *code == SqlState::T_R_DEADLOCK_DETECTED =>
        {
            StoreError::Contention(text)
        }
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => StoreError::Locked(text),
        // Classes 08, 53, 57, 58: connection, resources, operator's intervention, system.
        Some(code) if ["08", "53", "57", "58"].contains(&&code.code()[..2]) => {
            StoreError::Unavailable(text)
        }
        None => StoreError::Unavailable(text),
        Some(_) => StoreError::Statement(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_translated() {
        assert_eq!(
            translated("SELECT a FROM t WHERE b = ?1 AND c = ?12 /*FOR UPDATE*/"),
            "SELECT a FROM t WHERE b = $1 AND c = $12 FOR UPDATE"
        );
    }
}
