//! Memory that another process writes while we read it. The only unsafe code of this crate.
//!
//! Such memory is never a slice: the compiler may assume that a slice's contents stay the same.
//! It can only be copied out, and the copy may mix old and new pixels.

use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::ptr::{self, NonNull};

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The bytes of a file, shared with whoever writes it.
pub(super) struct Mapping {
    start: NonNull<c_void>,
    /// INVARIANT: `start` is valid for reads of this many bytes until the drop.
    len: usize,
}

// SAFETY: the memory is not tied to a thread and is only read.
unsafe impl Send for Mapping {}
// SAFETY: all access through a shared reference is a read by copying.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of `file`, which must not become shorter while the mapping
    /// lives: reading a page that the file no longer has kills the process.
    pub(super) fn of_file(file: &File, len: usize) -> io::Result<Self> {
        let flags = MapFlags::SHARED | MapFlags::POPULATE;
        // SAFETY: the kernel chooses the address, so no memory in use is replaced.
        let start = unsafe {
            mmap(
                ptr::null_mut(),
                len,
                ProtFlags::READ,
                flags,
                file.as_fd(),
                0,
            )
        }?;
        let start = NonNull::new(start).ok_or(io::ErrorKind::AddrNotAvailable)?;
        Ok(Self { start, len })
    }

    /// Copies words from byte `offset` into `out`; words past the end are left as they are.
    #[inline]
    pub(super) fn copy_words(&self, offset: usize, out: &mut [u32]) {
        let words = out.len().min(self.len.saturating_sub(offset) / 4);
        if words == 0 {
            return;
        }
        // SAFETY: `offset` is below `len` because at least one word follows it.
        let from = unsafe { self.start.as_ptr().cast::<u8>().add(offset) };
        // SAFETY: `from` is readable for `words * 4` bytes and `out` writable for as many, every
        // bit pattern is a u32, and our own memory never overlaps a fresh mapping.
        unsafe { ptr::copy_nonoverlapping(from, out.as_mut_ptr().cast::<u8>(), words * 4) };
    }

    /// Copies `N` words from byte `offset`; `None` if the mapping ends before. Small arrays stay in
    /// registers.
    #[inline]
    pub(super) fn words<const N: usize>(&self, offset: usize) -> Option<[u32; N]> {
        if self.len.checked_sub(offset)? / 4 < N {
            return None;
        }
        let mut out = [0; N];
        // SAFETY: `offset` is at most `len`.
        let from = unsafe { self.start.as_ptr().cast::<u8>().add(offset) };
        // SAFETY: `from` is readable for `N * 4` bytes, `out` writable for as many, every bit
        // pattern is a u32, and our own memory never overlaps a fresh mapping.
        unsafe { ptr::copy_nonoverlapping(from, out.as_mut_ptr().cast::<u8>(), N * 4) };
        Some(out)
    }

    /// Copies bytes from the start into `out`; `false` if the mapping is shorter.
    pub(super) fn copy_head(&self, out: &mut [u8]) -> bool {
        if out.len() > self.len {
            return false;
        }
        let from = self.start.as_ptr().cast::<u8>();
        // SAFETY: `from` is readable for `len` bytes, of which `out` takes at most all.
        unsafe { ptr::copy_nonoverlapping(from, out.as_mut_ptr(), out.len()) };
        true
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `start` and `len` are those of one mapping, which nothing refers to any more.
        let unmapped = unsafe { munmap(self.start.as_ptr(), self.len) };
        debug_assert!(unmapped.is_ok());
    }
}
