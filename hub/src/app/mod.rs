//! The program: what each command does.

mod attest;
pub mod error;
mod log;
pub mod operator;
mod password;
mod raw;
mod scrape;
pub mod serve;
mod tend;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use hackstream_control_api::time::UnixMillis;

use crate::config::{Action, Cli, Place};
use crate::http::openapi;
use crate::keys::Keys;
use crate::metrics::Metrics;
use crate::store::{self, Store};
use error::AppError;

/// Does what the command line says.
///
/// # Errors
/// Why it was not done.
pub fn run(cli: Cli) -> Result<ExitCode, AppError> {
    hackstream_secrecy::keep_memory_private();
    raw::give_back_large_blocks();
    match cli.action {
        Action::Serve(serve) => serve::run(&serve).map(|()| ExitCode::SUCCESS),
        Action::Init(init) => operator::init(&init).map(|()| ExitCode::SUCCESS),
        Action::User(user) => operator::user(&user).map(|()| ExitCode::SUCCESS),
        Action::Node(node) => operator::node(&node).map(|()| ExitCode::SUCCESS),
        Action::Audit(audit) => operator::audit(&audit),
        Action::Openapi => operator::print(openapi::text()).map(|()| ExitCode::SUCCESS),
    }
}

/// The system's clock.
#[must_use]
pub fn now() -> UnixMillis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Makes the state directory, if it is missing, for its owner alone.
fn prepare(place: &Place) -> Result<(), AppError> {
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(&place.state_dir);
    made.map_err(|source| AppError::StateDir {
        path: place.state_dir.clone(),
        source,
    })
}

/// Opens the database, or makes it.
fn open(place: &Place, metrics: &Arc<Metrics>) -> Result<Store, AppError> {
    prepare(place)?;
    let keys = Keys::open(&place.state_dir)?;
    let metrics = Arc::clone(metrics);
    let observe = move |seconds| metrics.commit_seconds.observe(seconds);
    Ok(Store::open(
        &database(place),
        Arc::new(now),
        Box::new(observe),
        keys.job_signer()?,
    )?)
}

/// Opens a database that is there. What looks for something must not make a new one and find that all
/// is well in it.
fn open_existing(place: &Place, metrics: &Arc<Metrics>) -> Result<Store, AppError> {
    match database(place) {
        store::Place::Sqlite(path) if !path.exists() => Err(AppError::NoDatabase { path }),
        _ => open(place, metrics),
    }
}

fn database(place: &Place) -> store::Place {
    match &place.database {
        Some(text) => text.parse().unwrap_or_else(|never| match never {}),
        None => store::Place::Sqlite(place.state_dir.join("hub.sqlite")),
    }
}
