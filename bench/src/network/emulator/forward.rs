//! The thread that moves the packets.

use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::setpriority_process;
use rustix::thread::set_current_timer_slack;

use super::conditions::Conditions;
use super::direction::Direction;
use super::tally::{Losses, Tally};
use super::tun::{MTU, Tun};
use crate::clock::Instant;

/// Packets taken from a device before those that are due are looked at again.
const BATCH: usize = 64;
/// What is measured may keep all cores busy; the network's clock has to go on.
const NICENESS: i32 = -20;

/// A running link. It ends when dropped, and its devices with it.
#[derive(Debug)]
pub(crate) struct Emulator {
    /// Closed to end the thread.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<Result<()>>>,
    down: Arc<Tally>,
    up: Arc<Tally>,
}

impl Emulator {
    /// Starts to forward between two devices that are up.
    pub(crate) fn start(
        server: Tun,
        client: Tun,
        conditions: &Conditions,
        seed: u64,
    ) -> Result<Self> {
        let (stop, stopped) = UnixStream::pair()?;
        let forwarder = Forwarder {
            server,
            client,
            down: Direction::new(conditions.down, seed),
            // Another stream of random numbers than down's.
            up: Direction::new(conditions.up, !seed),
            stopped,
        };
        let (down, up) = (forwarder.down.tally(), forwarder.up.tally());
        let thread = std::thread::Builder::new()
            .name("link".to_owned())
            .spawn(move || forwarder.run())
            .context("cannot start the link's thread")?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
            down,
            up,
        })
    }

    /// What became of the packets since this was last asked.
    pub(crate) fn take_losses(&self) -> Losses {
        Losses {
            down: self.down.take(),
            up: self.up.take(),
        }
    }

    /// Fails when the link is broken.
    pub(crate) fn check_alive(&mut self) -> Result<()> {
        match self.thread.take_if(|thread| thread.is_finished()) {
            None => Ok(()),
            Some(thread) => match thread.join() {
                Ok(Err(error)) => Err(error.context("the emulated link broke")),
                Ok(Ok(())) | Err(_) => bail!("the emulated link ended unexpectedly"),
            },
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else {
            return;
        };
        match thread.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the emulated link broke: {error:#}"),
            Err(_) => eprintln!("the emulated link's thread panicked"),
        }
    }
}

/// What a wake-up is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wake {
    server_sends: bool,
    client_sends: bool,
    stopped: bool,
}

struct Forwarder {
    server: Tun,
    client: Tun,
    down: Direction,
    up: Direction,
    stopped: UnixStream,
}

impl Forwarder {
    fn run(mut self) -> Result<()> {
        be_punctual();
        let mut buffer = [0; MTU];
        loop {
            let now = Instant::now();
            deliver(&mut self.down, &self.client, now, &mut buffer)?;
            deliver(&mut self.up, &self.server, now, &mut buffer)?;
            let wake = self.wait(now)?;
            if wake.stopped {
                return Ok(());
            }
            let now = Instant::now();
            if wake.server_sends {
                accept(&self.server, &mut self.down, now, &mut buffer)?;
            }
            if wake.client_sends {
                accept(&self.client, &mut self.up, now, &mut buffer)?;
            }
        }
    }

    /// Until a packet comes in, one has arrived, or the end.
    fn wait(&self, now: Instant) -> Result<Wake> {
        let arrivals = [self.down.next_arrival(), self.up.next_arrival()];
        let next = arrivals.into_iter().flatten().min();
        let timeout = next
            .map(|next| Timespec::try_from(next.since(now)))
            .transpose()?;
        let mut files = [
            PollFd::from_borrowed_fd(self.server.file(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.client.file(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.stopped.as_fd(), PollFlags::IN),
        ];
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error).context("cannot wait for packets"),
        }
        let [server_sends, client_sends, stopped] =
            [0, 1, 2].map(|file| !files[file].revents().is_empty());
        Ok(Wake {
            server_sends,
            client_sends,
            stopped,
        })
    }
}

/// Timers to the nanosecond instead of 50 µs late, and a processor when one ends. Without the right
/// to the latter the link is still right on a machine that is not busy.
fn be_punctual() {
    let _ = set_current_timer_slack(NonZeroU64::new(1));
    // On Linux that is the calling thread alone.
    let _ = setpriority_process(None, NICENESS);
}

fn accept(from: &Tun, direction: &mut Direction, now: Instant, buffer: &mut [u8]) -> Result<()> {
    for _ in 0..BATCH {
        let Some(packet) = from.receive(buffer)? else {
            break;
        };
        direction.offer(now, packet);
    }
    Ok(())
}

fn deliver(direction: &mut Direction, to: &Tun, now: Instant, buffer: &mut [u8]) -> Result<()> {
    while let Some(packet) = direction.take_due(now, buffer) {
        to.send(packet)?;
    }
    Ok(())
}
