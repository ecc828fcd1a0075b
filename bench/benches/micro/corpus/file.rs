//! Screens in a file: for each its width, its height and its pixels, as little-endian words.

use std::path::Path;

use anyhow::{Context, Result};
use hackstream_codec::Canvas;
use hackstream_protocol::geometry::Size;

/// Bytes of a word.
const WORD: usize = 4;

/// Writes `screens`. Another process that reads meanwhile sees all of them or nothing.
///
/// # Errors
/// If the file cannot be written.
pub(super) fn write(path: &Path, screens: &[Canvas]) -> Result<()> {
    let mut bytes = Vec::new();
    for screen in screens {
        for word in [screen.size().width, screen.size().height] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(screen.pixels().iter().flat_map(|pixel| pixel.to_le_bytes()));
    }
    let unfinished = path.with_extension(std::process::id().to_string());
    let written =
        std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// If the file is missing or cut short.
pub(super) fn read(path: &Path) -> Result<Vec<Canvas>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut rest = bytes.as_slice();
    let mut screens = Vec::new();
    while !rest.is_empty() {
        let size = Size::new(take_word(&mut rest)?, take_word(&mut rest)?);
        let mut screen = Canvas::new(size);
        let pixels = take(&mut rest, screen.pixels().len() * WORD)?;
        for (pixel, word) in screen
            .pixels_mut()
            .iter_mut()
            .zip(pixels.chunks_exact(WORD))
        {
            *pixel = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        }
        screens.push(screen);
    }
    Ok(screens)
}

fn take_word(rest: &mut &[u8]) -> Result<u32> {
    let word = take(rest, WORD)?;
    Ok(u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Result<&'a [u8]> {
    let (taken, after) = rest
        .split_at_checked(len)
        .context("the file is cut short")?;
    *rest = after;
    Ok(taken)
}
