//! Passwords: typed without being shown, or read from a pipe. Never an argument, which others can see.

use std::io::{self, BufRead};

use hackstream_control_api::limits::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS};

use crate::context::Context;
use crate::error::CliError;

/// A password. It is not shown.
pub struct Password(String);

impl Password {
    /// The one that the person types.
    ///
    /// # Errors
    /// If nobody can be asked, or what they type is no password.
    pub fn ask(context: &Context, question: &str) -> Result<Self, CliError> {
        Self::checked(context.ask_secretly(question)?)
    }

    /// A new one: typed twice, or the first line of standard input where nobody types.
    ///
    /// # Errors
    /// If the two differ, it is too short, or cannot be read.
    pub fn choose(context: &Context, from_stdin: bool) -> Result<Self, CliError> {
        let chosen = match from_stdin {
            true => Self::first_line(io::stdin().lock())?,
            false => {
                let first = Self::ask(context, "New password: ")?;
                if Self::ask(context, "Once more: ")?.0 != first.0 {
                    return Err(CliError::Usage("the two passwords differ".to_owned()));
                }
                first
            }
        };
        if chosen.0.chars().count() < MIN_PASSWORD_CHARACTERS {
            let text = format!("a password has at least {MIN_PASSWORD_CHARACTERS} characters");
            return Err(CliError::Usage(text));
        }
        Ok(chosen)
    }

    /// The first line of what a program says.
    ///
    /// # Errors
    /// If it cannot be read, or is no password.
    pub fn first_line(from: impl BufRead) -> Result<Self, CliError> {
        let mut line = String::new();
        from.take(MAX_PASSWORD_BYTES as u64 + 2)
            .read_line(&mut line)?;
        Self::checked(line.trim_end_matches(['\n', '\r']).to_owned())
    }

    /// For the hub.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    fn checked(text: String) -> Result<Self, CliError> {
        match text.len() {
            0 => Err(CliError::Usage("the password is empty".to_owned())),
            1..=MAX_PASSWORD_BYTES => Ok(Self(text)),
            _ => Err(CliError::Usage("the password is too long".to_owned())),
        }
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_the_password() {
        let read = |text: &str| Password::first_line(text.as_bytes()).map(Password::into_text);
        assert_eq!(read("correct horse\nmore").unwrap(), "correct horse");
        assert_eq!(read(" spaces stay \r\n").unwrap(), " spaces stay ");
        assert!(read("\n").is_err() && read("").is_err());
        assert!(read(&"x".repeat(MAX_PASSWORD_BYTES + 1)).is_err());
    }
}
