//! The screens that cases work on: drawn once, from a seed, and kept in files.
//!
//! Drawing a photograph takes longer than encoding it, and very long under callgrind. Each
//! recording is checked by a digest of all its pixels, so that instructions counted today are
//! those of the same work as when the baseline was taken.

mod drawing;
mod file;
mod film;
mod scenes;

// The stimulus draws the same letters and photographs on real displays.
#[path = "../../../src/stimulus/font.rs"]
#[allow(dead_code, reason = "only the size of a letter is needed")]
#[allow(unused_imports, reason = "of its tests, which are not compiled here")]
mod font;
#[path = "../../../src/stimulus/glyphs.rs"]
mod glyphs;
#[path = "../../../src/stimulus/photograph.rs"]
#[allow(unused_imports, reason = "of its tests, which are not compiled here")]
mod photograph;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use hackstream_codec::Canvas;

pub(crate) use film::{FILM, FILMS};
pub(crate) use scenes::{DESKTOP, PAGE, SMOOTH, TYPING, WINDOW};

/// A sequence of screens.
pub(crate) struct Recording {
    /// Its file's name.
    name: &'static str,
    /// Of all its pixels.
    digest: u64,
    draw: fn() -> Vec<Canvas>,
}

impl Recording {
    /// Its screens.
    ///
    /// # Errors
    /// If it was not recorded, or is not what it should be.
    pub(crate) fn screens(&self) -> Result<Vec<Canvas>> {
        let path = self.path();
        let screens = file::read(&path)
            .with_context(|| format!("`micro record` writes {}", path.display()))?;
        if digest(&screens) != self.digest {
            bail!("{} is damaged; delete it", path.display());
        }
        Ok(screens)
    }

    fn path(&self) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        folder.join(format!("micro-{}-{:016x}", self.name, self.digest))
    }

    /// Draws the screens, always, so that another way of drawing is noticed where it is written,
    /// and writes them if they are not there yet.
    ///
    /// Returns what the digest would have to be for these screens, if it is another.
    fn record(&self) -> Result<Option<u64>> {
        let screens = (self.draw)();
        let drawn = digest(&screens);
        if drawn != self.digest {
            return Ok(Some(drawn));
        }
        if !self.path().exists() {
            file::write(&self.path(), &screens)?;
        }
        Ok(None)
    }
}

/// Writes all recordings that are not there yet.
///
/// # Errors
/// If one cannot be written, or is not what it was when its digest was noted.
pub(crate) fn record_all() -> Result<()> {
    let scenes = [&PAGE, &SMOOTH, &TYPING, &DESKTOP, &WINDOW, &FILM];
    let films = FILMS.iter().map(|(_, film)| film);
    let mut changed = Vec::new();
    for recording in scenes.into_iter().chain(films) {
        if let Some(drawn) = recording.record()? {
            changed.push(format!("  {}: {drawn:#018x}", recording.name));
        }
    }
    if changed.is_empty() {
        return Ok(());
    }
    bail!(
        "these recordings are drawn in another way than when the baseline was taken:\n{}\nIf that \
         is on purpose, put these digests into bench/benches/micro/corpus and run \
         `cargo xtask bench-check --accept`",
        changed.join("\n")
    )
}

/// A number that changes when any pixel does, or a size. Against mistakes, not against malice.
fn digest(screens: &[Canvas]) -> u64 {
    let mut state = screens.len() as u64;
    let mut add = |word: u64| {
        state = (state ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    };
    for screen in screens {
        add(screen.size().area() << 32 | u64::from(screen.size().width));
        for pair in screen.pixels().chunks(2) {
            add(u64::from(pair[0]) << 32 | u64::from(*pair.last().unwrap_or(&0)));
        }
    }
    state
}
