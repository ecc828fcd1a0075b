//! `hackstream-server status`: asks the sessions of a state directory how they are.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::report::SessionReport;
use super::{socket, text};
use crate::app::exit;

/// How long a session may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at sessions that are waited for.
const LOOK: Duration = Duration::from_millis(50);

/// Longest answer that is read.
const MOST_BYTES: u64 = 4 << 20;

/// How to print what sessions say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One JSON object, with the sessions as an array.
    Json,
}

/// Which sessions to ask, and what to do with the answers.
#[derive(Clone, Debug)]
pub struct Question {
    /// The state directory of their servers.
    pub state_dir: PathBuf,
    /// How to print them.
    pub form: Form,
    /// How long to wait for a session that is ready; `None`: none is needed.
    pub patience: Option<Duration>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The state directory cannot be read.
    #[error("cannot read {} (--state-dir): {source}", path.display())]
    StateDirectory {
        /// Which directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody reads standard output.
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
}

impl AskError {
    /// The process's exit code.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::StateDirectory { .. } => exit::STATE,
            Self::Output(_) => exit::INTERNAL,
        }
    }
}

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<SessionReport>,
}

/// Asks, and prints the answers to `out`. Returns the exit code: not zero if a session runs that
/// does not answer, or if none became ready that was waited for.
///
/// # Errors
/// [`AskError`] if nobody can be asked or told.
pub fn run(question: &Question, out: &mut impl Write) -> Result<u8, AskError> {
    let begun = Instant::now();
    let state_dir = question.state_dir.display();
    loop {
        let (sessions, silent) = answers(&question.state_dir)?;
        let Some(patience) = question.patience.filter(|_| sessions.is_empty()) else {
            return print(question, sessions, tell_of(&silent), out);
        };
        if begun.elapsed() >= patience {
            tell_of(&silent);
            eprintln!(
                "hackstream-server: no session is ready after {} s (state directory {state_dir})",
                patience.as_secs()
            );
            return Ok(exit::INTERNAL);
        }
        // Whoever waits here is a script that starts a session; it never runs beside an idle one.
        std::thread::sleep(LOOK);
    }
}

/// What all sessions say of themselves, and why some don't.
fn answers(state_dir: &Path) -> Result<(Vec<SessionReport>, Vec<String>), AskError> {
    let sockets = socket::sockets(state_dir).map_err(|source| AskError::StateDirectory {
        path: socket::folder(state_dir),
        source,
    })?;
    let (mut sessions, mut silent) = (Vec::new(), Vec::new());
    for path in sockets {
        match ask(&path) {
            Ok(Some(report)) => sessions.push(report),
            Ok(None) => {}
            Err(error) => silent.push(format!("{}: {error}", path.display())),
        }
    }
    Ok((sessions, silent))
}

/// Says which sessions did not answer. Returns the exit code: not zero if there are any.
fn tell_of(silent: &[String]) -> u8 {
    for session in silent {
        eprintln!("hackstream-server: no answer from the session at {session}");
    }
    if silent.is_empty() { 0 } else { exit::INTERNAL }
}

fn print(
    question: &Question,
    sessions: Vec<SessionReport>,
    code: u8,
    out: &mut impl Write,
) -> Result<u8, AskError> {
    let state_dir = &question.state_dir;
    match question.form {
        Form::Json => {
            let line = serde_json::to_string(&Sessions { sessions }).map_err(io::Error::other)?;
            writeln!(out, "{line}")?;
        }
        Form::Text if sessions.is_empty() && code == 0 => {
            writeln!(out, "no sessions (state directory {})", state_dir.display())?;
        }
        Form::Text => {
            for session in &sessions {
                out.write_all(text::of(session).as_bytes())?;
            }
        }
    }
    out.flush()?;
    Ok(code)
}

/// The answer of one session; `None` if its server is gone, whose socket is removed then.
fn ask(path: &Path) -> io::Result<Option<SessionReport>> {
    let stream = match UnixStream::connect(path) {
        Ok(stream) => stream,
        Err(error) => {
            return match error.kind() {
                // Killed; a server that ends removes its socket itself.
                io::ErrorKind::ConnectionRefused => {
                    let _ = std::fs::remove_file(path);
                    Ok(None)
                }
                io::ErrorKind::NotFound => Ok(None),
                _ => Err(error),
            };
        }
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answer = Vec::new();
    let read = stream.take(MOST_BYTES).read_to_end(&mut answer);
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let seconds = PATIENCE.as_secs();
            return Err(io::Error::other(format!("nothing within {seconds} s")));
        }
        Err(error) => return Err(error),
    }
    if answer.is_empty() {
        // It ends at this moment.
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&answer)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("hackstream-{name}-{}", std::process::id()));
        std::fs::create_dir_all(socket::folder(&dir)).unwrap();
        dir
    }

    fn asked(state_dir: &Path, form: Form) -> (u8, String) {
        let question = Question {
            state_dir: state_dir.to_owned(),
            form,
            patience: None,
        };
        let mut out = Vec::new();
        let code = run(&question, &mut out).unwrap();
        (code, String::from_utf8(out).unwrap())
    }

    #[test]
    fn where_nothing_runs_nothing_is_said() {
        let nowhere = Path::new("/nonexistent/state");
        assert_eq!(
            asked(nowhere, Form::Json),
            (0, "{\"sessions\":[]}\n".into())
        );
        let (code, said) = asked(nowhere, Form::Text);
        assert!(code == 0 && said.contains("/nonexistent/state"), "{said}");
    }

    #[test]
    fn a_session_that_is_waited_for_in_vain_is_a_failure() {
        let question = Question {
            state_dir: PathBuf::from("/nonexistent/state"),
            form: Form::Text,
            patience: Some(Duration::ZERO),
        };
        let mut out = Vec::new();
        assert_eq!(run(&question, &mut out).unwrap(), exit::INTERNAL);
        assert!(out.is_empty());
    }

    #[test]
    fn a_socket_that_was_left_behind_is_removed() {
        let dir = folder("stale");
        let path = socket::folder(&dir).join("7-00000000.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        assert_eq!(asked(&dir, Form::Json).0, 0);
        assert!(!path.exists());
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn nonsense_from_a_socket_is_a_failure() {
        let dir = folder("nonsense");
        let path = socket::folder(&dir).join("7-00000000.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"{\"pid\":").unwrap();
        });
        assert_eq!(asked(&dir, Form::Text).0, exit::INTERNAL);
        answering.join().unwrap();
        assert!(path.exists(), "whose it is, is not known");
        std::fs::remove_dir_all(dir).unwrap();
    }
}
