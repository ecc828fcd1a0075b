//! Pictures, and whether the viewer shows what the server has.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::{Duration, Instant};

use hackstream_protocol::geometry::Size;
use hackstream_view::headless::Viewer;

use crate::{LOOK, PATIENCE, evidence_directory, wait_until};

/// A screen that did not change for this long has come to rest.
const REST: Duration = Duration::from_millis(300);

/// A picture: pixels row by row, as `0x00RRGGBB`.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width and height.
    pub size: Size,
    /// As many as the size has.
    pub pixels: Vec<u32>,
}

/// Something with a picture: a display, or a viewer.
pub trait Screen {
    /// What is to be seen now.
    fn picture(&self) -> Picture;
}

impl Screen for Viewer {
    fn picture(&self) -> Picture {
        let (size, pixels) = self.canvas_snapshot();
        Picture { size, pixels }
    }
}

impl Picture {
    /// Reads a PNG file.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn read_png(path: &Path) -> Self {
        let file = File::open(path).expect("a PNG file");
        let decoder = png::Decoder::new(std::io::BufReader::new(file));
        let mut reader = decoder.read_info().expect("a PNG file");
        let (width, height) = (reader.info().width, reader.info().height);
        let channels = reader.info().color_type.samples();
        let mut bytes = vec![0; reader.output_buffer_size().expect("a small picture")];
        reader.next_frame(&mut bytes).expect("pixels");
        let pixel = |rgb: &[u8]| u32::from_be_bytes([0, rgb[0], rgb[1], rgb[2]]);
        Self {
            size: Size::new(width, height),
            pixels: bytes.chunks_exact(channels).map(pixel).collect(),
        }
    }

    /// The colour of a pixel; none outside the picture.
    #[must_use]
    pub fn at(&self, x: u32, y: u32) -> Option<u32> {
        let inside = x < self.size.width && y < self.size.height;
        inside.then(|| self.pixels[(y * self.size.width + x) as usize])
    }

    /// By how much the colours differ on average, 0 to 255; the most if the sizes differ.
    #[must_use]
    pub fn mean_difference(&self, other: &Self) -> f64 {
        if self.size != other.size {
            return 255.0;
        }
        let channels = |pixels: &[u32]| -> Vec<u8> {
            let bytes = pixels.iter().map(|pixel| pixel.to_be_bytes());
            bytes
                .flat_map(|[_, red, green, blue]| [red, green, blue])
                .collect()
        };
        let (a, b) = (channels(&self.pixels), channels(&other.pixels));
        let sum: u64 = a
            .iter()
            .zip(&b)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        sum as f64 / a.len() as f64
    }

    fn write_png(&self, path: &Path) {
        if self.pixels.is_empty() {
            return;
        }
        let file = BufWriter::new(File::create(path).expect("a file for evidence"));
        let mut encoder = png::Encoder::new(file, self.size.width, self.size.height);
        encoder.set_color(png::ColorType::Rgb);
        let bytes: Vec<u8> = self
            .pixels
            .iter()
            .flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1))
            .collect();
        let mut writer = encoder.write_header().expect("a PNG header");
        writer.write_image_data(&bytes).expect("PNG data");
    }

    /// White where the pictures differ; none if their sizes do.
    fn difference(&self, other: &Self) -> Option<Self> {
        let pairs = self.pixels.iter().zip(&other.pixels);
        (self.size == other.size).then(|| Self {
            size: self.size,
            pixels: pairs
                .map(|(a, b)| if a == b { 0 } else { 0x00ff_ffff })
                .collect(),
        })
    }
}

/// Does something that changes the server's screen; then waits until each viewer shows all of it.
///
/// # Panics
/// If the screen does not change, or a viewer does not show it.
pub fn step(server: &impl Screen, viewers: &[&Viewer], what: &str, action: impl FnOnce()) {
    change(server, what, action);
    exact(server, viewers, what);
}

/// Does something that changes a screen, and waits until it has changed and come to rest.
///
/// # Panics
/// If it does not change, or never rests.
pub fn change(screen: &impl Screen, what: &str, action: impl FnOnce()) {
    let before = screen.picture();
    action();
    wait_until(&format!("a change after: {what}"), || {
        (screen.picture() != before).then_some(())
    });
    rest(screen, what);
}

/// Waits until a look at a viewer finds exactly what is on the server's screen. The look may take
/// long, as a program's that is started for it does: what counts is one during which the screen
/// has not changed.
///
/// # Panics
/// If the pictures differ, or the screen never rests.
pub fn assert_shown(server: &impl Screen, what: &str, mut look: impl FnMut() -> Picture) {
    wait_until(what, || {
        let expected = server.picture();
        let seen = look();
        if server.picture() != expected {
            return None;
        }
        assert_same(what, &expected, &seen);
        Some(())
    });
}

/// Waits until the screen rests, and then until each viewer shows exactly what is on it.
///
/// # Panics
/// If that does not come about; the pictures are left in `target/e2e`.
pub fn exact(server: &impl Screen, viewers: &[&Viewer], what: &str) {
    rest(server, what);
    for viewer in viewers {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let (expected, seen) = (server.picture(), viewer.picture());
            if expected == seen {
                break;
            }
            if Instant::now() > deadline {
                fail(what, &expected, &seen);
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Fails, leaving evidence, unless the pictures are the same.
///
/// # Panics
/// If they differ.
pub fn assert_same(what: &str, expected: &Picture, seen: &Picture) {
    if expected != seen {
        fail(what, expected, seen);
    }
}

/// Waits until the screen has not changed for a while.
///
/// # Panics
/// If it never rests.
pub fn rest(screen: &impl Screen, what: &str) {
    let mut last = (screen.picture(), Instant::now());
    wait_until(&format!("the screen to rest after: {what}"), || {
        let now = screen.picture();
        if now != last.0 {
            last = (now, Instant::now());
        }
        (last.1.elapsed() >= REST).then_some(())
    });
}

fn fail(what: &str, expected: &Picture, seen: &Picture) -> ! {
    let thread = std::thread::current();
    let name: String = format!("{} {what}", thread.name().unwrap_or("test"))
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let directory = evidence_directory();
    let write = |picture: &Picture, kind: &str| {
        picture.write_png(&directory.join(format!("{name}-{kind}.png")));
    };
    write(expected, "server");
    write(seen, "viewer");
    let difference = expected.difference(seen);
    if let Some(difference) = &difference {
        write(difference, "difference");
    }
    let wrong = difference.map(|d| d.pixels.iter().filter(|pixel| **pixel != 0).count());
    panic!(
        "{what}: the viewer's picture is not the server's: {} and {}, wrong pixels: {wrong:?}; see {}",
        expected.size,
        seen.size,
        directory.join(name).display()
    );
}
