//! The receiver's side: a frame from the pieces that arrived, and from parities for what did not.

use core::ops::Range;

use super::blocks::xor;
use super::ranges::Ranges;
use crate::limits::{MAX_FRAME_BYTES, MAX_FRAME_PIECES};
use crate::wire::WireError;
use crate::wire::parity::FrameParity;

/// The bytes of one frame's stream, in whatever order they come.
#[derive(Debug, Default)]
pub struct FrameAssembly {
    bytes: Vec<u8>,
    there: Ranges,
}

impl FrameAssembly {
    /// Takes what was on the stream at `offset`.
    ///
    /// # Errors
    /// [`WireError::OverLimit`] if the stream is longer than a frame, or in more pieces than there
    /// are packets in one.
    pub fn add(&mut self, offset: u64, piece: &[u8]) -> Result<(), WireError> {
        // One more for the byte that says what it is.
        let max = MAX_FRAME_BYTES + 1;
        let end = offset.saturating_add(piece.len() as u64);
        let over = |what, value, max: usize| WireError::OverLimit {
            what,
            value,
            max: max as u64,
        };
        let end = usize::try_from(end).ok().filter(|&end| end <= max);
        let Some(end) = end else {
            return Err(over("frame size", offset, max));
        };
        self.put(end - piece.len(), piece);
        match self.there.len() {
            pieces if pieces > MAX_FRAME_PIECES => {
                Err(over("pieces of a frame", pieces as u64, MAX_FRAME_PIECES))
            }
            _ => Ok(()),
        }
    }

    fn put(&mut self, start: usize, piece: &[u8]) {
        let end = start + piece.len();
        if self.bytes.len() == start {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes.resize(self.bytes.len().max(end), 0);
            self.bytes[start..end].copy_from_slice(piece);
        }
        self.there.add(start..end);
    }

    /// Rebuilds what is missing as far as it follows from `parities`, all of this stream. True if
    /// nothing is missing any more.
    pub fn rebuild(&mut self, parities: &[&FrameParity]) -> bool {
        for parity in parities {
            let block = parity.from..parity.to;
            let gap = self.there.only_gap(&block);
            let Some(gap) = gap.filter(|gap| gap.len() <= parity.stride) else {
                continue;
            };
            if let Some(sum) = joined(parity, parities) {
                self.fill(&block, gap, sum);
            }
        }
        let total = parities.first().map(|parity| parity.total);
        total.is_some_and(|total| self.there.covers(0..total))
    }

    /// Fills the only gap of a block whose parity is `sum`.
    fn fill(&mut self, block: &Range<usize>, gap: Range<usize>, mut sum: Vec<u8>) {
        let stride = sum.len();
        self.bytes.resize(self.bytes.len().max(gap.end), 0);
        self.bytes[gap.clone()].fill(0);
        let there = block.start..block.end.min(self.bytes.len());
        for row in self.bytes[there].chunks(stride) {
            xor(&mut sum, row);
        }
        for place in gap.clone() {
            self.bytes[place] = sum[(place - block.start) % stride];
        }
        self.there.add(gap);
    }

