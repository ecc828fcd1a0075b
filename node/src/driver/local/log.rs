//! What a session writes, kept as long as it does not get too much.
//!
//! The log is a row of bytes; each file holds those from the number in its name on. When one is full
//! the next begins, and all but the last two go.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::super::LogPiece;

/// Bytes of one file. Two of them are kept.
const FILE_BYTES: u64 = 4 << 20;

/// What the names of files begin with.
const PREFIX: &str = "log-";

/// Writes a session's log.
#[derive(Debug)]
pub struct LogWriter {
    folder: PathBuf,
    file: File,
    /// Bytes of the log before the file, and in it.
    begins: u64,
    length: u64,
}

impl LogWriter {
    /// Goes on with the log in `folder`, or begins it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let last = files(folder)?.last().map_or(0, |(begins, _)| *begins);
        let (file, length) = open(folder, last)?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            begins: last,
            length,
        })
    }

    /// Bytes of the log, with those that are kept no longer.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.begins + self.length
    }

    /// Writes more.
    ///
    /// # Errors
    /// The system's; what was written of it stays.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.length >= FILE_BYTES {
            self.begins += self.length;
            (self.file, self.length) = open(&self.folder, self.begins)?;
            let files = files(&self.folder)?;
            for (_, old) in files.iter().rev().skip(2) {
                fs::remove_file(old)?;
            }
        }
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }
}

/// Cuts off what is in the log beyond its first `length` bytes.
///
/// # Errors
/// The system's.
pub fn cut(folder: &Path, length: u64) -> io::Result<()> {
    for (begins, path) in files(folder)? {
        if begins >= length {
            fs::remove_file(path)?;
        } else if begins + fs::metadata(&path)?.len() > length {
            let file = OpenOptions::new().write(true).open(path)?;
            file.set_len(length - begins)?;
        }
    }
    Ok(())
}

fn open(folder: &Path, begins: u64) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600);
    let file = options.open(folder.join(format!("{PREFIX}{begins:020}")))?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// The files of a log and where they begin, in order.
fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let begins = path
                .file_name()?
                .to_str()?
                .strip_prefix(PREFIX)?
                .parse()
                .ok()?;
            Some((begins, path))
        })
        .collect();
    files.sort();
    Ok(files)
}

/// At most `most` bytes of the log in `folder` that begin `after` bytes of it, or where it is kept
/// from. Whether more can follow is for the caller to say.
///
/// # Errors
/// The system's.
pub fn read(folder: &Path, after: u64, most: usize) -> io::Result<LogPiece> {
    for (begins, path) in files(folder)? {
        let mut file = match File::open(&path) {
            Ok(file) => file,
            // Just removed: what follows is in the next one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let ends = begins + file.metadata()?.len();
        if ends <= after {
            continue;
        }
        let offset = after.max(begins);
        file.seek(SeekFrom::Start(offset - begins))?;
        let mut bytes = Vec::new();
        file.take(most as u64).read_to_end(&mut bytes)?;
        return Ok(LogPiece {
            offset,
            bytes,
            is_last: false,
        });
    }
    Ok(LogPiece {
        offset: after,
        bytes: Vec::new(),
        is_last: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_from_anywhere_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogWriter::open(dir.path()).unwrap();
        log.write(b"one\n").unwrap();
        drop(log);
        let mut log = LogWriter::open(dir.path()).unwrap();
        log.write(b"two\n").unwrap();
        let from = |after, most| read(dir.path(), after, most).unwrap().bytes;
        assert_eq!(from(0, 100), b"one\ntwo\n");
        assert_eq!(from(4, 2), b"tw");
        assert_eq!(from(8, 100), b"");
    }

    #[test]
    fn what_is_cut_off_is_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogWriter::open(dir.path()).unwrap();
        let piece = vec![b'x'; 3 << 20];
        for _ in 0..3 {
            log.write(&piece).unwrap();
        }
        assert_eq!(log.length(), 9 << 20);
        drop(log);
        cut(dir.path(), (6 << 20) + 5).unwrap();
        let log = LogWriter::open(dir.path()).unwrap();
        assert_eq!(log.length(), (6 << 20) + 5);
        // Also where a file began after that.
        cut(dir.path(), 10).unwrap();
        assert_eq!(files(dir.path()).unwrap().len(), 1);
        assert_eq!(LogWriter::open(dir.path()).unwrap().length(), 10);
        cut(dir.path(), 1 << 30).unwrap();
        assert_eq!(LogWriter::open(dir.path()).unwrap().length(), 10);
    }

    #[test]
    fn a_log_is_bounded_and_says_what_it_forgot() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = LogWriter::open(dir.path()).unwrap();
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..19 {
            log.write(&piece).unwrap();
        }
        let kept = files(dir.path()).unwrap();
        assert_eq!(
            kept.iter()
                .map(|(begins, _)| begins >> 20)
                .collect::<Vec<_>>(),
            [12, 16]
        );
        let mut next = 0;
        loop {
            let piece = read(dir.path(), next, 1 << 19).unwrap();
            assert!(next == 0 || piece.offset == next);
            if piece.bytes.is_empty() {
                break;
            }
            next = piece.offset + piece.bytes.len() as u64;
        }
        assert_eq!(next, 19 << 20);
    }
}
