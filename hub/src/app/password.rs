//! Reading a password: from a file, from another program, or from a person.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read as _, Write as _};

use hackstream_control_api::limits::MAX_PASSWORD_BYTES;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::error::AppError;
use crate::config::PasswordSource;

/// The password: the first line of the file, or of standard input.
///
/// # Errors
/// If it cannot be read, or a person types two different ones.
pub(super) fn read(from: &PasswordSource) -> Result<String, AppError> {
    if let Some(path) = &from.password_file {
        let file = File::open(path).map_err(AppError::Password)?;
        return line(&mut BufReader::new(file));
    }
    let stdin = io::stdin();
    if !stdin.is_terminal() {
        return line(&mut stdin.lock());
    }
    let first = ask("Password: ")?;
    if ask("Once more: ")? != first {
        return Err(AppError::Refused("the two passwords differ".to_owned()));
    }
    Ok(first)
}

fn line(from: &mut impl BufRead) -> Result<String, AppError> {
    let mut text = String::new();
    let most = MAX_PASSWORD_BYTES as u64 + 2;
    from.take(most)
        .read_line(&mut text)
        .map_err(AppError::Password)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Asks a person, and does not show what they type.
fn ask(question: &str) -> Result<String, AppError> {
    let mut stderr = io::stderr();
    write!(stderr, "{question}")?;
    stderr.flush()?;
    let silence = Silence::start()?;
    let answer = line(&mut io::stdin().lock());
    drop(silence);
    writeln!(stderr)?;
    answer
}

/// The terminal shows nothing while this lives.
struct Silence(Termios);

impl Silence {
    fn start() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
