//! Pixels of any local display, copied by its X server into memory that it shares with us.

use std::fs::File;
use std::sync::Arc;

use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::{PixelSource, SourceError};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::ErrorKind;
use x11rb::protocol::shm::{ConnectionExt as _, Seg};
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat};

use super::COLOUR_MASK;
use super::mapped::visible_part;
use super::raw::Mapping;
use crate::error::CaptureError;
use crate::x11::connect::Display;
use crate::x11::screen_size::ScreenSize;

/// Requests sent for one region; a region of more rectangles is simplified.
const MAX_REQUESTS: usize = 64;

/// A reader of a display's pixels.
pub(crate) struct SharedSource {
    display: Display,
    store: Store,
    /// What was fetched last: disjoint, in bands, each with its first pixel's place in the store.
    fetched: Vec<(Rect, usize)>,
    /// The size that this reader knows of, and the one that the screen has.
    size: Size,
    screen: Arc<ScreenSize>,
}

/// Room for one screen of fetched pixels.
enum Store {
    /// The X server writes here.
    Segment { segment: Seg, mapping: Mapping },
    /// For displays that cannot share memory: pixels arrive on the connection.
    Received(Vec<u32>),
}

impl SharedSource {
    pub(crate) fn new(display: Display, screen: Arc<ScreenSize>) -> Result<Self, CaptureError> {
        let size = screen.get();
        let store = Store::new(&display, size)?;
        Ok(Self {
            display,
            store,
            fetched: Vec::new(),
            size,
            screen,
        })
    }

    /// Takes over the screen's size and makes room for it.
    fn adopt(&mut self, size: Size) -> Result<(), CaptureError> {
        self.fetched.clear();
        self.store.release(&self.display)?;
        self.store = Store::new(&self.display, size)?;
        self.size = size;
        Ok(())
    }

    /// What to do about a refused request: after a resize, rectangles lie outside the screen.
    fn recover(&mut self, error: ReplyError) -> SourceError {
        let is_mismatch = matches!(
            &error,
            ReplyError::X11Error(error) if error.error_kind == ErrorKind::Match
        );
        self.fetched.clear();
        if !is_mismatch {
            return CaptureError::from(error).into();
        }
        let adopted = self.display.query_size().and_then(|size| {
            self.screen.set(size);
            self.adopt(size)
        });
        match adopted {
            Ok(()) => SourceError::Resized,
            Err(error) => error.into(),
        }
    }
}

impl PixelSource for SharedSource {
    fn size(&self) -> Size {
        self.size
    }

    fn fetch(&mut self, region: &Region) -> Result<(), SourceError> {
        let size = self.screen.get();
        if size != self.size {
            self.adopt(size)?;
            return Err(SourceError::Resized);
        }
        let region = region
            .clipped(&Rect::of_size(size))
            .simplified(MAX_REQUESTS);
        self.fetched.clear();
        let mut place = 0;
        for &rect in region.rects() {
            self.fetched.push((rect, place));
            place += rect.area() as usize;
        }
        match self.store.fill(&self.display, &self.fetched) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.recover(error)),
        }
    }

    fn read_row(&self, start: Point, row: &mut [u32]) {
        let Some(row) = visible_part(self.size, start, row) else {
            return;
        };
        let (left, y) = (start.x.max(0), start.y);
        let right = left + row.len() as i32;
        // In a banded region bottoms are in order as well.
        let band = self.fetched.partition_point(|(rect, _)| rect.bottom <= y);
        for (rect, place) in &self.fetched[band..] {
            if rect.top > y {
                break;
            }
            let (from, to) = (left.max(rect.left), right.min(rect.right));
            if from < to {
                let line = (y - rect.top) as usize * rect.width() as usize;
                let place = place + line + (from - rect.left) as usize;
                let part = &mut row[(from - left) as usize..(to - left) as usize];
                self.store.copy(place, part);
            }
        }
    }
}

impl Store {
    fn new(display: &Display, size: Size) -> Result<Self, CaptureError> {
        match Self::segment(display, size) {
            Ok(store) => Ok(store),
            Err(CaptureError::Lost { reason }) => Err(CaptureError::Lost { reason }),
            Err(error) => {
                tracing::warn!(%error, "no shared memory with this display: reading is slower");
                Ok(Self::Received(vec![0; size.area() as usize]))
            }
        }
    }

    fn segment(display: &Display, size: Size) -> Result<Self, CaptureError> {
        let version = display
            .connection
            .shm_query_version()
            .map_err(|_| CaptureError::MissingExtension("MIT-SHM"))?
            .reply()?;
        if (version.major_version, version.minor_version) < (1, 2) {
            return Err(CaptureError::MissingExtension("MIT-SHM 1.2"));
        }
        let failed = |source| CaptureError::Framebuffer {
            path: "(shared memory)".into(),
            source,
        };
        let bytes = size.area() * 4;
        let file = sealed_memory(bytes).map_err(failed)?;
        let mapping = Mapping::of_file(&file, bytes as usize).map_err(failed)?;
        let segment = display.connection.generate_id()?;
        let attached = display.connection.shm_attach_fd(segment, file, false)?;
        attached.check()?;
        Ok(Self::Segment { segment, mapping })
    }

    fn release(&self, display: &Display) -> Result<(), CaptureError> {
        if let Self::Segment { segment, .. } = self {
            display.connection.shm_detach(*segment)?;
        }
        Ok(())
    }

    /// Sends a request for every rectangle before it waits for the first reply.
    fn fill(&mut self, display: &Display, parts: &[(Rect, usize)]) -> Result<(), ReplyError> {
        const ALL_PLANES: u32 = !0;
        let (connection, root) = (&display.connection, display.root());
        let format = ImageFormat::Z_PIXMAP;
        match self {
            Self::Segment { segment, .. } => {
                let mut replies = Vec::with_capacity(parts.len());
                for (rect, place) in parts {
                    let (x, y) = (rect.left as i16, rect.top as i16);
                    let (width, height) = (rect.width() as u16, rect.height() as u16);
                    replies.push(connection.shm_get_image(
                        root,
                        x,
                        y,
                        width,
                        height,
                        ALL_PLANES,
                        format.into(),
                        *segment,
                        (place * 4) as u32,
                    )?);
                }
                for reply in replies {
                    reply.reply()?;
                }
            }
            Self::Received(pixels) => {
                let mut replies = Vec::with_capacity(parts.len());
                for (rect, place) in parts {
                    let (x, y) = (rect.left as i16, rect.top as i16);
                    let (width, height) = (rect.width() as u16, rect.height() as u16);
                    let reply =
                        connection.get_image(format, root, x, y, width, height, ALL_PLANES)?;
                    replies.push((*place, reply));
                }
                for (place, reply) in replies {
                    receive(&reply.reply()?.data, &mut pixels[place..]);
                }
            }
        }
        Ok(())
    }

    fn copy(&self, place: usize, out: &mut [u32]) {
        match self {
            Self::Segment { mapping, .. } => mapping.copy_words(place * 4, out),
            Self::Received(pixels) => out.copy_from_slice(&pixels[place..place + out.len()]),
        }
        for pixel in out {
            *pixel &= COLOUR_MASK;
        }
    }
}

fn receive(data: &[u8], pixels: &mut [u32]) {
    for (bytes, pixel) in data.chunks_exact(4).zip(pixels) {
        *pixel = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
}

/// Anonymous memory that neither side can shorten under the other.
fn sealed_memory(bytes: u64) -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("hackstream-pixels", flags)?;
    ftruncate(&memory, bytes)?;
    fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(File::from(memory))
}
