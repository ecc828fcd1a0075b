//! The secret that admits to a session, and where it comes from.

use std::ffi::OsString;
use std::fmt;
use std::path::Path;

use hackstream_protocol::limits::MAX_TOKEN_BYTES;

use crate::error::ViewError;

/// The secret that admits to a session. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    /// A token of at most [`MAX_TOKEN_BYTES`].
    ///
    /// # Errors
    /// [`ViewError::Usage`] if it is longer.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ViewError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(ViewError::Usage(format!(
                "the token has {} bytes; no token is longer than {MAX_TOKEN_BYTES}",
                bytes.len()
            )));
        }
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

/// The token that the command line gives, or the file that it names, or else the environment.
pub(super) fn token(
    argument: Option<String>,
    file: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Token, ViewError> {
    if let Some(token) = argument {
        return Token::new(token.into_bytes());
    }
    if let Some(file) = file {
        let text = std::fs::read(file).map_err(|error| {
            ViewError::Usage(format!(
                "cannot read the token from {}: {error}",
                file.display()
            ))
        })?;
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let token = line.trim_ascii();
        if token.is_empty() {
            let file = file.display();
            return Err(ViewError::Usage(format!(
                "the first line of {file} holds no token"
            )));
        }
        return Token::new(token.to_vec());
    }
    Token::new(
        variable("HACKSTREAM_TOKEN")
            .unwrap_or_default()
            .into_encoded_bytes(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_comes_from_argument_file_or_environment() {
        let environment = |name: &str| (name == "HACKSTREAM_TOKEN").then(|| "env".into());
        let from_env = token(None, None, environment).expect("env");
        assert_eq!(from_env.bytes(), b"env");
        let argument = token(Some("arg".into()), None, environment).expect("argument");
        assert_eq!(argument.bytes(), b"arg");
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("token");
        std::fs::write(&file, " from-file \r\nmore").expect("write");
        let from_file = token(None, Some(&file), environment).expect("file");
        assert_eq!(from_file.bytes(), b"from-file");
        std::fs::write(&file, "\n").expect("write");
        assert!(token(None, Some(&file), environment).is_err());
        assert!(Token::new(vec![b'x'; MAX_TOKEN_BYTES + 1]).is_err());
    }
}
