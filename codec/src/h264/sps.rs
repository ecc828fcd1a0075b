//! The part of a sequence parameter set that says what a decoder will allocate.

use hackstream_protocol::geometry::Size;

use super::bits::BitReader;
use super::{H264Error, MAX_EDGE, is_codable};

const BASELINE: u32 = 66;
const MAIN: u32 = 77;
const HIGH: u32 = 100;

/// Pictures that a stream may refer to. Our encoder uses one; each costs a picture's memory.
const MAX_REFERENCES: u32 = 4;

/// Macroblocks of the longest edge.
const MAX_EDGE_BLOCKS: u32 = MAX_EDGE.div_ceil(16);

/// Returns the size of the pictures (even edges) that the parameter set `bytes`, a NAL unit
/// without its header byte, announces.
///
/// # Errors
/// [`H264Error::Invalid`] for anything that our encoder never writes: interlacing, other sample
/// formats, reordering, borders at the left or the top; [`H264Error::UnsupportedSize`].
pub(super) fn picture_size(bytes: &[u8]) -> Result<Size, H264Error> {
    let size = parse(&mut BitReader::new(bytes)).ok_or(H264Error::Invalid {
        what: "sequence parameter set",
    })?;
    if is_codable(size) {
        Ok(size)
    } else {
        Err(H264Error::UnsupportedSize { size })
    }
}

fn parse(reader: &mut BitReader<'_>) -> Option<Size> {
    let profile = reader.bits(8)?;
    reader.bits(16)?; // constraint flags, level
    reader.exp_golomb()?; // its own number
    match profile {
        BASELINE | MAIN => {}
        HIGH => eight_bits_420(reader)?,
        _ => return None,
    }
    reader.exp_golomb()?; // length of frame numbers
    // Type 2: pictures are shown in the order they are decoded.
    require(reader.exp_golomb()? == 2)?;
    require(reader.exp_golomb()? <= MAX_REFERENCES)?;
    reader.bit()?; // gaps in frame numbers
    let columns = blocks(reader)?;
    let rows = blocks(reader)?;
    require(reader.bit()?)?; // whole frames only, no fields
    reader.bit()?; // 8x8 inference, for B pictures
    cropped(reader, Size::new(columns * 16, rows * 16))
}

/// High profile may announce other sample formats; only 8 bits 4:2:0 without scaling passes.
fn eight_bits_420(reader: &mut BitReader<'_>) -> Option<()> {
    require(reader.exp_golomb()? == 1)?;
    require(reader.exp_golomb()? == 0)?;
    require(reader.exp_golomb()? == 0)?;
    require(reader.bits(2)? == 0) // no lossless bypass, no scaling matrix
}

fn blocks(reader: &mut BitReader<'_>) -> Option<u32> {
    let blocks = reader.exp_golomb()? + 1;
    require(blocks <= MAX_EDGE_BLOCKS)?;
    Some(blocks)
}

fn cropped(reader: &mut BitReader<'_>, coded: Size) -> Option<Size> {
    if !reader.bit()? {
        return Some(coded);
    }
    let left = reader.exp_golomb()?;
    let right = reader.exp_golomb()?;
    let top = reader.exp_golomb()?;
    let bottom = reader.exp_golomb()?;
    require(left == 0 && top == 0)?;
    // The unit is two samples of luma. Only the padding to whole macroblocks is ever cropped.
    require(right < 8 && bottom < 8)?;
    Some(Size::new(
        coded.width - 2 * right,
        coded.height - 2 * bottom,
    ))
}

fn require(condition: bool) -> Option<()> {
    condition.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a parameter set as our encoder does, up to the cropping.
    #[derive(Default)]
    struct Writer(Vec<bool>);

    impl Writer {
        fn bits(&mut self, value: u32, count: u32) -> &mut Self {
            self.0
                .extend((0..count).rev().map(|bit| value >> bit & 1 == 1));
            self
        }

        fn exp_golomb(&mut self, value: u32) -> &mut Self {
            let length = (value + 1).ilog2();
            self.bits(0, length).bits(value + 1, length + 1)
        }

        fn bytes(&self) -> Vec<u8> {
            let byte = |bits: &[bool]| {
                let set = bits.iter().enumerate().filter(|&(_, &bit)| bit);
                set.map(|(at, _)| 0x80_u8 >> at).sum()
            };
            self.0.chunks(8).map(byte).collect()
        }
    }

    fn announced(order: u32, references: u32, columns: u32, rows: u32) -> Result<Size, H264Error> {
        let mut writer = Writer::default();
        writer.bits(BASELINE, 8).bits(31, 16).exp_golomb(0);
        writer.exp_golomb(11).exp_golomb(order);
        writer.exp_golomb(references).bits(0, 1);
        writer.exp_golomb(columns - 1).exp_golomb(rows - 1);
        writer.bits(0b110, 3).bits(1, 1); // a stop bit at the end
        picture_size(&writer.bytes())
    }

    #[test]
    fn only_streams_like_ours_pass() {
        assert_eq!(announced(2, 1, 80, 45), Ok(Size::new(1280, 720)));
        assert_eq!(announced(2, 4, 240, 135), Ok(Size::new(3840, 2160)));
        assert!(announced(0, 1, 80, 45).is_err(), "reordered pictures");
        assert!(announced(2, 5, 80, 45).is_err(), "memory for references");
        assert!(announced(2, 1, 241, 1).is_err(), "a long edge");
        assert!(announced(2, 1, 240, 240).is_err(), "many pixels");
    }

    #[cfg(feature = "h264-encode")]
    #[test]
    fn our_encoder_announces_bt709_and_no_delay() {
        let size = Size::new(322, 246);
        let mut encoder = crate::h264::H264Encoder::new(size).unwrap();
        let picture = crate::h264::I420::new(size).unwrap();
        let mut unit = Vec::new();
        let wanted = crate::h264::H264FrameKind::Delta;
        encoder.encode(&picture, 26, wanted, &mut unit).unwrap();
        let mut reader = BitReader::new(&unit[5..]);
        assert_eq!(parse(&mut reader), Some(size));
        assert_eq!(
            reader.bits(3),
            Some(0b100),
            "VUI, no aspect ratio, no overscan"
        );
        // Video signal: unspecified format (5), limited range, described as BT.709 primaries,
        // sRGB transfer, BT.709 matrix.
        assert_eq!(reader.bits(1), Some(1));
        assert_eq!(reader.bits(5), Some(0b10101));
        assert_eq!(reader.bits(24), Some(0x01_0d_01));
        assert_eq!(
            reader.bits(5),
            Some(0),
            "no chroma location, timing, HRD, picture structure"
        );
        assert_eq!(reader.bits(2), Some(0b11), "restrictions follow");
        let values: Vec<_> = (0..6).map(|_| reader.exp_golomb()).collect();
        let [reordered, buffered] = [Some(0), Some(1)];
        assert_eq!(values[4..], [reordered, buffered]);
    }
}
