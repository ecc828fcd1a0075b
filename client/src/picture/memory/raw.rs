//! Pixels in a file that another process may read.

use std::ffi::c_void;
use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The pixels of a file, which nobody else writes.
pub(super) struct Mapping {
    start: NonNull<u32>,
    /// INVARIANT: `start` is valid for reads and writes of this many pixels until the drop, and
    /// only this mapping writes them.
    len: usize,
}

// SAFETY: the memory is not tied to a thread, and Rust's rules for references hold for it.
unsafe impl Send for Mapping {}
// SAFETY: a shared reference only reads.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` pixels of `file`, which is sealed against becoming shorter (reading a
    /// page that a file no longer has kills the process) and which nobody else writes: the reads
    /// of other processes are no concern of this one's compiler.
    pub(super) fn of_file(file: BorrowedFd<'_>, len: usize) -> io::Result<Self> {
        let bytes = len.checked_mul(4).ok_or(io::ErrorKind::OutOfMemory)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the kernel chooses the address, so no memory in use is replaced.
        let start: *mut c_void = unsafe { mmap(ptr::null_mut(), bytes, access, flags, file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { start, len })
    }

    /// The pixels.
    #[inline]
    pub(super) const fn pixels(&self) -> &[u32] {
        // SAFETY: see the invariant; every bit pattern is a u32, and pages are aligned for it.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }

    /// The pixels, to write.
    #[inline]
    pub(super) const fn pixels_mut(&mut self) -> &mut [u32] {
        // SAFETY: as above; the exclusive reference to `self` makes this one exclusive.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: start and length are those of one mapping, which nothing refers to any more.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.len * 4) };
        debug_assert!(unmapped.is_ok());
    }
}
