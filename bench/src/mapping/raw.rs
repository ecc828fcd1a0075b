//! Mapped memory that another process reads or writes.

use std::ffi::c_void;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// What we may do with mapped memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    ReadWrite,
}

/// A shared mapping of the start of a file. Never handed out as a slice: others write to it.
#[derive(Debug)]
pub(super) struct Mapping {
    start: NonNull<u8>,
    length: usize,
    access: Access,
}

impl Mapping {
    /// Maps `length` bytes, which the file must have; `length` must not be 0.
    pub(super) fn new(
        file: BorrowedFd<'_>,
        length: usize,
        access: Access,
    ) -> Result<Self, rustix::io::Errno> {
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::ReadWrite => ProtFlags::READ | ProtFlags::WRITE,
        };
        // SAFETY: a fresh mapping at an address of the kernel's choice overlaps nothing.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                length,
                protection,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let start = NonNull::new(start.cast()).ok_or(rustix::io::Errno::NOMEM)?;
        Ok(Self {
            start,
            length,
            access,
        })
    }

    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// The 4 bytes at `offset` as the machine's u32; `None` outside the mapping or unaligned.
    pub(super) fn read_u32(&self, offset: usize) -> Option<u32> {
        if offset % 4 != 0 || offset.checked_add(4)? > self.length {
            return None;
        }
        // SAFETY: offset + 4 <= length, checked above.
        let address = unsafe { self.start.as_ptr().add(offset) }.cast::<u32>();
        // SAFETY: in bounds; aligned, as mmap aligns to a page and offset to 4. Volatile, because
        // the X server writes at any time; a torn value is only a wrong colour.
        Some(unsafe { address.read_volatile() })
    }

    /// Copies what is at `offset` to `target`; false when it is not all inside. The writer on the
    /// other side must be known to be still, else the bytes may be of different moments.
    pub(super) fn read(&self, offset: usize, target: &mut [u8]) -> bool {
        let fits = offset
            .checked_add(target.len())
            .is_some_and(|end| end <= self.length);
        if !fits {
            return false;
        }
        // SAFETY: offset + target.len() <= length, checked above.
        let source = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: the source is in bounds and readable; `target` is exclusively ours, so they
        // cannot overlap.
        unsafe { std::ptr::copy_nonoverlapping(source, target.as_mut_ptr(), target.len()) };
        true
    }

    /// Copies `bytes` to `offset`; false when they do not fit or the mapping is read-only.
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) -> bool {
        let fits = offset
            .checked_add(bytes.len())
            .is_some_and(|end| end <= self.length);
        if !fits || self.access == Access::Read {
            return false;
        }
        // SAFETY: offset + bytes.len() <= length, checked above.
        let target = unsafe { self.start.as_ptr().add(offset) };
        // SAFETY: the target is in bounds and writable, and no Rust reference to it exists, so it
        // cannot overlap `bytes`.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, bytes.len()) };
        true
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let start = self.start.as_ptr().cast::<c_void>();
        // SAFETY: start and length are those of our own mmap; nothing refers to it any more.
        let unmapped = unsafe { munmap(start, self.length) };
        debug_assert!(unmapped.is_ok());
    }
}
