//! Bodies to payloads.

use hackstream_protocol::limits::MAX_BODY_BYTES;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::Writer;
use zstd::stream::raw::{CParameter, InBuffer, Operation, OutBuffer};

use super::{Coder, window_log};
use crate::CodecError;

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
    /// limited by [`MAX_HISTORY_BYTES`](hackstream_protocol::limits::MAX_HISTORY_BYTES); below 1 KiB there is none.
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
