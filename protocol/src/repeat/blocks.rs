//! The sender's side: what of a frame is sent for the second time.

use crate::ids::StreamIndex;
use crate::limits::MAX_PARITY_BYTES;
use crate::wire::parity::FrameParity;

/// Packets of one block: of 16, one is as good as never missing together with another where one in
/// a hundred gets lost, and at one in twenty half of the losses are still healed.
const PACKETS: usize = 16;

/// A packet holds up to so many bytes more of a stream than of a datagram.
const STREAM_EXCESS: usize = 24;

/// The parity of each block of `whole`, all that is on the stream `stream`, cut into datagrams of at
/// most `datagram` bytes.
///
/// A frame that fits a datagram is one block, repeated as it is. One of more packets has a block for
/// each 16, so that the parity takes one packet and a small one for each.
#[must_use]
pub fn frame_parities(stream: StreamIndex, whole: &[u8], datagram: usize) -> Vec<FrameParity> {
    let Some(room) = datagram.checked_sub(FrameParity::MAX_HEAD_BYTES) else {
        return Vec::new();
    };
    if whole.is_empty() || room == 0 {
        return Vec::new();
    }
    let packet = (datagram + STREAM_EXCESS).min(MAX_PARITY_BYTES);
    let blocks = whole.len().div_ceil(PACKETS * packet);
    let block = whole.len().div_ceil(blocks);
    let mut parities = Vec::new();
    for from in (0..whole.len()).step_by(block) {
        let to = (from + block).min(whole.len());
        let stride = packet.min(to - from);
        let parity = fold(&whole[from..to], stride);
        for (index, bytes) in parity.chunks(room).enumerate() {
            parities.push(FrameParity {
                stream,
                total: whole.len(),
                from,
                to,
                stride,
                at: index * room,
                bytes: bytes.to_vec(),
            });
        }
    }
    parities
}

/// What [`frame_parities`] take for a frame of `whole` bytes, about.
#[must_use]
pub const fn parity_cost(whole: usize, datagram: usize) -> usize {
    let packet = datagram + STREAM_EXCESS;
    if whole <= packet {
        whole
    } else {
        whole.div_ceil(PACKETS * packet) * packet
    }
}

fn fold(block: &[u8], stride: usize) -> Vec<u8> {
    let mut rows = block.chunks(stride);
    let mut parity = rows.next().unwrap_or_default().to_vec();
    for row in rows {
        xor(&mut parity, row);
    }
    parity
}

/// Adds `row` to the beginning of `sum`.
pub(super) fn xor(sum: &mut [u8], row: &[u8]) {
    for (sum, byte) in sum.iter_mut().zip(row) {
        *sum ^= byte;
    }
}
