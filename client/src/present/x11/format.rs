//! How an X display keeps pixels, and pixels as it keeps them.

use x11rb::protocol::xproto::{ImageOrder, Setup, VisualClass, Visualid};

/// The byte order of this machine's pixels, in the display's terms.
const OUR_ORDER: ImageOrder = if cfg!(target_endian = "big") {
    ImageOrder::MSB_FIRST
} else {
    ImageOrder::LSB_FIRST
};

/// How a display keeps the pixels of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// As the picture is: `0x00RRGGBB`.
    Whole,
    /// In 16 bits: 5 of red, 6 of green, 5 of blue. Rows take whole pixels to this number.
    Rgb565 {
        /// 1 or 2.
        row_pixels: usize,
    },
}

impl Format {
    /// The format of windows of this depth and visual; `None` if it is neither.
    pub(super) fn of(setup: &Setup, depth: u8, visual: Visualid) -> Option<Self> {
        if setup.image_byte_order != OUR_ORDER {
            return None;
        }
        let mut formats = setup.pixmap_formats.iter();
        let format = formats.find(|format| format.depth == depth)?;
        let mut visuals = setup
            .roots
            .iter()
            .flat_map(|screen| &screen.allowed_depths)
            .flat_map(|depth| &depth.visuals);
        let visual = visuals.find(|of| of.visual_id == visual)?;
        if visual.class != VisualClass::TRUE_COLOR {
            return None;
        }
        let masks = [visual.red_mask, visual.green_mask, visual.blue_mask];
        match (format.bits_per_pixel, masks, format.scanline_pad) {
            (32, [0xff_0000, 0xff00, 0xff], _) => Some(Self::Whole),
            (16, [0xf800, 0x07e0, 0x001f], pad @ (16 | 32)) => Some(Self::Rgb565 {
                row_pixels: usize::from(pad / 16),
            }),
            _ => None,
        }
    }
}

/// Makes 16 bits of each of `pixels`, in rows of `width` that take whole pixels to `row_pixels`.
pub(super) fn pack(pixels: &[u32], width: usize, row_pixels: usize, packed: &mut Vec<u16>) {
    let stride = width.next_multiple_of(row_pixels.max(1));
    packed.clear();
    packed.reserve(pixels.len() / width.max(1) * stride);
    for row in pixels.chunks(width.max(1)) {
        packed.extend(row.iter().map(|&pixel| rgb565(pixel)));
        let missing = stride - width;
        packed.extend(std::iter::repeat_n(0, missing));
    }
}

/// The nearest darker colour.
const fn rgb565(pixel: u32) -> u16 {
    (pixel >> 8 & 0xf800 | pixel >> 5 & 0x07e0 | pixel >> 3 & 0x001f) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_channel_keeps_its_highest_bits() {
        for (whole, packed) in [
            (0x0000_0000, 0x0000),
            (0x00ff_ffff, 0xffff),
            (0x00ff_0000, 0xf800),
            (0x0000_ff00, 0x07e0),
            (0x0000_00ff, 0x001f),
            (0x0007_0307, 0x0000),
            (0x0008_0408, 0x0821),
        ] {
            assert_eq!(rgb565(whole), packed, "{whole:#x}");
        }
    }

    #[test]
    fn rows_are_as_long_as_the_display_wants_them() {
        let (white, blue) = (0x00ff_ffff, 0x0000_00ff);
        let pixels = [white, white, blue, blue, blue, white];
        let mut packed = vec![7; 3];
        pack(&pixels, 3, 2, &mut packed);
        let (white, blue) = (0xffff, 0x001f);
        assert_eq!(packed, [white, white, blue, 0, blue, blue, white, 0]);
        pack(&pixels, 3, 1, &mut packed);
        assert_eq!(packed.len(), 6);
        pack(&[], 0, 2, &mut packed);
        assert!(packed.is_empty());
    }
}
