//! Opening pages in a session that runs: what `hackstream-server pages` listens to, in the session's
//! own folder `/run`.
//!
//! That is looked at from outside, through the session's first process. Whoever took the session over
//! answers what they like, but only there: no link is followed, nor anything that leads out of it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};

use super::processes::Process;
use crate::NodeError;
use crate::driver::command::PAGES;

/// What the session answers when its application has been told.
const OPENED: &str = "opened";

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of an answer that are read.
const MOST_BYTES: u64 = 256;

/// Whether the application of the session with this first process shows a window and takes pages.
#[must_use]
pub fn are_taken(init: &Process) -> bool {
    socket(init).is_some()
}

/// A handle of the socket, if it is one.
fn socket(init: &Process) -> Option<OwnedFd> {
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = format!("/proc/{}/root", init.pid);
    let root = openat(CWD, root, folder, Mode::empty()).ok()?;
    // What the handle stands for was the session's, if its process lives still.
    if !init.lives() {
        return None;
    }
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let handle = OFlags::PATH | OFlags::CLOEXEC;
    let path = PAGES.trim_start_matches('/');
    let socket = openat2(root, path, handle, Mode::empty(), inside).ok()?;
    let socket = File::from(socket);
    let is_socket = socket
        .metadata()
        .is_ok_and(|meta| meta.file_type().is_socket());
    is_socket.then(|| socket.into())
}

/// Has the application show a page.
///
/// # Errors
/// [`NodeError::NoPage`] if it does not.
pub fn open(init: &Process, page: &str) -> Result<(), NodeError> {
    let socket = socket(init).ok_or_else(|| NodeError::NoPage("it takes none".to_owned()))?;
    let failed = |error: std::io::Error| NodeError::NoPage(error.to_string());
    match ask(&socket, page).map_err(failed)? {
        answer if answer == OPENED => Ok(()),
        answer => Err(NodeError::NoPage(answer)),
    }
}

fn ask(socket: &OwnedFd, page: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(format!("/proc/self/fd/{}", socket.as_raw_fd()))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(page.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok(answer.chars().filter(|c| !c.is_control()).collect())
}
