//! What wakes the keeper, and waiting for it.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGTERM};

/// Signals as something that can be waited for.
pub(super) struct Signals {
    child_ended: UnixStream,
    told_to_end: UnixStream,
}

/// Why a wait was over. All may be false: the time was up, or nothing at all happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Woken {
    pub(super) by_child: bool,
    pub(super) by_order: bool,
}

impl Signals {
    /// From now on, signals wait to be looked at.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn register() -> io::Result<Self> {
        let (child_ended, writer) = pair()?;
        signal_hook::low_level::pipe::register(SIGCHLD, writer)?;
        let (told_to_end, writer) = pair()?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(Self {
            child_ended,
            told_to_end,
        })
    }

    /// Waits for a signal, for something to read from one of `outputs`, or for the time.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn wait<F: AsFd>(&self, outputs: &[F], until: Option<Instant>) -> io::Result<Woken> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        let watch = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let mut sources = vec![
            watch(self.child_ended.as_fd()),
            watch(self.told_to_end.as_fd()),
        ];
        sources.extend(outputs.iter().map(|output| watch(output.as_fd())));
        match poll(&mut sources, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let happened = |index: usize| !sources[index].revents().is_empty();
        let (by_child, by_order) = (happened(0), happened(1));
        Ok(Woken {
            by_child: by_child && emptied(&self.child_ended),
            by_order: by_order && emptied(&self.told_to_end),
        })
    }
}

/// How many signals it holds says nothing.
fn emptied(mut signals: &UnixStream) -> bool {
    let mut is_some = false;
    while signals.read(&mut [0; 64]).is_ok_and(|count| count > 0) {
        is_some = true;
    }
    is_some
}

/// A stream on which a signal handler writes and its reader, neither of which blocks.
fn pair() -> io::Result<(UnixStream, UnixStream)> {
    let (reader, writer) = UnixStream::pair()?;
    reader.set_nonblocking(true)?;
    Ok((reader, writer))
}
