//! Opening pages in a session that runs: what `hackstream-server pages` listens to, in the session's
//! folder `run`.
//!
//! That folder is the session's own: whoever took the session over answers what they like, but only
//! there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::FileTypeExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::NodeError;

/// The socket's name in the folder `run`.
pub const SOCKET: &str = "pages.sock";

/// What the session answers when its application has been told.
const OPENED: &str = "opened";

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of an answer that are read.
const MOST_BYTES: u64 = 256;

/// Whether the application of the session shows a window and takes pages.
#[must_use]
pub fn are_taken(run: &Path) -> bool {
    socket(run).is_some()
}

/// The socket, if it is one and no link to another one.
fn socket(run: &Path) -> Option<PathBuf> {
    let path = run.join(SOCKET);
    let meta = fs::symlink_metadata(&path).ok()?;
    meta.file_type().is_socket().then_some(path)
}

/// Has the application show a page.
///
/// # Errors
/// [`NodeError::NoPage`] if it does not.
pub fn open(run: &Path, page: &str) -> Result<(), NodeError> {
    let socket = socket(run).ok_or_else(|| NodeError::NoPage("it takes none".to_owned()))?;
    let failed = |error: std::io::Error| NodeError::NoPage(error.to_string());
    match ask(&socket, page).map_err(failed)? {
        answer if answer == OPENED => Ok(()),
        answer => Err(NodeError::NoPage(answer)),
    }
}

fn ask(socket: &Path, page: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(page.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(MOST_BYTES).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    Ok(answer
        .chars()
        .filter(|letter| !letter.is_control())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;
    use std::thread;

    #[test]
    fn an_answer_is_looked_at_and_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path();
        assert!(!are_taken(run) && open(run, "https://a.example").is_err());
        let elsewhere = run.join("other.sock");
        let listener = UnixListener::bind(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, run.join(SOCKET)).unwrap();
        assert!(!are_taken(run), "a link");
        fs::remove_file(run.join(SOCKET)).unwrap();
        fs::rename(&elsewhere, run.join(SOCKET)).unwrap();
        assert!(are_taken(run));
        let session = thread::spawn(move || {
            for answer in [OPENED, "no\nsuch thing"] {
                let mut stream = listener.accept().unwrap().0;
                let mut page = String::new();
                stream.read_to_string(&mut page).unwrap();
                assert_eq!(page, "https://a.example");
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        assert!(open(run, "https://a.example").is_ok());
        let error = open(run, "https://a.example").unwrap_err();
        assert!(error.to_string().contains("nosuch thing"), "{error}");
        session.join().unwrap();
    }
}
