//! Pixels in a file that another process may read.

use std::ffi::c_void;
use std::io;
use std::os::fd::OwnedFd;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags, fallocate, fcntl_add_seals, memfd_create};
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
    /// Makes a file without a name for `len` pixels, all 0, that others can be given to read.
    ///
    /// The file is sealed: it keeps its length, for reading a page that a file no longer has kills
    /// the process, and nobody but this mapping can ever write it. The reads of other processes are
    /// no concern of this one's compiler.
    ///
    /// # Errors
    /// What the system said. Kernels before 5.1 have no such seal.
    pub(super) fn with_file(len: usize) -> io::Result<(Self, OwnedFd)> {
        let bytes = len.checked_mul(4).ok_or(io::ErrorKind::OutOfMemory)?;
        let sealable = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let file = memfd_create("hackstream-picture", sealable)?;
        // Reserved at once: touching a page that there is no memory for would end the process.
        fallocate(&file, FallocateFlags::empty(), 0, bytes as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the kernel chooses the address, so no memory in use is replaced.
        let start: *mut c_void = unsafe { mmap(ptr::null_mut(), bytes, access, flags, &file, 0) }?;
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::AddrNotAvailable)?;
        // From here on dropping it unmaps the memory.
        let mapping = Self { start, len };
        fcntl_add_seals(&file, SealFlags::FUTURE_WRITE | SealFlags::SEAL)?;
        Ok((mapping, file))
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
