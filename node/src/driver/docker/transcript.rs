//! What a session writes: from the engine's log into ours, each line once, whoever is restarted meanwhile.
//!
//! The engine stamps each piece with its time. How far we are is in a file of its own, beside ours; what
//! was written after that was said is cut off and read again.

use bollard::container::LogOutput;
use serde::{Deserialize, Serialize};

use crate::driver::ending::{LastWords, server_key};
use crate::driver::local::log::{self, LogWriter};
use crate::folder::Folder;
use crate::{NodeError, files};

/// The longest line that is looked at; a longer one is none of those that we know.
const MOST_LINE: usize = 4096;

/// Bytes after which we say how far we are, at the latest.
const MOST_UNMARKED: usize = 1 << 20;

/// How far we are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// When the last piece of standard output was written, as the engine has it: such times compare as
    /// texts do. Those of different outputs are not in order.
    output: String,
    /// The same of standard error.
    error: String,
    /// Bytes of our log with it.
    length: u64,
}

/// The log of one session.
pub(super) struct Transcript {
    folder: Folder,
    log: LogWriter,
    mark: Mark,
    unmarked: usize,
    stdout: Line,
    stderr: Line,
    last_words: LastWords,
}

impl Transcript {
    /// Goes on with the log in the session's folder, or begins it.
    ///
    /// # Errors
    /// [`NodeError`] if it cannot be used.
    pub(super) fn open(folder: &Folder) -> Result<Self, NodeError> {
        let mark: Mark = files::read_json(&folder.join("mark.json"))?.unwrap_or_default();
        let failed = NodeError::system("cannot write the log");
        log::cut(folder.path(), mark.length).map_err(failed)?;
        let failed = NodeError::system("cannot write the log");
        Ok(Self {
            folder: folder.clone(),
            log: LogWriter::open(folder.path()).map_err(failed)?,
            mark,
            unmarked: 0,
            stdout: Line::default(),
            stderr: Line::default(),
            last_words: LastWords::default(),
        })
    }

    /// Takes a piece of the engine's log; the server's key, if it said now that viewers may come.
    pub(super) fn hear(&mut self, piece: &LogOutput) -> Option<String> {
        let (at, text) = stamped(piece.as_ref())?;
        let last = match piece {
            LogOutput::StdErr { .. } => &mut self.mark.error,
            _ => &mut self.mark.output,
        };
        if at <= last.as_str() {
            return None;
        }
        at.clone_into(last);
        // A full disk costs the log, not the session.
        let _ = self.log.write(text);
        self.unmarked += text.len();
        if self.unmarked >= MOST_UNMARKED {
            self.settle();
        }
        let (mut key, last) = (None, &mut self.last_words);
        match piece {
            LogOutput::StdErr { .. } => self.stderr.add(text, |line| last.hear(line)),
            _ => self.stdout.add(text, |line| {
                key = key.take().or_else(|| server_key(line));
            }),
        }
        key
    }

    /// Says how far we are, if that is further than was said.
    pub(super) fn settle(&mut self) {
        if self.unmarked == 0 {
            return;
        }
        self.mark.length = self.log.length();
        // Unsaid, it is read again.
        if files::write_json(&self.folder.join("mark.json"), &self.mark).is_ok() {
            self.unmarked = 0;
        }
    }

    /// Why it ended, in its own words.
    pub(super) fn last_words(&self) -> &str {
        self.last_words.text()
    }
}

/// A piece's time, and what was written.
fn stamped(piece: &[u8]) -> Option<(&str, &[u8])> {
    let space = piece.iter().position(|byte| *byte == b' ')?;
    let at = std::str::from_utf8(&piece[..space]).ok()?;
    Some((at, &piece[space + 1..]))
}

/// The beginning of a line.
#[derive(Default)]
struct Line(Vec<u8>);

impl Line {
    /// Adds to it; `look` gets each line that is whole then.
    fn add(&mut self, text: &[u8], mut look: impl FnMut(&str)) {
        for &byte in text {
            if byte == b'\n' {
                look(&String::from_utf8_lossy(&self.0));
                self.0.clear();
            } else if self.0.len() < MOST_LINE {
                self.0.push(byte);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(second: u32, text: &str) -> LogOutput {
        let message = format!("2026-11-23T07:00:{second:02}.000000001Z {text}");
        LogOutput::StdOut {
            message: message.into(),
        }
    }

    fn written(folder: &Folder) -> String {
        let piece = log::read(folder.path(), 0, 1 << 20).unwrap();
        String::from_utf8(piece.bytes).unwrap()
    }

    #[test]
    fn each_line_is_written_once_whoever_is_restarted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path().to_owned());
        let key = "0f".repeat(32);
        let ready = format!("ready listen=x fingerprint=sha256:{key}\n");
        let all = [piece(1, "one\n"), piece(2, &ready), piece(3, "three\n")];
        let mut first = Transcript::open(&folder).unwrap();
        assert_eq!(first.hear(&all[0]), None);
        first.settle();
        assert_eq!(first.hear(&all[1]), Some(key.clone()));
        drop(first);
        // Killed before it said how far it was; the engine tells everything again.
        let mut second = Transcript::open(&folder).unwrap();
        let keys: Vec<_> = all.iter().filter_map(|piece| second.hear(piece)).collect();
        assert_eq!(keys, [key]);
        assert_eq!(written(&folder), format!("one\n{ready}three\n"));
        second.settle();
        drop(second);
        let mut third = Transcript::open(&folder).unwrap();
        assert!(all.iter().all(|piece| third.hear(piece).is_none()));
        assert_eq!(written(&folder), format!("one\n{ready}three\n"));
    }

    #[test]
    fn a_line_in_pieces_is_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let mut transcript = Transcript::open(&Folder::at(dir.path().to_owned())).unwrap();
        let error = |second, text: &str| LogOutput::StdErr {
            message: piece(second, text).into_bytes(),
        };
        transcript.hear(&error(1, "hackstream-ser"));
        transcript.hear(&piece(4, "between\n"));
        transcript.hear(&error(3, "ver: no display\nXIO\n"));
        assert_eq!(transcript.last_words(), "hackstream-server: no display");
        // What has no time is not the engine's.
        assert_eq!(
            transcript.hear(&LogOutput::StdOut {
                message: "x".into()
            }),
            None
        );
    }
}
