//! The one system call of TUN devices that no safe library offers.

use std::ffi::{c_int, c_short};
use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

const NAME_LENGTH: usize = 16;
/// The kernel copies a whole `struct ifreq`, at most 40 bytes on any architecture.
const PADDING: usize = 40 - NAME_LENGTH - size_of::<c_short>();

/// `_IOW('T', 202, int)`, though its argument is a `struct ifreq`.
const TUNSETIFF: Opcode = opcode::write::<c_int>(b'T', 202);
/// Packets of layer 3, and nothing in front of them.
const IFF_TUN: c_short = 0x0001;
const IFF_NO_PI: c_short = 0x1000;

/// `struct ifreq` of <linux/if.h> with its `ifr_flags`.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; NAME_LENGTH],
    flags: c_short,
    padding: [u8; PADDING],
}

/// Creates a TUN device behind `tun`, an open /dev/net/tun. `%d` in `pattern`, which must be
/// shorter than 16 bytes, becomes a number that makes it unique; the name found is returned.
pub(super) fn create_device(tun: BorrowedFd<'_>, pattern: &str) -> Result<String, Errno> {
    let mut request = InterfaceRequest {
        name: [0; NAME_LENGTH],
        flags: IFF_TUN | IFF_NO_PI,
        padding: [0; PADDING],
    };
    if pattern.len() >= NAME_LENGTH {
        return Err(Errno::NAMETOOLONG);
    }
    request.name[..pattern.len()].copy_from_slice(pattern.as_bytes());
    // SAFETY: the opcode is TUNSETIFF's, and the kernel reads and writes one `struct ifreq`, which
    // is laid out as InterfaceRequest and not larger; any bytes it writes are valid there.
    let update = unsafe { Updater::<TUNSETIFF, _>::new(&mut request) };
    // SAFETY: as above; on a file that is no TUN's, the kernel refuses the opcode.
    unsafe { ioctl(tun, update) }?;
    let name = request.name.split(|byte| *byte == 0).next();
    Ok(String::from_utf8_lossy(name.unwrap_or_default()).into_owned())
}
