//! Reading the pixels of a real display.
//!
//! Only our side is counted, what the X server does is not. How damage is heard of is not here:
//! that is a thread which mostly waits, and `hackstream-bench compare` measures it by the clock as
//! a part of each latency.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, ensure};
use hackstream_capture::{Capture, PixelAccess};
use hackstream_codec::Canvas;
use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::region::Region;

use crate::case::{Case, Work};

/// Of the display.
const SIZE: Size = Size::new(1280, 800);

/// Pixels that the encoder reads at once: a row of a cell.
const SPAN: usize = 64;

/// What is done with the pixels.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// They are copied.
    Read,
    /// They are compared with what they were, as of most damage that is all.
    Compare,
}

/// How to get at the pixels of a display.
type Access = fn(&Display) -> PixelAccess;

pub(crate) fn cases() -> Vec<Case> {
    let mapped: Access = |display| PixelAccess::MappedFramebuffer(display.folder.clone());
    let shared: Access = |_| PixelAccess::SharedMemory;
    let kinds = [
        ("capture/mapped/read", mapped, Look::Read),
        ("capture/mapped/compare", mapped, Look::Compare),
        ("capture/shared-memory/read", shared, Look::Read),
    ];
    let case = |(name, access, look)| Case::new(name, move || on_display(access, look));
    kinds.map(case).into()
}

/// The work of fetching the whole screen and looking at all of it.
fn on_display(access: Access, look: Look) -> Result<Work> {
    let display = Display::start()?;
    let capture = Capture::open(&display.name, access(&display))?;
    let mut source = capture.source()?;
    let mut shown = Canvas::new(SIZE);
    let whole = Region::from(shown.bounds());
    Ok(Box::new(move || {
        // The work is done on them, so they live as long as it.
        let _ = (&display, &capture);
        source.fetch(&whole)?;
        for (row, y) in shown.pixels_mut().chunks_mut(SIZE.width as usize).zip(0..) {
            for (span, x) in row.chunks_mut(SPAN).zip((0..).step_by(SPAN)) {
                match look {
                    Look::Read => source.read_row(Point::new(x, y), span),
                    Look::Compare => {
                        ensure!(source.shows_row(Point::new(x, y), span), "it is not black");
                    }
                }
            }
        }
        Ok(0)
    }))
}

/// An Xvfb that shows nothing, and ends with the value.
struct Display {
    server: Child,
    name: String,
    /// Where it keeps its framebuffer.
    folder: PathBuf,
}

impl Display {
    fn start() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("micro-display-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
        std::fs::create_dir_all(&folder)?;
        let server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-fbdir"])
            .arg(&folder)
            .args(["-screen", "0", &format!("{SIZE}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb (Debian package xvfb)")?;
        let mut display = Self {
            server,
            name: String::new(),
            folder,
        };
        let number = display.server.stdout.take().context("Xvfb has no output")?;
        let mut line = String::new();
        BufReader::new(number).read_line(&mut line)?;
        ensure!(!line.trim().is_empty(), "Xvfb did not start");
        display.name = format!(":{}", line.trim());
        Ok(display)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself, and nothing depends on the folder.
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
