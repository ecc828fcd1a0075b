//! The compressor around a body.
//!
//! ```text
//! payload = coder (1 byte), body length (varint), compressed body
//! ```
//! [`Coder::History`] is one continuous Zstandard stream per connection that is flushed after each
//! body: whatever was sent before can be referred to. Such bodies must be decompressed in the
//! order in which they were made; all others stand alone.

use hackstream_protocol::limits::{MAX_BODY_BYTES, MAX_HISTORY_BYTES};
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};
use zstd::stream::raw::{CParameter, DParameter, InBuffer, Operation, OutBuffer};

use crate::CodecError;

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

/// Which Zstandard level bodies that stand alone are compressed with.
const ZSTD_LEVEL: i32 = 1;
/// The same for the history: it serves thin links, where bytes cost more than time.
const HISTORY_LEVEL: i32 = 3;

/// The sending side's compressors.
pub struct Compressor {
    zstd: zstd::bulk::Compressor<'static>,
    history: Option<zstd::stream::raw::Encoder<'static>>,
}

impl Compressor {
    /// Compressors whose history reaches `history_bytes` back, rounded down to a power of two and
    /// limited by [`MAX_HISTORY_BYTES`]; below 1 KiB there is none.
    ///
    /// # Errors
    /// [`CodecError::Damaged`] if the library refuses, which means that memory ran out.
    pub fn new(history_bytes: usize) -> Result<Self, CodecError> {
        let zstd = zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(|e| Coder::Zstd.damaged(e))?;
        let history = window_log(history_bytes).map(history_encoder).transpose()?;
        Ok(Self { zstd, history })
    }

    /// Whether [`Coder::History`] may be used.
    #[must_use]
    pub const fn has_history(&self) -> bool {
        self.history.is_some()
    }

    /// Appends the payload around `body`.
    ///
    /// # Errors
    /// [`CodecError`] if the body is too long, the coder is not there, or memory ran out.
    pub fn write(
        &mut self,
        coder: Coder,
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), CodecError> {
        if body.len() > MAX_BODY_BYTES {
            let (value, max) = (body.len() as u64, MAX_BODY_BYTES as u64);
            return Err(WireError::OverLimit {
                what: "body length",
                value,
                max,
            }
            .into());
        }
        out.put_u8(coder as u8);
        out.put_varint(body.len() as u64);
        let start = out.len();
        match coder {
            Coder::Stored => out.raw(body),
            Coder::Lz4 => {
                out.resize(
                    start + lz4_flex::block::get_maximum_output_size(body.len()),
                    0,
                );
                let written = lz4_flex::block::compress_into(body, &mut out[start..])
                    .map_err(|e| coder.damaged(e))?;
                out.truncate(start + written);
            }
            Coder::Zstd => {
                out.resize(start + zstd::zstd_safe::compress_bound(body.len()), 0);
                let written = self
                    .zstd
                    .compress_to_buffer(body, &mut out[start..])
                    .map_err(|e| coder.damaged(e))?;
                out.truncate(start + written);
            }
            Coder::History => {
                let history = self
                    .history
                    .as_mut()
                    .ok_or(CodecError::NotOffered("a history"))?;
                append_to_history(history, body, out).map_err(|e| coder.damaged(e))?;
            }
        }
        Ok(())
    }
}

fn window_log(history_bytes: usize) -> Option<u32> {
    let log = history_bytes.min(MAX_HISTORY_BYTES).checked_ilog2()?;
    (log >= 10).then_some(log)
}

fn history_encoder(window_log: u32) -> Result<zstd::stream::raw::Encoder<'static>, CodecError> {
    let damaged = |e: std::io::Error| Coder::History.damaged(e);
    let mut encoder = zstd::stream::raw::Encoder::new(HISTORY_LEVEL).map_err(damaged)?;
    encoder
        .set_parameter(CParameter::WindowLog(window_log))
        .map_err(damaged)?;
    Ok(encoder)
}

fn append_to_history(
    encoder: &mut zstd::stream::raw::Encoder<'static>,
    body: &[u8],
    out: &mut Vec<u8>,
) -> std::io::Result<()> {
    let start = out.len();
    // A flushed piece is never longer than a whole frame of the same bytes and its block headers.
    out.resize(start + zstd::zstd_safe::compress_bound(body.len()) + 64, 0);
    let mut written = 0;
    let mut input = InBuffer::around(body);
    while input.pos() < body.len() {
        let mut output = OutBuffer::around(&mut out[start + written..]);
        encoder.run(&mut input, &mut output)?;
        written += output.pos();
    }
    loop {
        if start + written == out.len() {
            out.resize(out.len() + 1024, 0);
        }
        let mut output = OutBuffer::around(&mut out[start + written..]);
        let left = encoder.flush(&mut output)?;
        written += output.pos();
        if left == 0 {
            break;
        }
    }
    out.truncate(start + written);
    Ok(())
}

