//! What a session writes: into its log, and the lines of it that are for us.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use crate::driver::local::log::LogWriter;

/// Bytes read at once.
const PIECE: usize = 16 << 10;

/// The longest line that is looked at; a longer one is none of those that we know.
const MOST_LINE: usize = 4096;

/// One output of a session. Reading it does not block.
pub(super) struct Output<R> {
    from: R,
    /// The beginning of a line.
    line: Vec<u8>,
    is_open: bool,
}

impl<R: Read + AsFd> Output<R> {
    /// # Errors
    /// The system's.
    pub(super) fn new(from: R) -> io::Result<Self> {
        let flags = fcntl_getfl(&from)?;
        fcntl_setfl(&from, flags | OFlags::NONBLOCK)?;
        Ok(Self {
            from,
            line: Vec::new(),
            is_open: true,
        })
    }

    /// Its descriptor as long as something may come.
    pub(super) fn waiting(&self) -> Option<BorrowedFd<'_>> {
        self.is_open.then(|| self.from.as_fd())
    }

    /// Writes what came into `log`, as long as that can be written, and gives each whole line to
    /// `look`. Returns after a piece: other outputs have to be read as well.
    pub(super) fn pass(&mut self, log: &mut LogWriter, mut look: impl FnMut(&str)) {
        let mut piece = [0; PIECE];
        let count = match self.from.read(&mut piece) {
            Ok(0) => {
                self.is_open = false;
                return;
            }
            Ok(count) => count,
            Err(error) => {
                let again = [io::ErrorKind::WouldBlock, io::ErrorKind::Interrupted];
                self.is_open = again.contains(&error.kind());
                return;
            }
        };
        // A full disk costs the log, not the session.
        let _ = log.write(&piece[..count]);
        for &byte in &piece[..count] {
            if byte == b'\n' {
                look(&String::from_utf8_lossy(&self.line));
                self.line.clear();
            } else if self.line.len() < MOST_LINE {
                self.line.push(byte);
            }
        }
    }
}
