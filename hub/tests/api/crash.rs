//! What was acknowledged is there, however the process ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use hackstream_control_api::account::Role;
use hackstream_hub::audit::{self, Actor};
use hackstream_hub::deeds::{admin, login};
use hackstream_hub::fault::Fault;
use hackstream_hub::store::{Place, Store, Tx};

/// Names the database to the process that is going to be killed.
const WRITER: &str = "HACKSTREAM_TEST_WRITER";

/// Kills. The first few fall into the making of the tables.
const ROUNDS: usize = 12;

fn open(file: &Path) -> Store {
    let place = Place::Sqlite(file.to_owned());
    Store::open(&place, Arc::new(hackstream_hub::app::now), Box::new(|_| {})).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

/// Adds users and says so after each, until it is killed.
pub(crate) fn run_if_writer() -> Option<ExitCode> {
    let file = PathBuf::from(std::env::var_os(WRITER)?);
    let store = open(&file);
    for number in 0_u64.. {
        let name = format!("user-{}-{number}", std::process::id());
        let draft = admin::Draft {
            username: name.clone(),
            phc: "none".to_owned(),
            role: Role::User,
            email: None,
            name: None,
        };
        let add = move |tx: &mut Tx<'_>| admin::add_user(tx, Actor::Operator, &draft);
        if runtime().block_on(store.write(add)).is_err() {
            return Some(ExitCode::FAILURE);
        }
        println!("{name}");
    }
    Some(ExitCode::SUCCESS)
}

/// What the writer says before it is killed after `lines` lines.
fn acknowledged(file: &Path, lines: usize) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut writer = command
        .env(WRITER, file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(writer.stdout.take().unwrap()).lines();
    let names = said.take(lines).map(Result::unwrap).collect();
    writer.kill().unwrap();
    writer.wait().unwrap();
    names
}

pub(crate) fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.sqlite");
    let mut names = Vec::new();
    for round in 0..ROUNDS {
        names.extend(acknowledged(&file, round * 7));
    }
    let store = open(&file);
    let look = move |tx: &mut Tx<'_>| -> Result<_, Fault> {
        for name in &names {
            assert!(
                login::account(tx, name)?.is_some(),
                "{name} was acknowledged and is gone"
            );
        }
        let intact = tx
            .query("PRAGMA integrity_check", &[])?
            .remove(0)
            .take::<String>()?;
        Ok((names.len(), intact, audit::verify(tx, None)?))
    };
    let (names, intact, verdict) = runtime().block_on(store.read(look)).unwrap();
    assert!(names >= 7 * 11 * 12 / 2, "{names}");
    assert_eq!(intact, "ok");
    // One row for each user; a user whose acknowledgement was on its way may be there, too.
    assert!(verdict.ok && verdict.rows >= names as u64, "{verdict:?}");
}
