//! Whether a file is what was announced.

use crate::wire::files::FileRefusal;

/// A file that is arriving.
#[derive(Clone, Copy, Debug)]
pub struct Receipt {
    size: u64,
    taken: u64,
}

impl Receipt {
    /// A file of `size` bytes was announced, and files of up to `largest` bytes are taken.
    ///
    /// # Errors
    /// [`FileRefusal::TooLarge`].
    pub const fn begin(size: u64, largest: u64) -> Result<Self, FileRefusal> {
        if size > largest {
            return Err(FileRefusal::TooLarge);
        }
        Ok(Self { size, taken: 0 })
    }

    /// The next piece came; bytes so far.
    ///
    /// # Errors
    /// [`FileRefusal::WrongSize`] if that is more than was announced.
    pub const fn take(&mut self, piece: &[u8]) -> Result<u64, FileRefusal> {
        let length = piece.len() as u64;
        if length > self.size - self.taken {
            return Err(FileRefusal::WrongSize);
        }
        self.taken += length;
        Ok(self.taken)
    }

    /// The file is said to be complete.
    ///
    /// # Errors
    /// [`FileRefusal::WrongSize`] if that is less than was announced.
    pub const fn finish(self) -> Result<(), FileRefusal> {
        if self.taken < self.size {
            return Err(FileRefusal::WrongSize);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_the_size_that_was_announced() {
        assert!(matches!(Receipt::begin(11, 10), Err(FileRefusal::TooLarge)));
        let mut receipt = Receipt::begin(10, 10).unwrap();
        assert_eq!(receipt.take(&[0; 6]), Ok(6));
        assert_eq!(receipt.finish(), Err(FileRefusal::WrongSize));
        assert_eq!(receipt.take(&[0; 5]), Err(FileRefusal::WrongSize));
        assert_eq!(receipt.take(&[0; 4]), Ok(10));
        assert_eq!(receipt.finish(), Ok(()));
        assert_eq!(Receipt::begin(0, 0).unwrap().finish(), Ok(()));
    }
}
