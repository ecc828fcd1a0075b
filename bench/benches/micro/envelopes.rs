//! The compressors around bodies.

use anyhow::Result;
use hackstream_codec::envelope::{Coder, Compressor, Decompressor};

use crate::case::{Case, Work};
use crate::sections;

/// Reach of the history.
const HISTORY_BYTES: usize = 1 << 20;

pub(crate) fn cases() -> Vec<Case> {
    let coders = [
        ("lz4", Coder::Lz4),
        ("zstd", Coder::Zstd),
        ("history", Coder::History),
    ];
    let mut cases = vec![Case::new("envelope/stored/compress", || {
        compress(Coder::Stored)
    })];
    // What was stored is only lent when it is read: there is nothing to count.
    for (name, coder) in coders {
        cases.push(Case::new(format!("envelope/{name}/compress"), move || {
            compress(coder)
        }));
        cases.push(Case::new(
            format!("envelope/{name}/decompress"),
            move || decompress(coder),
        ));
    }
    cases
}

/// Bodies with letters, both of the same kind: the history knows the first when the second comes.
fn bodies() -> Result<[Vec<u8>; 2]> {
    Ok([sections::letters_body(0)?, sections::letters_body(1)?])
}

fn compress(coder: Coder) -> Result<Work> {
    let [first, second] = bodies()?;
    let (mut compressor, mut payload) = (Compressor::new(HISTORY_BYTES)?, Vec::new());
    compressor.write(coder, &first, &mut payload)?;
    Ok(Box::new(move || {
        payload.clear();
        compressor.write(coder, &second, &mut payload)?;
        Ok(payload.len())
    }))
}

fn decompress(coder: Coder) -> Result<Work> {
    let (mut compressor, mut payloads) = (Compressor::new(HISTORY_BYTES)?, [vec![], vec![]]);
    for (body, payload) in bodies()?.iter().zip(&mut payloads) {
        compressor.write(coder, body, payload)?;
    }
    let mut decompressor = Decompressor::new(HISTORY_BYTES);
    decompressor.read(&payloads[0])?;
    let [_, second] = payloads;
    Ok(Box::new(move || {
        decompressor.read(&second)?;
        Ok(0)
    }))
}
