//! What was acknowledged is there, however the process ends.
//!
//! `HACKSTREAM_KILLS` says how often it is killed (some dozen times if nothing is said), each time after up
//! to [`WRITES`] writes, and `HACKSTREAM_KILL_SEED` when.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_control_api::account::Role;
use hackstream_hub::audit::{self, Actor};
use hackstream_hub::deeds::{admin, login};
use hackstream_hub::fault::Fault;
use hackstream_hub::store::{Place, Store, Tx};

use crate::random::Random;

/// Names the database to the process that is going to be killed.
const WRITER: &str = "HACKSTREAM_TEST_WRITER";

/// Kills, if nothing is said, and their seed. The first few fall into the making of the tables.
const KILLS: u64 = 40;
const SEED: u64 = 1;
const MAKING: u64 = 6;

/// Writes before a kill: most often fewer.
const WRITES: u64 = 50;

/// Longer than making the tables takes, and longer than a write.
const LONGEST_MAKING: u64 = 60_000;
const LONGEST_WRITE: u64 = 8_000;

fn open(file: &Path) -> Store {
    let place = Place::Sqlite(file.to_owned());
    let now = Arc::new(hackstream_hub::app::now);
    let signer = hackstream_ticket::Signer::from_seed(&[1; 32]).unwrap();
    Store::open(&place, now, Box::new(|_| {}), signer).unwrap()
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

/// When a writer is killed.
#[derive(Clone, Copy, Debug)]
struct Kill {
    /// After so many writes were acknowledged,
    writes: u64,
    /// and so many microseconds: somewhere within the next one.
    micros: u64,
}

impl Kill {
    fn draw(round: u64, random: &mut Random) -> Self {
        let (writes, longest) = if round < MAKING {
            (0, LONGEST_MAKING)
        } else {
            (1 + random.number() % WRITES, LONGEST_WRITE)
        };
        Self {
            writes,
            micros: random.number() % longest,
        }
    }

    /// What a writer acknowledges until it is killed.
    fn acknowledged(self, file: &Path) -> Vec<String> {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let mut writer = command
            .env(WRITER, file)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(writer.stdout.take().unwrap()).lines();
        let mut names: Vec<_> = (0..self.writes)
            .map(|_| said.next().unwrap().unwrap())
            .collect();
        // To the microsecond, which sleeping is not.
        let at = Instant::now() + Duration::from_micros(self.micros);
        while Instant::now() < at {
            std::hint::spin_loop();
        }
        writer.kill().unwrap();
        writer.wait().unwrap();
        // Whatever it has said counts, also what nobody had read by then.
        names.extend(said.map(Result::unwrap));
        names
    }
}

fn variable(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().unwrap())
}

pub(crate) fn nothing_acknowledged_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hub.sqlite");
    let kills = variable("HACKSTREAM_KILLS", KILLS);
    let seed = variable("HACKSTREAM_KILL_SEED", SEED);
    println!("HACKSTREAM_KILL_SEED={seed} HACKSTREAM_KILLS={kills}");
    let mut random = Random::new(seed);
    let mut names = Vec::new();
    let mut least = 0;
    for round in 0..kills {
        let kill = Kill::draw(round, &mut random);
        least += kill.writes;
        names.extend(kill.acknowledged(&file));
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
    println!("{names} writes were acknowledged");
    assert!(names as u64 >= least, "{names}");
    assert_eq!(intact, "ok");
    // One row for each user; a user whose acknowledgement was on its way may be there, too.
    assert!(verdict.ok && verdict.rows >= names as u64, "{verdict:?}");
}
