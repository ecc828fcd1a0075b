//! `hackstream-server pages`: an application in which pages are opened while it runs.
//!
//! It starts the application and, once that shows a window, listens on a socket. Whoever connects
//! writes the address of a page and hears [`OPENED`], or why not: the application's command is run
//! again with the address, as browsers expect of whoever wants a page shown in the one that runs.
//! That way a session can be started before anybody has asked for it.

use std::ffi::OsString;
use std::fs::Permissions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use hackstream_capture::wait_for_window;
use hackstream_protocol::desktop::Link;

use crate::app::exit;

/// The answer when the application has been told.
pub const OPENED: &str = "opened";

/// Bytes of an address.
const MOST_BYTES: u64 = 4096;

/// How long the application may take until it shows a window. Then it is taken for one that has none
/// to show.
const WINDOW: Duration = Duration::from_secs(25);

/// How long whoever connects may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// An application, and where pages for it come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages {
    /// The socket to be made.
    pub socket: PathBuf,
    /// The application and its arguments; an address is added at the end.
    pub command: Vec<OsString>,
}

/// Why the application does not run.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// There is none.
    #[error("there is no command")]
    NoCommand,
    /// The system does not start it.
    #[error("cannot start {}: {source}", command.to_string_lossy())]
    Start {
        /// The program.
        command: OsString,
        /// What the system said.
        source: io::Error,
    },
}

impl PagesError {
    /// The process's exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoCommand => exit::USAGE,
            Self::Start { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                exit::NOT_FOUND
            }
            Self::Start { .. } => exit::NOT_EXECUTABLE,
        }
    }
}

/// Runs the application. Returns its exit code, or 128 + the signal that ended it.
///
/// # Errors
/// [`PagesError`] if it cannot be started.
pub fn run(pages: &Pages) -> Result<u8, PagesError> {
    let (program, arguments) = pages.command.split_first().ok_or(PagesError::NoCommand)?;
    let mut command = Command::new(program);
    let mut child = command
        .args(arguments)
        .spawn()
        .map_err(|source| PagesError::Start {
            command: program.clone(),
            source,
        })?;
    let listening = pages.clone();
    // It ends with the process.
    thread::spawn(move || {
        if let Err(error) = listen(&listening) {
            eprintln!("hackstream-server: no pages can be opened: {error}");
        }
    });
    let status = child.wait().map_err(|source| PagesError::Start {
        command: program.clone(),
        source,
    })?;
    let _ = std::fs::remove_file(&pages.socket);
    Ok(code(status))
}

fn code(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(exit::INTERNAL)
}

fn listen(pages: &Pages) -> io::Result<()> {
    if let Ok(display) = std::env::var("DISPLAY") {
        // Where there is no window the command is told all the same.
        wait_for_window(&display, WINDOW).map_err(io::Error::other)?;
    }
    let listener = bind(&pages.socket)?;
    for stream in listener.incoming() {
        // One after another: it is one application.
        if let Err(error) = serve(stream?, &pages.command) {
            eprintln!("hackstream-server: a page was not opened: {error}");
        }
    }
    Ok(())
}

/// Under another name until it listens and is private: that it is there says that pages are taken.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let unfinished = path.with_extension("new");
    let listener = UnixListener::bind(&unfinished)?;
    std::fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
    std::fs::rename(&unfinished, path)?;
    Ok(listener)
}

fn serve(mut stream: UnixStream, command: &[OsString]) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut text = String::new();
    (&stream).take(MOST_BYTES).read_to_string(&mut text)?;
    let answer = match Link::of(&text) {
        None => "only addresses of web pages can be opened".to_owned(),
        Some(link) => match tell(command, link.as_str()) {
            Ok(()) => OPENED.to_owned(),
            Err(error) => error.to_string(),
        },
    };
    stream.write_all(answer.as_bytes())
}

/// Runs the command with the address. A browser that runs takes the page over from it, and it ends.
fn tell(command: &[OsString], page: &str) -> io::Result<()> {
    let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut messenger = Command::new(program)
        .args(arguments)
        .arg(page)
        .stdin(Stdio::null())
        .spawn()?;
    // Whoever asked need not wait for it.
    thread::spawn(move || messenger.wait());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Shutdown;

    fn ask(socket: &Path, page: &str) -> String {
        let mut stream = UnixStream::connect(socket).unwrap();
        stream.write_all(page.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_command_is_run_again_with_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, told) = (folder.path().join("pages.sock"), folder.path().join("told"));
        // Without a page it is the application, with one its messenger.
        let script = format!(
            "if [ \"$#\" = 0 ]; then while ! [ -s {0} ]; do sleep 0.02; done; exit 7; fi; \
             printf %s \"$1\" > {0}.new; mv {0}.new {0}",
            told.display()
        );
        let command = ["/bin/sh", "-c", &script, "browser"].map(OsString::from);
        let listener = bind(&socket).unwrap();
        let serving = command.to_vec();
        let server = thread::spawn(move || {
            for _ in 0..2 {
                serve(listener.accept().unwrap().0, &serving).unwrap();
            }
        });
        let pages = Pages {
            socket: folder.path().join("unused.sock"),
            command: command.to_vec(),
        };
        let application = thread::spawn(move || run(&pages));
        assert_eq!(
            ask(&socket, "file:///etc/passwd"),
            "only addresses of web pages can be opened"
        );
        assert_eq!(ask(&socket, "https://example.org/?a=$(id)&b"), OPENED);
        server.join().unwrap();
        assert_eq!(application.join().unwrap().unwrap(), 7);
        let told = std::fs::read_to_string(told).unwrap();
        assert_eq!(told, "https://example.org/?a=$(id)&b");
    }

    #[test]
    fn a_program_that_is_not_there_is_told() {
        let pages = Pages {
            socket: PathBuf::from("/nonexistent"),
            command: vec!["/nonexistent/browser".into()],
        };
        assert_eq!(run(&pages).unwrap_err().exit_code(), exit::NOT_FOUND);
    }
}
