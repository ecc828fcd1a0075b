//! The keeper of one session: it starts the session, writes its log, and ends it.
//!
//! It is this program run again, and outlives the agent. The lock of the session's folder is its
//! standard input, held from before it was started until it is gone. It is told to end by a signal, how
//! is in a file; that it did is in another one, for an agent that may have been away.

mod output;
mod running;
mod session;
mod signals;

use std::fs::File;
use std::io;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use hackstream_control_api::session::StopCause;
use rustix::process::setsid;
use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::{NodeError, files};

/// First argument that makes this program the keeper.
const ARGUMENT: &str = "keep-session";

/// What the keeper needs to know of the machine: the file `keep.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Means {
    /// The server's program.
    pub server: PathBuf,
    /// The address where viewers reach sessions.
    pub address: IpAddr,
    /// The first and the last UDP port for that; 0 is any.
    pub ports: (u16, u16),
    /// The user that the session runs as, if not the agent's.
    pub user: Option<u32>,
}

/// Starts `program`, this one, as the keeper of the session in `folder`, whose lock this is. It lives on without the caller.
///
/// # Errors
/// [`NodeError`] if it cannot be started.
pub(super) fn start(
    program: &Path,
    folder: &Folder,
    lock: File,
    means: &Means,
) -> Result<Child, NodeError> {
    files::write_json(&folder.join("keep.json"), means)?;
    let mut command = Command::new(program);
    command
        .arg0("hackstream-session")
        .arg(ARGUMENT)
        .arg(folder.path())
        .stdin(Stdio::from(lock))
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        // Ctrl-C at the agent is not for its sessions.
        .process_group(0);
    command.spawn().map_err(|source| NodeError::Program {
        program: "the session's keeper",
        source,
    })
}

/// Runs the keeper if this process was started to be one. To be called first in `main`, before any
/// other thread is started.
#[must_use]
pub fn run_if_keeper() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != ARGUMENT {
        return None;
    }
    let folder = Folder::at(PathBuf::from(arguments.next()?));
    Some(match keep(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hackstream-noded: {}: {error}", folder.path().display());
            ExitCode::FAILURE
        }
    })
}

fn keep(folder: &Folder) -> Result<(), NodeError> {
    // Where it leads a group already the group is its own; that is enough.
    let _ = setsid();
    session::run(folder)
}

/// The programs that we start find it by this path whatever became of the file.
fn this_program() -> Result<PathBuf, NodeError> {
    let program = std::env::current_exe();
    program.map_err(NodeError::system("cannot find this program"))
}

/// The socket for a session's server.
fn bind(means: &Means) -> Result<UdpSocket, NodeError> {
    let (first, last) = means.ports;
    for port in first..=last {
        if let Ok(socket) = UdpSocket::bind((means.address, port)) {
            return Ok(socket);
        }
    }
    Err(NodeError::NoPort { first, last })
}

/// Gives the session what it owns on the machine: the folder `run`.
fn make_run(folder: &Folder, user: Option<u32>) -> Result<(), NodeError> {
    let run = folder.join("run");
    files::make_folder(&run, 0o700)?;
    let given = user.map_or(Ok(()), |user| {
        std::os::unix::fs::chown(&run, Some(user), Some(user))
    });
    given.map_err(|source| cannot_give(&run, source))
}

fn cannot_give(path: &Path, source: io::Error) -> NodeError {
    NodeError::File {
        what: "cannot give to the session",
        path: path.to_owned(),
        source,
    }
}

/// Why a session that was not told to end has ended.
const fn cause_of_end(was_ready: bool, is_killed: bool) -> StopCause {
    match (was_ready, is_killed) {
        (false, _) => StopCause::StartFailed,
        (true, true) => StopCause::Crashed,
        (true, false) => StopCause::ApplicationEnded,
    }
}
