//! A file that is to be sent.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::SystemTime;

use hackstream_protocol::files::FileName;
use rustix::fs::{Mode, OFlags};

/// A regular file, opened; what is sent is what it was then, or nothing.
#[derive(Debug)]
pub struct Source {
    file: File,
    name: FileName,
    size: u64,
    changed: Option<SystemTime>,
}

impl Source {
    /// Opens the file that the person named.
    ///
    /// # Errors
    /// The system's, or that it is not a regular file.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Not waiting: a pipe without a writer would keep this thread for ever.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = rustix::fs::open(path, flags, Mode::empty())?;
        Self::of(file.into(), &name_of(path))
    }

    /// Opens a file of a folder; a symbolic link is none.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_in(folder: impl AsFd, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOFOLLOW;
        let file = rustix::fs::openat(folder, name, flags, Mode::empty())?;
        Self::of(file.into(), &name.to_string_lossy())
    }

    fn of(file: File, name: &str) -> io::Result<Self> {
        let facts = file.metadata()?;
        if !facts.is_file() {
            let text = "it is not a regular file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        Ok(Self {
            name: FileName::of(name),
            size: facts.len(),
            changed: facts.modified().ok(),
            file,
        })
    }

    /// Its name, without folders.
    #[must_use]
    pub const fn name(&self) -> &FileName {
        &self.name
    }

    /// Its size in bytes when it was opened.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The next `length` bytes.
    pub(crate) fn read(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        match self.file.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(changed()),
            Err(error) => Err(error),
        }
    }

    /// Whether it is still what it was when it was opened.
    pub(crate) fn check_unchanged(&self) -> io::Result<()> {
        let facts = self.file.metadata()?;
        if facts.len() != self.size || facts.modified().ok() != self.changed {
            return Err(changed());
        }
        Ok(())
    }
}

fn changed() -> io::Error {
    io::Error::other("somebody changed it meanwhile")
}

/// The last part of a path, as far as it is text.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_sent_and_only_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.txt");
        std::fs::write(&path, "dear ").unwrap();
        let mut source = Source::open(&path).unwrap();
        assert_eq!((source.name().as_str(), source.size()), ("letter.txt", 5));
        assert_eq!(source.read(5).unwrap(), b"dear ");
        assert!(source.check_unchanged().is_ok());
        assert!(source.read(1).is_err(), "it has no more");
        std::fs::write(&path, "dear reader").unwrap();
        assert!(source.check_unchanged().is_err());
        assert!(Source::open(folder.path()).is_err(), "a folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(Source::open(&link).is_ok(), "the person named it");
        let directory = File::open(folder.path()).unwrap();
        assert!(Source::open_in(&directory, OsStr::new("letter.txt")).is_ok());
        assert!(Source::open_in(&directory, OsStr::new("link")).is_err());
    }
}
