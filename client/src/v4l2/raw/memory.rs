//! A plane of a buffer in the memory of the process.

use std::ffi::c_void;
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A plane that the device reads and writes as well, whenever it has the buffer.
pub(super) struct Mapping {
    start: NonNull<u8>,
    /// INVARIANT: `start` is valid for reads and writes of this many bytes until the drop.
    len: usize,
}

// SAFETY: the memory is not tied to a thread, and Rust's rules for references hold for it.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps `len` bytes, more than none, of a device.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn new(device: BorrowedFd<'_>, offset: u32, len: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let offset = u64::from(offset);
        // SAFETY: the kernel chooses the address, so no memory in use is replaced.
        let start: *mut c_void = unsafe {
            mmap(
                ptr::null_mut(),
                len,
                access,
                MapFlags::SHARED,
                device,
                offset,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { start, len })
    }

    /// The bytes.
    ///
    /// # Safety
    /// The device must not have the buffer for as long as the bytes are borrowed.
    pub(super) const unsafe fn bytes(&self) -> &[u8] {
        // SAFETY: the invariant of `len`; that nobody writes is the caller's word.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// The bytes, to write.
    ///
    /// # Safety
    /// As [`bytes`](Self::bytes).
    pub(super) const unsafe fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; the exclusive reference to `self` makes this one exclusive.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: start and length are those of one mapping, which nothing refers to any more.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len) };
        debug_assert!(unmapped.is_ok());
    }
}
