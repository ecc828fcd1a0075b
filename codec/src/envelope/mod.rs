//! The compressor around a body.
//!
//! ```text
//! payload = coder (1 byte), body length (varint), compressed body
//! ```
//! [`Coder::History`] is one continuous Zstandard stream per connection that is flushed after each
//! body: whatever was sent before can be referred to. Such bodies must be decompressed in the
//! order in which they were made; all others stand alone.

mod compress;
mod decompress;

use hackstream_protocol::limits::MAX_HISTORY_BYTES;

use crate::CodecError;

pub use compress::Compressor;
pub use decompress::Decompressor;

/// A way to compress bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Coder {
    /// Not at all.
    Stored = 0,
    /// An LZ4 block: the cheapest to undo.
    Lz4 = 1,
    /// A Zstandard frame.
    Zstd = 2,
    /// The next piece of the connection's Zstandard stream.
    History = 3,
}

impl Coder {
    /// All coders.
    pub const ALL: [Self; 4] = [Self::Stored, Self::Lz4, Self::Zstd, Self::History];

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Stored),
            1 => Some(Self::Lz4),
            2 => Some(Self::Zstd),
            3 => Some(Self::History),
            _ => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Lz4 => "LZ4",
            Self::Zstd => "Zstandard",
            Self::History => "Zstandard stream",
        }
    }

    fn damaged(self, reason: impl ToString) -> CodecError {
        CodecError::Damaged {
            coder: self.name(),
            reason: reason.to_string(),
        }
    }
}

/// The window of a history of so many bytes, as a power of two; none below 1 KiB.
fn window_log(history_bytes: usize) -> Option<u32> {
    let log = history_bytes.min(MAX_HISTORY_BYTES).checked_ilog2()?;
    (log >= 10).then_some(log)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::wire::bytes::Writer;
    use proptest::prelude::*;

    fn body(seed: u32, len: usize) -> Vec<u8> {
        let mut state = seed | 1;
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (*state >> 28) as u8
        };
        (0..len).map(|_| next(&mut state)).collect()
    }

    proptest! {
        #[test]
        fn every_coder_round_trips_in_any_mixture(
            pieces in proptest::collection::vec((0usize..4, any::<u32>(), 0usize..9000), 1..12),
        ) {
            let mut compressor = Compressor::new(1 << 16).unwrap();
            let mut decompressor = Decompressor::new(1 << 16);
            for (coder, seed, len) in pieces {
                let body = body(seed, len);
                let mut out = Vec::new();
                compressor.write(Coder::ALL[coder], &body, &mut out).unwrap();
                prop_assert_eq!(decompressor.read(&out).unwrap(), &body[..]);
            }
        }

        #[test]
        fn damage_never_panics(
            coder in 0usize..4, flips in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..5),
        ) {
            let mut out = Vec::new();
            let mut compressor = Compressor::new(1 << 16).unwrap();
            compressor.write(Coder::ALL[coder], &body(7, 3000), &mut out).unwrap();
            for (at, with) in flips {
                let at = at % out.len();
                out[at] ^= with;
            }
            let _ = Decompressor::new(1 << 16).read(&out);
        }
    }

    #[test]
    fn the_history_makes_a_repeated_body_tiny() {
        let mut compressor = Compressor::new(1 << 20).unwrap();
        let body = body(3, 100_000);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        compressor.write(Coder::History, &body, &mut first).unwrap();
        compressor
            .write(Coder::History, &body, &mut second)
            .unwrap();
        assert!(
            second.len() * 100 < first.len(),
            "{} then {}",
            first.len(),
            second.len()
        );
    }

    #[test]
    fn a_viewer_without_history_refuses_it() {
        let mut out = Vec::new();
        Compressor::new(1 << 20)
            .unwrap()
            .write(Coder::History, b"x", &mut out)
            .unwrap();
        let read = Decompressor::new(0).read(&out).map(<[u8]>::len);
        assert!(matches!(read, Err(CodecError::NotOffered(_))));
    }

    #[test]
    fn a_history_that_broke_stays_broken() {
        let mut compressor = Compressor::new(1 << 16).unwrap();
        let mut pieces = [Vec::new(), Vec::new(), Vec::new()];
        for (piece, seed) in pieces.iter_mut().zip(1..) {
            let body = body(seed, 2000);
            compressor.write(Coder::History, &body, piece).unwrap();
        }
        let mut decompressor = Decompressor::new(1 << 16);
        assert!(decompressor.read(&pieces[0]).is_ok());
        pieces[1].truncate(100);
        assert!(decompressor.read(&pieces[1]).is_err());
        assert!(decompressor.read(&pieces[2]).is_err());
        let mut whole = Vec::new();
        compressor.write(Coder::Zstd, b"x", &mut whole).unwrap();
        assert_eq!(decompressor.read(&whole).unwrap(), b"x");
    }

    #[test]
    fn a_huge_stated_length_is_refused_before_memory_is_taken() {
        let mut out = vec![Coder::Lz4 as u8];
        out.put_varint(1 << 40);
        assert!(matches!(
            Decompressor::new(0).read(&out),
            Err(CodecError::Wire(_))
        ));
    }
}
