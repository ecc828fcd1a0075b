//! The header of an X window dump (`X11/XWDFile.h`), which Xvfb writes before its pixels.

use hackstream_protocol::geometry::Size;

/// Bytes of the header without the name that follows it.
pub(super) const FIXED_BYTES: usize = 25 * 4;

/// Bytes of an entry of the colour table between header and pixels.
const COLOUR_BYTES: u64 = 12;

/// Where the pixels of a framebuffer file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Size of the stored picture: the largest that the screen can become.
    pub(super) size: Size,
    /// Byte at which the first row starts.
    pub(super) start: usize,
    /// Bytes from one row to the next.
    pub(super) stride: usize,
}

impl Layout {
    /// Reads the header of a file of `file_bytes` bytes.
    ///
    /// # Errors
    /// What makes it unusable, for a person.
    pub(super) fn read(header: &[u8; FIXED_BYTES], file_bytes: u64) -> Result<Self, &'static str> {
        let field = |index: usize| {
            let at = index * 4;
            u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
        };
        let (version, format, depth) = (field(1), field(2), field(3));
        if (version, format, depth) != (7, 2 /* ZPixmap */, 24) {
            return Err("it is not a version 7 dump of 24-bit pixels");
        }
        let byte_order = u32::from(cfg!(target_endian = "big"));
        if field(7) != byte_order || field(11) != 32 {
            return Err("a pixel is not a word in this machine's byte order");
        }
        let size = Size::new(field(4), field(5));
        let start = u64::from(field(0)) + u64::from(field(19)) * COLOUR_BYTES;
        let stride = u64::from(field(12));
        if stride < u64::from(size.width) * 4 {
            return Err("its rows overlap");
        }
        let end = u64::from(size.height)
            .checked_mul(stride)
            .and_then(|pixels| pixels.checked_add(start));
        if size.is_empty() || end.is_none_or(|end| end > file_bytes) {
            return Err("it is shorter than its header says");
        }
        let to_usize = |value: u64| usize::try_from(value).map_err(|_| "it is too large");
        Ok(Self {
            size,
            start: to_usize(start)?,
            stride: to_usize(stride)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(change: impl FnOnce(&mut [u32; 25])) -> [u8; FIXED_BYTES] {
        let mut fields = [0u32; 25];
        fields[0] = 160; // header and name
        fields[1] = 7;
        fields[2] = 2;
        fields[3] = 24;
        fields[4] = 100;
        fields[5] = 50;
        fields[11] = 32;
        fields[12] = 400;
        fields[19] = 256;
        change(&mut fields);
        let mut bytes = [0; FIXED_BYTES];
        for (chunk, field) in bytes.chunks_exact_mut(4).zip(fields) {
            chunk.copy_from_slice(&field.to_be_bytes());
        }
        bytes
    }

    const START: u64 = 160 + 256 * 12;
    const ALL: u64 = START + 400 * 50;

    #[test]
    fn a_header_of_xvfb_is_read() {
        let layout = Layout::read(&header(|_| ()), ALL).unwrap();
        assert_eq!(layout.size, Size::new(100, 50));
        assert_eq!((layout.start as u64, layout.stride), (START, 400));
    }

    #[test]
    fn a_file_that_is_too_short_is_refused() {
        assert!(Layout::read(&header(|_| ()), ALL - 1).is_err());
        assert!(Layout::read(&header(|h| h[5] = u32::MAX), ALL).is_err());
    }

    #[test]
    fn impossible_layouts_are_refused() {
        for change in [
            (1, 6),
            (2, 1),
            (3, 16),
            (4, 0),
            (5, 0),
            (7, 1),
            (11, 24),
            (12, 399),
            (12, u32::MAX),
            (19, u32::MAX),
        ] {
            let (field, value) = change;
            let bytes = header(|h| h[field] = value);
            assert!(Layout::read(&bytes, ALL).is_err(), "{change:?}");
        }
    }
}
