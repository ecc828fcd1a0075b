//! The step between the keeper and bubblewrap: a process in the session's network that is still its
//! administrator.
//!
//! `unshare` starts it in a user and a network namespace of its own. It says so, sets the routes that it
//! is told on standard input, and becomes bubblewrap, which makes namespaces below: nobody in those
//! has any say about the network.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use super::network;
use crate::NodeError;

/// First argument that makes this program the stage.
const ARGUMENT: &str = "stage-session";

/// What it says once it is in its namespaces.
pub(super) const ENTERED: &str = "entered";

/// Bytes of routes that are read.
const MOST_BYTES: u64 = 64 << 10;

/// The command that starts the stage, for a session that runs as `user`, and that becomes bubblewrap
/// with these arguments. It ends with the caller's thread.
pub(super) fn command(program: &Path, user: Option<u32>, arguments: &[OsString]) -> Command {
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
        .args(arguments)
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
    let mut routes = String::new();
    let read = io::stdin()
        .lock()
        .take(MOST_BYTES)
        .read_to_string(&mut routes);
    read.map_err(NodeError::system("cannot hear the keeper"))?;
    network::set_routes(&routes)
}
