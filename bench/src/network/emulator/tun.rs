//! A network device whose other side is a file of this process.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use anyhow::{Context, Result};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, read, write};

use super::raw;

/// The longest packet in bytes, IP header included; the kernel's choice for such devices.
pub(super) const MTU: usize = 1500;
const DEVICE_FILE: &str = "/dev/net/tun";

/// A TUN device. It lives as long as this, in whatever namespace it is moved to.
#[derive(Debug)]
pub(crate) struct Tun {
    file: OwnedFd,
    name: String,
}

impl Tun {
    /// Creates it in the network namespace of the calling thread.
    pub(crate) fn create() -> Result<Self> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = open(DEVICE_FILE, flags, Mode::empty()).with_context(|| {
            format!("cannot open {DEVICE_FILE}, which every link but lan needs (module tun)")
        })?;
        let name = raw::create_device(file.as_fd(), "hsbench%d")
            .context("cannot create a TUN device: the bench must run as root")?;
        Ok(Self { file, name })
    }

    /// Its name where it was created.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// For polling.
    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Takes the next packet that the kernel sends; `None` when there is none.
    pub(super) fn receive<'a>(&self, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>> {
        loop {
            match read(&self.file, &mut *buffer) {
                Ok(length) => return Ok(buffer.get(..length)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error).context("cannot read from a TUN device"),
            }
        }
    }

    /// Hands a packet to the kernel, which loses it when it is short of memory, as a card does.
    pub(super) fn send(&self, packet: &[u8]) -> Result<()> {
        loop {
            match write(&self.file, packet) {
                Ok(_) | Err(Errno::AGAIN | Errno::NOBUFS | Errno::NOMEM) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).context("cannot write to a TUN device"),
            }
        }
    }
}
