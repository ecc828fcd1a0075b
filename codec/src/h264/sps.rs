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
