//! A picture in memory that an X server reads and writes directly (MIT-SHM), as video players send
//! theirs.

use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Result, ensure};
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use super::raw::{Access, Mapping};

/// 32-bit pixels, rows without gaps.
#[derive(Debug)]
pub(crate) struct SharedPicture {
    mapping: Mapping,
    width: u32,
    height: u32,
}

impl SharedPicture {
    /// A black picture, and the file descriptor to give to the X server.
    pub(crate) fn new(width: u32, height: u32) -> Result<(Self, OwnedFd)> {
        let bytes = width as usize * height as usize * 4;
        ensure!(bytes > 0, "an empty picture cannot be shared");
        let file = memfd_create("hackstream-bench-picture", MemfdFlags::CLOEXEC)?;
        ftruncate(&file, bytes as u64)?;
        let mapping = Mapping::new(file.as_fd(), bytes, Access::ReadWrite)?;
        Ok((
            Self {
                mapping,
                width,
                height,
            },
            file,
        ))
    }

    pub(crate) const fn width(&self) -> u32 {
        self.width
    }

    pub(crate) const fn height(&self) -> u32 {
        self.height
    }

    /// Copies the pixels from `first` on, counted by rows, after the X server wrote them; false
    /// beyond the end.
    pub(crate) fn read(&self, first: usize, pixels: &mut [u8]) -> bool {
        self.mapping.read(first * 4, pixels)
    }

    /// Writes pixels (little-endian 0x00RRGGBB bytes) from (x, y) to the right; what would leave
    /// the picture is ignored as a whole.
    pub(crate) fn write(&mut self, x: u32, y: u32, pixels: &[u8]) {
        if y < self.height && x as usize * 4 + pixels.len() <= self.width as usize * 4 {
            let offset = (y as usize * self.width as usize + x as usize) * 4;
            self.mapping.write(offset, pixels);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_stay_inside_their_row() {
        let (mut picture, _file) = SharedPicture::new(4, 2).unwrap();
        picture.write(2, 0, &[0x11; 8]);
        picture.write(3, 1, &[0x22; 8]);
        assert_eq!(picture.mapping.read_u32(8), Some(0x1111_1111));
        assert_eq!(picture.mapping.read_u32(12), Some(0x1111_1111));
        assert_eq!(picture.mapping.read_u32(28), Some(0));
    }
}
