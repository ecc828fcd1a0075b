//! Watching over the folder of files for viewers. Nothing is done while nothing happens there.

use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::{Arc, Weak};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tracing::warn;

use super::Outbox;

/// Room for a few dozen events.
const BUFFER: usize = 4096;

/// Offers what is in the folder, and from now on what comes.
pub(super) fn start(outbox: &Arc<Outbox>) -> io::Result<()> {
    let watch = inotify::init(CreateFlags::CLOEXEC)?;
    let events = WatchFlags::CLOSE_WRITE
        | WatchFlags::MOVED_TO
        | WatchFlags::MOVED_FROM
        | WatchFlags::DELETE
        | WatchFlags::ONLYDIR;
    inotify::add_watch(&watch, outbox.path(), events)?;
    // After the watch began, so that nothing is missed in between.
    outbox.look()?;
    let outbox = Arc::downgrade(outbox);
    std::thread::Builder::new()
        .name("outbox".to_owned())
        .spawn(move || {
            if let Err(error) = run(&watch, &outbox) {
                warn!(%error, "files in the Outbox are no longer noticed");
            }
        })?;
    Ok(())
}

fn run(watch: &OwnedFd, outbox: &Weak<Outbox>) -> io::Result<()> {
    let mut buffer = [MaybeUninit::uninit(); BUFFER];
    let mut reader = Reader::new(watch, &mut buffer);
    loop {
        let event = match reader.next() {
            Ok(event) => event,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        let Some(outbox) = outbox.upgrade() else {
            return Ok(());
        };
        let flags = event.events();
        if flags.contains(ReadFlags::QUEUE_OVERFLOW) {
            outbox.look()?;
        } else if flags.contains(ReadFlags::IGNORED) {
            return Err(io::Error::other("the folder was removed"));
        } else if let Some(name) = event.file_name() {
            let name = OsStr::from_bytes(name.to_bytes());
            if flags.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO) {
                outbox.appeared(name);
            } else {
                outbox.vanished(name);
            }
        }
    }
}
