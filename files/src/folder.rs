//! Where files from the peer are stored.
//!
//! A file is written without a name, so that whatever happens nothing unfinished is left, and gets
//! its name when it is complete: a new one, because `link` never replaces anything nor follows a
//! symbolic link. File systems that know no files without a name (FAT, NFS) get a hidden one first;
//! see `hidden`.

mod hidden;

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use hackstream_protocol::files::FileName;
use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use rustix::io::Errno;

use crate::StoreError;
use hidden::Hidden;

/// Files of the same name that are told apart by a number.
const MOST_NAMESAKES: u32 = 10_000;

/// Only the person's own programs may read what arrives.
const MODE: Mode = Mode::RUSR.union(Mode::WUSR);

/// A folder for files from the peer. It is made when the first one comes.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    unnamed: bool,
}

impl Folder {
    /// The folder at `path`, which need not exist yet.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        let unnamed = true;
        Self { path, unnamed }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it, for its owner only, unless it is there, and opens it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(&self) -> io::Result<OwnedFd> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.path)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::open(&self.path, flags, Mode::empty())?)
    }

    /// Begins to store a file of `size` bytes.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] or [`StoreError::Write`].
    pub fn begin(&self, name: FileName, size: u64) -> Result<Arriving, StoreError> {
        let begin = || -> io::Result<Arriving> {
            let directory = self.open()?;
            let facts = rustix::fs::fstatvfs(&directory)?;
            // Better now than after an hour.
            if facts.f_bavail.saturating_mul(facts.f_frsize) < size {
                return Err(Errno::NOSPC.into());
            }
            let unfinished = Unfinished::create(&directory, self.unnamed)?;
            Ok(Arriving {
                path: self.path.clone(),
                directory,
                unfinished,
                name,
            })
        };
        begin().map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> StoreError {
        store_error(&self.path, source)
    }
}

fn store_error(path: &Path, source: io::Error) -> StoreError {
    let full = [Errno::NOSPC, Errno::DQUOT].map(|errno| Some(errno.raw_os_error()));
    if full.contains(&source.raw_os_error()) {
        return StoreError::NoRoom;
    }
    let path = path.to_owned();
    StoreError::Write { path, source }
}

/// A file that is arriving. Dropped before [`finish`](Self::finish), it was never there.
#[derive(Debug)]
pub struct Arriving {
    path: PathBuf,
    directory: OwnedFd,
    unfinished: Unfinished,
    name: FileName,
}

impl Arriving {
    /// Writes the next bytes.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] or [`StoreError::Write`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let written = self.unfinished.file().write_all(bytes);
        written.map_err(|source| store_error(&self.path, source))
    }

    /// Gives the file its name, or the next one with a number that is free.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`] or [`StoreError::Write`].
    pub fn finish(mut self) -> Result<FileName, StoreError> {
        for number in 0..MOST_NAMESAKES {
            let name = self.name.numbered(number);
            match self.unfinished.name_it(&self.directory, name.as_str()) {
                Ok(()) => return Ok(name),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(store_error(&self.path, error.into())),
            }
        }
        Err(store_error(&self.path, Errno::EXIST.into()))
    }
}

/// A file without its final name.
#[derive(Debug)]
enum Unfinished {
    Unnamed(File),
    Hidden(Hidden),
}

impl Unfinished {
    fn create(directory: &OwnedFd, unnamed: bool) -> io::Result<Self> {
        // Without /proc an unnamed file cannot be given a name.
        if unnamed && Path::new("/proc/self/fd").exists() {
            let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
            match rustix::fs::openat(directory, ".", flags, MODE) {
                Ok(file) => return Ok(Self::Unnamed(file.into())),
                Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Self::Hidden(Hidden::create(directory)?))
    }

    const fn file(&mut self) -> &mut File {
        match self {
            Self::Unnamed(file) => file,
            Self::Hidden(hidden) => hidden.file(),
        }
    }

    /// Gives it this name, unless something has it.
    fn name_it(&mut self, directory: impl AsFd, name: &str) -> Result<(), Errno> {
        match self {
            Self::Unnamed(file) => {
                let unnamed = format!("/proc/self/fd/{}", file.as_raw_fd());
                rustix::fs::linkat(CWD, unnamed, directory, name, AtFlags::SYMLINK_FOLLOW)
            }
            Self::Hidden(hidden) => hidden.name_it(directory, name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn both(test: impl Fn(Folder, &Path)) {
        for unnamed in [true, false] {
            let above = tempfile::tempdir().unwrap();
            let path = above.path().join("new/Downloads");
            let folder = Folder {
                path: path.clone(),
                unnamed,
            };
            test(folder, &path);
        }
    }

    fn names(path: &Path) -> Vec<String> {
        let items = std::fs::read_dir(path).unwrap();
        let mut names: Vec<String> = items
            .map(|item| item.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn store(folder: &Folder, name: &str, text: &str) -> String {
        let mut arriving = folder.begin(FileName::of(name), text.len() as u64).unwrap();
        arriving.write(text.as_bytes()).unwrap();
        arriving.finish().unwrap().as_str().to_owned()
    }

    #[test]
    fn nothing_is_overwritten_and_links_are_not_followed() {
        both(|folder, path| {
            assert_eq!(store(&folder, "a.txt", "one"), "a.txt");
            assert_eq!(store(&folder, "../a.txt", "two"), "a (1).txt");
            symlink("elsewhere", path.join("b")).unwrap();
            assert_eq!(store(&folder, "b", "three"), "b (1)");
            std::fs::create_dir(path.join("c")).unwrap();
            assert_eq!(store(&folder, "c", "four"), "c (1)");
            let expected = ["a (1).txt", "a.txt", "b", "b (1)", "c", "c (1)"];
            assert_eq!(names(path), expected);
            assert_eq!(std::fs::read_to_string(path.join("a.txt")).unwrap(), "one");
            let mode = |name| std::fs::metadata(path.join(name)).unwrap().permissions();
            assert_eq!(mode("b (1)").mode() & 0o777, 0o600);
            assert_eq!(mode(".").mode() & 0o777, 0o700);
        });
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        both(|folder, path| {
            let mut arriving = folder.begin(FileName::of("x"), 6).unwrap();
            arriving.write(b"abc").unwrap();
            let hidden_only = names(path).iter().all(|name| name.starts_with('.'));
            assert!(hidden_only, "{:?}", names(path));
            drop(arriving);
            assert_eq!(names(path), [""; 0]);
        });
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_lives_is_not() {
        let above = tempfile::tempdir().unwrap();
        let folder = Folder {
            path: above.path().to_owned(),
            unnamed: false,
        };
        std::fs::write(above.path().join(".hackstream-1-7.part"), "left").unwrap();
        let first = folder.begin(FileName::of("x"), 0).unwrap();
        assert_eq!(names(above.path()).len(), 1, "{:?}", names(above.path()));
        let second = folder.begin(FileName::of("x"), 0).unwrap();
        assert_eq!(first.finish().unwrap().as_str(), "x");
        assert_eq!(second.finish().unwrap().as_str(), "x (1)");
        assert_eq!(names(above.path()), ["x", "x (1)"]);
    }

    #[test]
    fn a_file_for_which_there_is_no_room_is_refused_at_once() {
        both(|folder, _| {
            let refused = folder.begin(FileName::of("x"), u64::MAX);
            assert!(matches!(refused, Err(StoreError::NoRoom)));
        });
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_told() {
        let folder = Folder::new(PathBuf::from("/proc/nowhere"));
        let refused = folder.begin(FileName::of("x"), 1);
        assert!(matches!(refused, Err(StoreError::Write { .. })));
    }
}
