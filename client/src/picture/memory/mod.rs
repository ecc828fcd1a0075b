//! Where the picture lives: in memory that the display can read as well, so that presenting copies
//! nothing and the pixels exist once.

mod raw;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use hackstream_codec::PixelMemory;
use raw::Mapping;

/// The picture's pixels.
pub(crate) struct PictureMemory(Pixels);

enum Pixels {
    /// In a file without a name, which others can be given to read.
    Shared {
        mapping: Mapping,
        file: Arc<OwnedFd>,
    },
    /// In memory of the process alone, where the system has no such files.
    Private(Vec<u32>),
}

impl PictureMemory {
    /// Memory for no pixels.
    pub(crate) const fn empty() -> Self {
        Self(Pixels::Private(Vec::new()))
    }

    /// The file with the pixels, row by row from its beginning; another one for each size of the
    /// picture. `None` if the memory cannot be shared.
    pub(crate) const fn file(&self) -> Option<&Arc<OwnedFd>> {
        match &self.0 {
            Pixels::Shared { file, .. } => Some(file),
            Pixels::Private(_) => None,
        }
    }
}

impl Pixels {
    fn shared(len: usize) -> io::Result<Self> {
        let (mapping, file) = Mapping::with_file(len)?;
        let file = Arc::new(file);
        Ok(Self::Shared { mapping, file })
    }
}

impl PixelMemory for PictureMemory {
    fn renew(&mut self, len: usize) {
        *self = Self::empty();
        if len > 0 {
            let pixels = Pixels::shared(len);
            self.0 = pixels.unwrap_or_else(|_| Pixels::Private(vec![0; len]));
        }
    }
}

impl AsRef<[u32]> for PictureMemory {
    #[inline]
    fn as_ref(&self) -> &[u32] {
        match &self.0 {
            Pixels::Shared { mapping, .. } => mapping.pixels(),
            Pixels::Private(pixels) => pixels,
        }
    }
}

impl AsMut<[u32]> for PictureMemory {
    #[inline]
    fn as_mut(&mut self) -> &mut [u32] {
        match &mut self.0 {
            Pixels::Shared { mapping, .. } => mapping.pixels_mut(),
            Pixels::Private(pixels) => pixels,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;

    use super::*;

    #[test]
    fn others_read_what_is_painted_and_cannot_change_it() {
        let mut memory = PictureMemory::empty();
        memory.renew(3000);
        assert!(memory.as_ref().iter().all(|&pixel| pixel == 0));
        memory.as_mut()[2999] = 0x0012_3456;
        let file = memory.file().expect("memory to share");
        let file = File::from(file.try_clone().expect("a copy"));
        let mut bytes = [0; 4];
        file.read_exact_at(&mut bytes, 2999 * 4).expect("read");
        assert_eq!(u32::from_ne_bytes(bytes), 0x0012_3456);
        assert!(file.set_len(0).is_err(), "sealed");
        assert!(file.write_at(&[1], 0).is_err(), "only the viewer writes");
    }

    #[test]
    fn each_size_has_a_file_of_its_own() {
        let mut memory = PictureMemory::empty();
        assert!(memory.file().is_none());
        memory.renew(10);
        let first = Arc::clone(memory.file().expect("memory to share"));
        memory.renew(20);
        let second = memory.file().expect("memory to share");
        assert!(!Arc::ptr_eq(&first, second));
        assert_eq!(memory.as_ref().len(), 20);
        memory.renew(0);
        assert!(memory.as_ref().is_empty());
    }
}
