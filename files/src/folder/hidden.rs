//! Files with a hidden name, for file systems without unnamed ones.
//!
//! Whoever is killed leaves one behind, which the next one removes: those in use are locked.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{AtFlags, Dir, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::MODE;

const PREFIX: &str = ".hackstream-";
const ENDING: &str = ".part";

/// Names tried before giving up; each is new unless another process had the same number.
const TRIES: u32 = 100;

/// A file that is removed when it is dropped, unless it was given another name.
#[derive(Debug)]
pub(super) struct Hidden {
    directory: OwnedFd,
    file: File,
    /// `None` once it has another one.
    name: Option<String>,
}

impl Hidden {
    pub(super) fn create(directory: &OwnedFd) -> io::Result<Self> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        remove_left(directory);
        for _ in 0..TRIES {
            let number = LAST.fetch_add(1, Ordering::Relaxed);
            let name = format!("{PREFIX}{}-{number}{ENDING}", std::process::id());
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = match rustix::fs::openat(directory, &name, flags, MODE) {
                Ok(file) => file,
                Err(Errno::EXIST) => continue,
                Err(error) => return Err(error.into()),
            };
            let hidden = Self {
                directory: directory.try_clone()?,
                file: file.into(),
                name: Some(name),
            };
            // Another process may have removed it before it was locked.
            let locked = rustix::fs::flock(&hidden.file, FlockOperation::NonBlockingLockExclusive);
            if locked.is_ok() && rustix::fs::fstat(&hidden.file)?.st_nlink > 0 {
                return Ok(hidden);
            }
        }
        Err(Errno::EXIST.into())
    }

    pub(super) const fn file(&mut self) -> &mut File {
        &mut self.file
    }

    pub(super) fn name_it(&mut self, directory: impl AsFd, new: &str) -> Result<(), Errno> {
        let Some(old) = &self.name else {
            return Err(Errno::NOENT);
        };
        let here = &self.directory;
        match rustix::fs::renameat_with(here, old, &directory, new, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.name = None;
                Ok(())
            }
            // NFS, which takes no flags. A second name replaces nothing either; the first one goes
            // when this is dropped.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(here, old, &directory, new, AtFlags::empty())
            }
            Err(error) => Err(error),
        }
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            // Where it cannot be removed, the next one tries again.
            let _ = rustix::fs::unlinkat(&self.directory, name, AtFlags::empty());
        }
    }
}

/// Removes what killed processes left. What cannot be removed stays.
fn remove_left(directory: &OwnedFd) {
    let Ok(items) = Dir::read_from(directory) else {
        return;
    };
    for item in items.flatten() {
        let Ok(name) = item.file_name().to_str() else {
            continue;
        };
        if !(name.starts_with(PREFIX) && name.ends_with(ENDING)) {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(file) = rustix::fs::openat(directory, name, flags, Mode::empty()) else {
            continue;
        };
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = rustix::fs::unlinkat(directory, name, AtFlags::empty());
        }
    }
}
