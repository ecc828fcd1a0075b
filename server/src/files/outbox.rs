//! The files that are offered to viewers.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_files::{Folder, Source, blocking};
use hackstream_protocol::files::FileName;
use hackstream_protocol::limits::MAX_OFFERED_FILES;
use rustix::fs::RenameFlags;
use rustix::io::Errno;
use tokio::sync::watch;
use tracing::{debug, info, warn};

/// Where files go that a viewer has.
const SENT: &str = "Sent";

/// Endings of names that programs give to files which they have not finished.
const UNFINISHED: [&str; 5] = [".part", ".crdownload", ".download", ".tmp", "~"];

/// A file that viewers may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name for viewers.
    pub name: FileName,
    /// Its size in bytes when it was offered.
    pub size: u64,
    /// Its name in the folder.
    place: OsString,
}

/// The folder of files for viewers.
pub struct Outbox {
    path: PathBuf,
    folder: OwnedFd,
    sent: OwnedFd,
    offers: Mutex<Offers>,
    /// Counts changes of the offers.
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Offers {
    last: u64,
    files: BTreeMap<u64, Offer>,
}

impl Outbox {
    /// The folder there, made unless it exists. What is in it is offered.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let sent = Folder::new(path.join(SENT)).open()?;
        Ok(Self {
            path: path.to_owned(),
            folder: Folder::new(path.to_owned()).open()?,
            sent,
            offers: Mutex::default(),
            changed: watch::Sender::new(0),
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is offered now, by number.
    #[must_use]
    pub fn offers(&self) -> BTreeMap<u64, Offer> {
        self.lock().files.clone()
    }

    /// Tells when the offers change. What there is now counts as a change.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<u64> {
        let mut changes = self.changed.subscribe();
        changes.mark_changed();
        changes
    }

    /// Opens the file with this number; `None` if it is not offered any more. A disk that is slow
    /// keeps nobody else waiting.
    pub async fn open(self: &Arc<Self>, number: u64) -> Option<Source> {
        let outbox = Arc::clone(self);
        let opened = blocking(move || outbox.open_now(number)).await;
        opened.ok().flatten()
    }

    fn open_now(&self, number: u64) -> Option<Source> {
        let offer = self.lock().files.get(&number)?.clone();
        let opened = Source::open_in(&self.folder, &offer.place);
        opened
            .inspect_err(|error| debug!(name = %offer.name, %error, "a file cannot be opened"))
            .ok()
    }

    /// A viewer has the file: it need not be offered to another. It is put away even if nobody waits
    /// for that.
    pub async fn sent(self: &Arc<Self>, number: u64) {
        let Some(offer) = self.lock().files.remove(&number) else {
            return;
        };
        self.changed.send_modify(|changes| *changes += 1);
        let outbox = Arc::clone(self);
        let moving = blocking(move || {
            if let Err(error) = outbox.put_away(&offer) {
                let name = &offer.name;
                warn!(%name, %error, "a file that was sent stays in the Outbox: it cannot be moved");
            }
        });
        // It fails only at the end of the process: then the file is offered again by the next one.
        let _ = moving.await;
    }

    fn put_away(&self, offer: &Offer) -> Result<(), Errno> {
        let flags = RenameFlags::NOREPLACE;
        let mut moved = Err(Errno::EXIST);
        for number in 0..u32::from(u16::MAX) {
            let name = offer.name.numbered(number);
            let target = name.as_str();
            moved =
                rustix::fs::renameat_with(&self.folder, &offer.place, &self.sent, target, flags);
            if moved != Err(Errno::EXIST) {
                break;
            }
        }
        moved
    }

    /// A file of this name is there, complete: it is offered, in place of an earlier one.
    pub(super) fn appeared(&self, place: &OsStr) {
        self.vanished(place);
        if is_unfinished(place) {
            return;
        }
        // Browsers first make an empty file, to keep its name for themselves.
        let source = match Source::open_in(&self.folder, place) {
            Ok(source) if source.size() > 0 => source,
            Ok(_) => return,
            Err(error) => {
                debug!(?place, %error, "not a file for viewers");
                return;
            }
        };
        let mut offers = self.lock();
        if offers.files.len() >= MAX_OFFERED_FILES {
            warn!(
                ?place,
                "too many files in the Outbox: viewers do not learn of this one"
            );
            return;
        }
        let (name, size) = (source.name().clone(), source.size());
        info!(%name, size, "a file for viewers");
        offers.last += 1;
        let number = offers.last;
        let place = place.to_owned();
        offers.files.insert(number, Offer { name, size, place });
        drop(offers);
        self.changed.send_modify(|changes| *changes += 1);
    }

    /// The file of this name is gone.
    pub(super) fn vanished(&self, place: &OsStr) {
        let mut offers = self.lock();
        let before = offers.files.len();
        offers.files.retain(|_, offer| offer.place != place);
        let is_new = offers.files.len() != before;
        drop(offers);
        if is_new {
            self.changed.send_modify(|changes| *changes += 1);
        }
    }

    /// Looks at everything that is there.
    pub(super) fn look(&self) -> io::Result<()> {
        for item in std::fs::read_dir(&self.path)? {
            let item = item?;
            if item.file_type()?.is_file() {
                self.appeared(&item.file_name());
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Offers> {
        // Consistent whatever panicked: each change is one step.
        self.offers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the name tells that the file is not to be seen, or not yet.
fn is_unfinished(place: &OsStr) -> bool {
    let name = place.as_bytes();
    let mut endings = UNFINISHED.iter();
    name.starts_with(b".") || endings.any(|ending| name.ends_with(ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;

    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn outbox() -> (tempfile::TempDir, Arc<Outbox>) {
        let folder = tempfile::tempdir().unwrap();
        let outbox = Outbox::at(&folder.path().join("Outbox")).unwrap();
        (folder, Arc::new(outbox))
    }

    /// A runtime with one thread for the network and one for disks.
    fn runtime() -> Runtime {
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(1).build().unwrap()
    }

    fn names(outbox: &Outbox) -> Vec<String> {
        let offers = outbox.offers();
        offers
            .values()
            .map(|o| o.name.as_str().to_owned())
            .collect()
    }

    #[test]
    fn finished_files_are_offered_and_moved_when_they_were_sent() {
        let (_folder, outbox) = outbox();
        let write = |name: &str| std::fs::write(outbox.path().join(name), name).unwrap();
        for name in ["b.pdf", "b.pdf.part", ".hidden", "c~", "-x"] {
            write(name);
        }
        write("Sent/b.pdf");
        std::fs::write(outbox.path().join("empty"), "").unwrap();
        std::os::unix::fs::symlink("b.pdf", outbox.path().join("link")).unwrap();
        outbox.look().unwrap();
        let mut offered = names(&outbox);
        offered.sort();
        assert_eq!(offered, ["_-x", "b.pdf"]);
        let offers = outbox.offers();
        let (&number, _) = offers
            .iter()
            .find(|(_, o)| o.name.as_str() == "b.pdf")
            .unwrap();
        runtime().block_on(async {
            assert_eq!(outbox.open(number).await.unwrap().size(), 5);
            outbox.sent(number).await;
            assert!(outbox.open(number).await.is_none());
        });
        assert_eq!(names(&outbox), ["_-x"]);
        assert!(outbox.path().join("Sent/b (1).pdf").exists());
        assert!(!outbox.path().join("b.pdf").exists());
    }

    #[test]
    fn a_file_that_is_written_again_is_another() {
        let (_folder, outbox) = outbox();
        let path = outbox.path().join("a");
        std::fs::write(&path, "one").unwrap();
        outbox.appeared(OsStr::new("a"));
        std::fs::write(&path, "three").unwrap();
        outbox.appeared(OsStr::new("a"));
        let offers: Vec<_> = outbox.offers().into_iter().collect();
        assert_eq!((offers.len(), offers[0].0, offers[0].1.size), (1, 2, 5));
        outbox.vanished(OsStr::new("a"));
        assert!(outbox.offers().is_empty());
    }
    #[test]
    fn a_slow_disk_does_not_stop_the_network() {
        let (_folder, outbox) = outbox();
        std::fs::write(outbox.path().join("a"), "one").unwrap();
        outbox.appeared(OsStr::new("a"));
        runtime().block_on(async {
            // The only thread for disks waits for one.
            let (disk, slow) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || slow.recv());
            let mut opening = pin!(outbox.open(1));
            tokio::select! {
                biased;
                _ = &mut opening => panic!("opened on the network's thread"),
                () = std::future::ready(()) => {}
            }
            drop(disk);
            assert!(opening.await.is_some());
            assert!(busy.await.unwrap().is_err());
            let (disk, slow) = mpsc::channel::<()>();
            let busy = tokio::task::spawn_blocking(move || slow.recv());
            let mut moving = Box::pin(outbox.sent(1));
            tokio::select! {
                biased;
                () = &mut moving => panic!("moved on the network's thread"),
                () = std::future::ready(()) => {}
            }
            assert!(names(&outbox).is_empty(), "it is offered to nobody else");
            // The viewer leaves meanwhile.
            drop(moving);
            drop(disk);
            assert!(busy.await.unwrap().is_err());
            tokio::task::spawn_blocking(|| ()).await.unwrap();
        });
        assert!(outbox.path().join("Sent/a").exists());
    }
}