    /// All bytes up to the stream's end.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The parity that `piece` is of, if all its pieces are among `all`.
fn joined(piece: &FrameParity, all: &[&FrameParity]) -> Option<Vec<u8>> {
    if piece.at != 0 {
        // Done with the first piece.
        return None;
    }
    let is_of_it = |other: &&&FrameParity| {
        (other.from, other.to, other.stride) == (piece.from, piece.to, piece.stride)
    };
    let mut sum = vec![0; piece.stride];
    let mut there = Ranges::default();
    for other in all.iter().filter(is_of_it) {
        let end = other.at + other.bytes.len();
        sum.get_mut(other.at..end)?.copy_from_slice(&other.bytes);
        there.add(other.at..end);
    }
    there.covers(0..piece.stride).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::super::{frame_parities, parity_cost};
    use super::*;
    use crate::ids::StreamIndex;
    use proptest::prelude::*;

    const DATAGRAM: usize = 1200;
    /// Bytes of a stream in one packet.
    const PACKET: usize = 1213;

    fn frame(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i * i / 7 + i) as u8).collect()
    }

    fn parities(whole: &[u8]) -> Vec<FrameParity> {
        frame_parities(StreamIndex(5), whole, DATAGRAM)
    }

    /// A frame as it arrives without the packets that are `lost`.
    fn arrived(whole: &[u8], lost: impl Fn(usize) -> bool) -> FrameAssembly {
        let mut assembly = FrameAssembly::default();
        let packets = whole.chunks(PACKET).enumerate();
        for (index, piece) in packets.filter(|&(index, _)| !lost(index)) {
            assembly.add((index * PACKET) as u64, piece).unwrap();
        }
        assembly
    }

    fn rebuilt(mut assembly: FrameAssembly, parities: &[FrameParity]) -> Option<Vec<u8>> {
        let parities: Vec<_> = parities.iter().collect();
        assembly.rebuild(&parities).then(|| assembly.into_bytes())
    }

    proptest! {
        #[test]
        fn any_lost_packet_is_rebuilt(len in 1usize..100_000, lost: prop::sample::Index) {
            let whole = frame(len);
            let lost = lost.index(len.div_ceil(PACKET));
            let assembly = arrived(&whole, |index| index == lost);
            prop_assert_eq!(rebuilt(assembly, &parities(&whole)), Some(whole));
        }

        #[test]
        fn what_is_rebuilt_is_right_whatever_is_lost(
            len in 1usize..60_000,
            lost: u64,
            missing in 0usize..8,
        ) {
            let whole = frame(len);
            let mut parities = parities(&whole);
            if missing < parities.len() {
                parities.remove(missing);
            }
            let assembly = arrived(&whole, |index| lost >> (index % 64) & 1 == 1);
            let rebuilt = rebuilt(assembly, &parities);
            prop_assert!(rebuilt.is_none_or(|rebuilt| rebuilt == whole));
        }

        #[test]
        fn parities_cost_what_was_said_and_fit_their_datagrams(len in 1usize..200_000) {
            let parities = parities(&frame(len));
            let mut cost = 0;
            for parity in &parities {
                let mut out = Vec::new();
                parity.write(&mut out);
                prop_assert!(out.len() <= DATAGRAM);
                prop_assert_eq!(FrameParity::read(&out), Ok(Some(parity.clone())));
                cost += parity.bytes.len();
            }
            let said = parity_cost(len, DATAGRAM);
            prop_assert!(cost <= said, "{cost} of {said}");
        }

        #[test]
        fn hostile_pieces_and_parities_cost_a_bounded_amount(
            pieces in proptest::collection::vec((any::<u64>(), 0usize..3000), 0..20),
            parities in proptest::collection::vec(crate::wire::parity::tests::parity(), 0..4),
        ) {
            let mut assembly = FrameAssembly::default();
            let parities: Vec<_> = parities.iter().collect();
            for (offset, len) in pieces {
                let _ = assembly.add(offset % (2 << 20), &frame(len));
                assembly.rebuild(&parities);
                prop_assert!(assembly.bytes.len() <= MAX_FRAME_BYTES + 1);
            }
        }
    }

    #[test]
    fn a_frame_of_one_packet_comes_whole() {
        let whole = frame(400);
        let parities = parities(&whole);
        assert_eq!(parities.len(), 1);
        assert_eq!(parities[0].whole(), Some(&whole[..]));
        assert_eq!(rebuilt(FrameAssembly::default(), &parities), Some(whole));
    }

    #[test]
    fn two_lost_packets_of_a_block_stay_lost_and_one_of_each_block_does_not() {
        let whole = frame(PACKET * 40);
        let parities = parities(&whole);
        let lost = |all: &'static [usize]| arrived(&whole, move |index| all.contains(&index));
        assert_eq!(rebuilt(lost(&[3, 5]), &parities), None);
        assert_eq!(rebuilt(lost(&[3, 20, 39]), &parities), Some(whole));
    }

    #[test]
    fn a_frame_in_absurdly_many_pieces_is_refused() {
        let mut assembly = FrameAssembly::default();
        let last = (0..).find(|i| assembly.add(i * 2, &[1]).is_err());
        assert_eq!(last, Some(MAX_FRAME_PIECES as u64));
        let mut assembly = FrameAssembly::default();
        assert!(assembly.add(MAX_FRAME_BYTES as u64, &[1, 2]).is_err());
        assert!(assembly.add(u64::MAX, &[1, 2]).is_err());
    }
}
