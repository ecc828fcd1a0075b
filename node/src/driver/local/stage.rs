//! The step between the keeper and bubblewrap: a process in the session's network that is still its
//! administrator.
//!
//! `unshare` starts it in a user and a network namespace of its own. It says so, does what it is told on
//! standard input, sets routes and limits, and becomes bubblewrap, which makes namespaces below: nobody in those
//! has any say about the network.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::network;
use crate::NodeError;

/// First argument that makes this program the stage.
const ARGUMENT: &str = "stage-session";

/// What it says once it is in its namespaces.
pub(super) const ENTERED: &str = "entered";

/// Bytes of orders that are read.
const MOST_BYTES: u64 = 1 << 20;

/// Descriptors that each program of a session may have.
const DESCRIPTORS: u64 = 8192;

/// How much sooner than others the kernel ends a session's programs where memory is short, of 1000.
const EXPENDABLE: &str = "500";

/// What the stage is to do before it becomes the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Orders {
    /// What is typed into `ip -batch`.
    pub(super) routes: String,
    /// Processes and threads that the session may have.
    pub(super) processes: u64,
}

/// The command that starts the stage, for a session that runs as `user`, and that becomes bubblewrap
/// with the arguments in `secret`, in which `inside` runs. It ends with the caller's thread.
pub(super) fn command(
    program: &Path,
    user: Option<u32>,
    secret: &File,
    inside: &[OsString],
) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if let Some(user) = user {
        let user = user.to_string();
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    }
    command
        .args(["--no-new-privs", "--", "unshare"])
        .args(["--user", "--map-root-user", "--net", "--"])
        .arg(program)
        .arg(ARGUMENT)
        .args(["--args", &secret.as_raw_fd().to_string(), "--"])
        .args(inside)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    command
}

/// Runs the stage if this process was started to be one. To be called first in `main`.
#[must_use]
pub fn run_if_stage() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let arguments: Vec<OsString> = arguments.collect();
    let error = match enter() {
        Ok(()) => {
            let source = Command::new("bwrap")
                .args(arguments)
                .stdin(Stdio::null())
                .exec();
            NodeError::Program {
                program: "bwrap",
                source,
            }
        }
        Err(error) => error,
    };
    eprintln!("hackstream-noded: {error}");
    Some(ExitCode::FAILURE)
}

fn enter() -> Result<(), NodeError> {
    let told = |mut out: io::StdoutLock<'_>| {
        writeln!(out, "{ENTERED}")?;
        out.flush()
    };
    told(io::stdout().lock()).map_err(NodeError::system("cannot tell the keeper"))?;
    let mut orders = Vec::new();
    let read = io::stdin().lock().take(MOST_BYTES).read_to_end(&mut orders);
    let orders = read.and_then(|_| Ok(serde_json::from_slice::<Orders>(&orders)?));
    let orders = orders.map_err(NodeError::system("cannot hear the keeper"))?;
    network::set_routes(&orders.routes)?;
    limit(&orders).map_err(NodeError::system("cannot limit the session"))
}

/// What each process of the session, or their user, is held to: less exactly than by a control group,
/// and everywhere.
fn limit(orders: &Orders) -> io::Result<()> {
    hold(Resource::Nproc, orders.processes)?;
    hold(Resource::Nofile, DESCRIPTORS)?;
    // They hold what was on the screen.
    hold(Resource::Core, 0)?;
    // Where that cannot be said it is no worse than for other programs.
    let _ = fs::write("/proc/self/oom_score_adj", EXPENDABLE);
    Ok(())
}

/// Has no process from this one on more than `most`.
fn hold(what: Resource, most: u64) -> io::Result<()> {
    let had = getrlimit(what);
    let lower = |had: Option<u64>| Some(had.map_or(most, |had| had.min(most)));
    let limit = Rlimit {
        current: lower(had.current),
        maximum: lower(had.maximum),
    };
    Ok(setrlimit(what, limit)?)
}
