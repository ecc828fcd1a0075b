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
use std::net::IpAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use rustix::process::{geteuid, setsid};
use serde::{Deserialize, Serialize};

use super::groups::Group;
use super::processes::{self, Process};
use super::raw;
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
    /// The control group that the session and its keeper are in, where the machine has such.
    pub group: Option<Group>,
}

/// Starts `program`, this one, as the keeper of the session in `folder`, whose lock this is. It lives on
/// without the caller.
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
    if let Some(group) = &means.group {
        let door = group.keepers_door();
        let door = door.map_err(NodeError::system("cannot enter the session's group"))?;
        raw::enter_first(&mut command, door);
    }
    command.spawn().map_err(|source| NodeError::Program {
        program: "the session's keeper",
        source,
    })
}

/// The keeper of the session in `folder`, found by what we started it with.
pub(super) fn find(folder: &Folder) -> Option<Process> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    let words = [ARGUMENT.as_bytes(), folder.path().as_os_str().as_bytes()];
    processes::all().find_map(|number| {
        let process = Process::of(number)?;
        let place = format!("/proc/{number}");
        let command = std::fs::read(format!("{place}/cmdline")).ok()?;
        let is_it = command.split(|byte| *byte == 0).skip(1).take(2).eq(words);
        // Of somebody else's it can be anything.
        let is_ours = std::fs::metadata(place).ok()?.uid() == geteuid().as_raw();
        (is_it && is_ours).then_some(process)
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
    keep_descriptors_to_ourselves()?;
    session::run(folder)
}

/// Whoever started this process may have left descriptors open, which are no session's business.
///
/// # Errors
/// [`NodeError::System`].
pub fn keep_descriptors_to_ourselves() -> Result<(), NodeError> {
    let kept = raw::keep_descriptors_to_ourselves();
    kept.map_err(NodeError::system("cannot keep descriptors from sessions"))
}

/// The programs that we start find it by this path whatever became of the file.
fn this_program() -> Result<PathBuf, NodeError> {
    let program = std::env::current_exe();
    program.map_err(NodeError::system("cannot find this program"))
}
