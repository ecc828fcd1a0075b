//! What a session's server says of itself, on a socket in the session's folder `run`.
//!
//! That folder is the session's own: whoever took the session over answers what they like. So the
//! answer is short, is waited for for a moment only, and three numbers of it are looked at.

use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of an answer that are read: those of a session with many viewers.
const MOST_BYTES: u64 = 256 << 10;

/// What a server says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// Viewers that are connected now.
    pub viewers: u32,
    /// Seconds since somebody did something.
    pub last_input_seconds: Option<f64>,
    /// Frames sent so far.
    pub frames: u64,
}

#[derive(Deserialize)]
struct Answer {
    viewers: Vec<serde::de::IgnoredAny>,
    last_input_seconds: Option<f64>,
    frames: u64,
}

/// Asks the server whose state is in `run`; `None` if it does not answer sensibly.
#[must_use]
pub fn ask(run: &Path) -> Option<Said> {
    let stream = UnixStream::connect(socket(&run.join("sessions"))?).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut bytes = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut bytes).ok()?;
    let answer: Answer = serde_json::from_slice(&bytes).ok()?;
    let sensible = |seconds: &f64| seconds.is_finite() && *seconds >= 0.0;
    Some(Said {
        viewers: u32::try_from(answer.viewers.len()).ok()?,
        last_input_seconds: answer.last_input_seconds.filter(sensible),
        frames: answer.frames,
    })
}

/// The only socket in the folder, and no link to another one.
fn socket(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.take(16).flatten();
    let mut sockets = entries.filter(|entry| {
        let is_socket = entry.file_type().is_ok_and(|kind| kind.is_socket());
        is_socket && entry.path().extension().is_some_and(|end| end == "sock")
    });
    sockets.next().map(|entry| entry.path())
}