/// The receiving side's decompressors.
pub struct Decompressor {
    zstd: zstd::bulk::Decompressor<'static>,
    history: History,
    body: Vec<u8>,
}

/// The connection's Zstandard stream, seen from its receiving end.
enum History {
    /// Not offered, or no memory for it.
    None,
    Running(zstd::stream::raw::Decoder<'static>),
    /// A piece was damaged; what follows builds on it.
    Broken,
}

impl Decompressor {
    /// Decompressors that remember up to `history_bytes`; see [`Compressor::new`].
    #[must_use]
    pub fn new(history_bytes: usize) -> Self {
        let history = window_log(history_bytes).and_then(|log| {
            let mut decoder = zstd::stream::raw::Decoder::new().ok()?;
            decoder.set_parameter(DParameter::WindowLogMax(log)).ok()?;
            Some(decoder)
        });
        let history = history.map_or(History::None, History::Running);
        // Making a context only fails when memory is exhausted; then bodies are refused below.
        let zstd = zstd::bulk::Decompressor::new().unwrap_or_default();
        Self {
            zstd,
            history,
            body: Vec::new(),
        }
    }

    /// The body inside `payload`.
    ///
    /// # Errors
    /// [`CodecError`] if the payload is damaged or exceeds a limit.
    pub fn read<'a>(&'a mut self, payload: &'a [u8]) -> Result<&'a [u8], CodecError> {
        let mut reader = Reader::new(payload);
        let byte = reader.u8()?;
        let value = u64::from(byte);
        let coder = Coder::from_byte(byte).ok_or(WireError::Meaningless {
            what: "coder",
            value,
        })?;
        let len = reader.length("body length", MAX_BODY_BYTES)?;
        let packed = reader.rest();
        if coder == Coder::Stored {
            return if packed.len() == len {
                Ok(packed)
            } else {
                Err(WireError::Truncated.into())
            };
        }
        self.body.clear();
        self.body.resize(len, 0);
        let written = match coder {
            Coder::Stored => len,
            Coder::Lz4 => lz4_flex::block::decompress_into(packed, &mut self.body)
                .map_err(|e| coder.damaged(e))?,
            Coder::Zstd => self
                .zstd
                .decompress_to_buffer(packed, &mut self.body[..])
                .map_err(|e| coder.damaged(e))?,
            Coder::History => {
                self.history.read(packed, &mut self.body)?;
                len
            }
        };
        if written != len {
            return Err(coder.damaged(format!("{written} bytes instead of {len}")));
        }
        Ok(&self.body)
    }
}

impl History {
    /// Fills `body` from the next piece of the stream.
    fn read(&mut self, packed: &[u8], body: &mut [u8]) -> Result<(), CodecError> {
        let decoder = match self {
            Self::Running(decoder) => decoder,
            Self::Broken => return Err(Coder::History.damaged("an earlier piece was damaged")),
            Self::None => return Err(CodecError::NotOffered("a history")),
        };
        let result = read_piece(decoder, packed, body);
        if result.is_err() {
            *self = Self::Broken;
        }
        result.map_err(|e| Coder::History.damaged(e))
    }
}

fn read_piece(
    decoder: &mut zstd::stream::raw::Decoder<'static>,
    packed: &[u8],
    body: &mut [u8],
) -> std::io::Result<()> {
    let mut input = InBuffer::around(packed);
    let mut written = 0;
    loop {
        let consumed = input.pos();
        let mut output = OutBuffer::around(&mut body[written..]);
        decoder.run(&mut input, &mut output)?;
        let produced = output.pos();
        written += produced;
        match (input.pos() == packed.len(), written == body.len()) {
            (true, true) => return Ok(()),
            (true, false) if produced == 0 => {
                return Err(other("less data than the stated length"));
            }
            (false, _) if produced == 0 && input.pos() == consumed => {
                return Err(other("more data than the stated length"));
            }
            _ => {}
        }
    }
}

fn other(what: &'static str) -> std::io::Error {
    std::io::Error::other(what)
}

#[cfg(test)]
mod tests {
    use super::*;
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
        fn damage_is_an_error_and_never_a_panic(
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
