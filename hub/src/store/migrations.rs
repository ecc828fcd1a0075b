//! Bringing the tables up to date: forwards only, each step in one transaction.

use super::{Backend, PATIENCE, StoreError};

const VERSION_TABLE: &str =
    "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)";

/// Brings the tables up to date.
///
/// # Errors
/// [`StoreError::Newer`] where a newer hub has been; and what the database says.
pub(super) fn run(backend: &mut dyn Backend) -> Result<(), StoreError> {
    let steps = backend.migrations();
    let known = i64::try_from(steps.len()).unwrap_or(i64::MAX);
    backend.begin_write(PATIENCE)?;
    let result = apply(backend, steps, known);
    match &result {
        Ok(()) => backend.commit()?,
        Err(_) => backend.rollback()?,
    }
    result
}

fn apply(backend: &mut dyn Backend, steps: &[&str], known: i64) -> Result<(), StoreError> {
    backend.script(VERSION_TABLE)?;
    let mut rows = backend.query("SELECT max(version) FROM schema_version", &[])?;
    let found: Option<i64> = match rows.first_mut() {
        Some(row) => row.take()?,
        None => None,
    };
    let found = found.unwrap_or(0);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, step) in (1..).zip(steps) {
        if version > found {
            backend.script(step)?;
            let insert = "INSERT INTO schema_version (version) VALUES (?1)";
            backend.execute(insert, &[super::Value::Int(version)])?;
        }
    }
    Ok(())
}
