//! Wakes the thread that waits for a display.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

/// A counter in the kernel: not 0 once somebody poked.
#[derive(Clone)]
pub(super) struct Poke(Arc<OwnedFd>);

impl Poke {
    pub(super) fn new() -> io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Self(Arc::new(eventfd(0, flags)?)))
    }

    /// Wakes the thread, now or when it next wants to wait.
    pub(super) fn poke(&self) {
        // Fails only if it was poked 2^64 times.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    /// Waits until somebody pokes, `other` has something to read, or until `deadline`.
    pub(super) fn wait(&self, other: BorrowedFd<'_>, deadline: Option<Instant>) -> io::Result<()> {
        let mut ready = [
            PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(other, PollFlags::IN),
        ];
        let left = deadline.map(|at| {
            // Rounded up, so that the deadline has passed when the wait is over.
            timespec(at.saturating_duration_since(Instant::now()) + Duration::from_millis(1))
        });
        match poll(&mut ready, left.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Nothing to read if it was not poked.
        let _ = rustix::io::read(&self.0, &mut [0; 8]);
        Ok(())
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: time.as_secs() as i64,
        tv_nsec: time.subsec_nanos().into(),
    }
}
