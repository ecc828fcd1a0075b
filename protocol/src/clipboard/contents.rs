//! What may pass from one clipboard to another.

use crate::limits::{MAX_CLIPBOARD_BYTES, MAX_CLIPBOARD_IMAGE_PIXELS, MAX_SCREEN_EDGE};
use crate::wire::clipboard::Format;

/// Why contents must not be passed on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentsError {
    /// There are too many of them.
    #[error("more than {MAX_CLIPBOARD_BYTES} bytes")]
    TooLarge,
    /// They do not begin like a PNG file.
    #[error("not a PNG file")]
    NotPng,
    /// Whoever unpacks the picture could run out of memory.
    #[error("a picture of {width} x {height} pixels is too large")]
    TooManyPixels {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

/// Bytes of a PNG file up to and including its size: signature, length and name of the first chunk,
/// width, height.
const PNG_HEAD: usize = 24;

const PNG_START: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR";

const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

/// Lets contents through piece by piece, unless they could harm the program that they are pasted
/// into. Of text each invalid byte sequence becomes U+FFFD, and no piece ends within a character.
#[derive(Debug)]
pub struct Guard {
    format: Format,
    /// Bytes let through.
    passed: usize,
    /// Held back: the start of a character, or of a PNG file.
    held: Vec<u8>,
}

impl Guard {
    /// A guard at the start of contents in `format`.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self {
            format,
            passed: 0,
            held: Vec::new(),
        }
    }

    /// The next piece, as it may be passed on.
    ///
    /// # Errors
    /// [`ContentsError`] if nothing more may pass.
    pub fn pass(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, ContentsError> {
        let passed = match self.format {
            Format::Text | Format::Html => self.repair(piece),
            Format::Png if self.passed == 0 => self.hold_head(piece)?,
            Format::Png => piece,
        };
        self.count(passed)
    }

    /// What was held back, at the end of the contents.
    ///
    /// # Errors
    /// [`ContentsError`] if what passed was too short to be what it should be.
    pub fn finish(&mut self) -> Result<Vec<u8>, ContentsError> {
        let rest = match self.format {
            Format::Png if self.passed == 0 => return Err(ContentsError::NotPng),
            _ if self.held.is_empty() => Vec::new(),
            _ => REPLACEMENT.to_vec(),
        };
        self.held.clear();
        self.count(rest)
    }

    fn count(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, ContentsError> {
        self.passed += piece.len();
        if self.passed > MAX_CLIPBOARD_BYTES {
            return Err(ContentsError::TooLarge);
        }
        Ok(piece)
    }

    fn hold_head(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, ContentsError> {
        self.held.extend_from_slice(&piece);
        let Some(head) = self.held.first_chunk::<PNG_HEAD>() else {
            return Ok(Vec::new());
        };
        check_png(head)?;
        Ok(core::mem::take(&mut self.held))
    }

    fn repair(&mut self, piece: Vec<u8>) -> Vec<u8> {
        let bytes = if self.held.is_empty() {
            piece
        } else {
            let mut bytes = core::mem::take(&mut self.held);
            bytes.extend_from_slice(&piece);
            bytes
        };
        if core::str::from_utf8(&bytes).is_ok() {
            return bytes;
        }
        let mut sound = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        while let Err(error) = core::str::from_utf8(rest) {
            let (valid, invalid) = rest.split_at(error.valid_up_to());
            sound.extend_from_slice(valid);
            let Some(length) = error.error_len() else {
                self.held = invalid.to_vec();
                return sound;
            };
            sound.extend_from_slice(REPLACEMENT);
            rest = &invalid[length..];
        }
        sound.extend_from_slice(rest);
        sound
    }
}

fn check_png(head: &[u8; PNG_HEAD]) -> Result<(), ContentsError> {
    let (start, size) = head.split_at(PNG_START.len());
    let number = |at: usize| {
        size[at..at + 4]
            .iter()
            .fold(0, |n, b| n << 8 | u32::from(*b))
    };
    let (width, height) = (number(0), number(4));
    if start != PNG_START || width == 0 || height == 0 {
        return Err(ContentsError::NotPng);
    }
    let pixels = u64::from(width) * u64::from(height);
    if width.max(height) > MAX_SCREEN_EDGE || pixels > MAX_CLIPBOARD_IMAGE_PIXELS {
        return Err(ContentsError::TooManyPixels { width, height });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What passes of `bytes`, cut at multiples of `length`.
    fn guarded(format: Format, bytes: &[u8], length: usize) -> Result<Vec<u8>, ContentsError> {
        let mut guard = Guard::new(format);
        let mut passed = Vec::new();
        for piece in bytes.chunks(length) {
            passed.extend(guard.pass(piece.to_vec())?);
        }
        passed.extend(guard.finish()?);
        Ok(passed)
    }

    fn png(width: u32, height: u32) -> Vec<u8> {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [PNG_START, &size, b"the rest"].concat()
    }

    #[test]
    fn pictures_pass_as_they_are_if_they_are_not_too_large() {
        for length in [1, 5, 100] {
            let picture = png(8192, 4320);
            assert_eq!(guarded(Format::Png, &picture, length), Ok(picture));
            let (width, height) = (60_000, 60_000);
            let refused = ContentsError::TooManyPixels { width, height };
            assert_eq!(
                guarded(Format::Png, &png(width, height), length),
                Err(refused)
            );
            for other in [&b"GIF89a, and some more bytes"[..], b"", PNG_START] {
                let refused = guarded(Format::Png, other, length);
                assert_eq!(refused, Err(ContentsError::NotPng));
            }
        }
    }

    #[test]
    fn too_much_is_refused() {
        let mut guard = Guard::new(Format::Text);
        assert!(guard.pass(vec![b'a'; MAX_CLIPBOARD_BYTES]).is_ok());
        let refused = guard.pass(vec![b'a']);
        assert_eq!(refused, Err(ContentsError::TooLarge));
    }

    proptest! {
        #[test]
        fn any_bytes_become_the_same_text_however_they_are_cut(
            bytes: Vec<u8>,
            text: String,
            length in 1..20usize,
        ) {
            let mixed = [text.as_bytes(), &bytes, text.as_bytes()].concat();
            let expected = String::from_utf8_lossy(&mixed).into_owned();
            let passed = guarded(Format::Text, &mixed, length).unwrap();
            prop_assert_eq!(String::from_utf8(passed).unwrap(), expected);
        }
    }
}
