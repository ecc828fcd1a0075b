//! Payloads to bodies.

use hackstream_protocol::limits::MAX_BODY_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Reader;
use zstd::stream::raw::{DParameter, InBuffer, Operation, OutBuffer};

use super::{Coder, window_log};
use crate::CodecError;

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
    /// Decompressors that remember up to `history_bytes`; see
    /// [`Compressor::new`](super::Compressor::new).
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
        let unknown = WireError::meaningless("coder", byte.into());
        let coder = Coder::from_byte(byte).ok_or(unknown)?;
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
