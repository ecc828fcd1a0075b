//! Taking over a descriptor by its number.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

/// The descriptor with this number, 3 or higher, if there is one.
pub(super) fn take(number: u16) -> io::Result<OwnedFd> {
    let number = RawFd::from(number);
    let exists = std::fs::symlink_metadata(format!("/proc/self/fd/{number}"));
    exists.map_err(|_| io::Error::from(rustix::io::Errno::BADF))?;
    // SAFETY: It exists. Whoever started us says on the command line that it is ours, and this is asked
    // once for each number, before anything else opens descriptors and could have been given it.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}
