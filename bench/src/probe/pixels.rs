//! How the display's pixels are read.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder};
use x11rb::rust_connection::RustConnection;

use crate::mapping::Framebuffer;
use crate::scene::Area;

/// Fine enough for a key, cheap enough not to take a core.
const MAPPED_STEP: Duration = Duration::from_micros(100);
/// Each look costs the X server a copy, from the graphics card perhaps.
const FETCHED_STEP: Duration = Duration::from_micros(500);

/// A way to the display's pixels.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// The memory of our own Xvfb: costs nobody anything.
    Mapped(Framebuffer),
    /// Copies from an X server that others use.
    Fetched(Box<Fetcher>),
}

impl Pixels {
    /// How long to wait between two looks.
    pub(super) const fn look_step(&self) -> Duration {
        match self {
            Self::Mapped(_) => MAPPED_STEP,
            Self::Fetched(_) => FETCHED_STEP,
        }
    }

    /// What two areas of the display show now.
    pub(super) fn look(&self, areas: [Area; 2]) -> View<'_> {
        match self {
            Self::Mapped(framebuffer) => View::Live(framebuffer),
            Self::Fetched(fetcher) => View::Copied(fetcher.fetch(areas)),
        }
    }
}

/// Pixels to be read, those of the areas at least.
pub(super) enum View<'a> {
    Live(&'a Framebuffer),
    Copied([Patch; 2]),
}

impl View<'_> {
    /// The colour 0x00RRGGBB at a place of the display; black outside.
    pub(super) fn pixel(&self, (x, y): (u16, u16)) -> u32 {
        let found = match self {
            Self::Live(framebuffer) => framebuffer.pixel(x.into(), y.into()),
            Self::Copied(patches) => patches.iter().find_map(|patch| patch.pixel(x, y)),
        };
        found.unwrap_or(0)
    }
}

/// A copy of an area.
#[derive(Debug)]
pub(super) struct Patch {
    area: Area,
    /// Four bytes a pixel, blue first; empty if the X server refused.
    bytes: Vec<u8>,
}

impl Patch {
    fn pixel(&self, x: u16, y: u16) -> Option<u32> {
        let column = x.checked_sub(self.area.x)?;
        let row = y.checked_sub(self.area.y)?;
        if column >= self.area.width || row >= self.area.height {
            return None;
        }
        let start = (usize::from(row) * usize::from(self.area.width) + usize::from(column)) * 4;
        let &[blue, green, red] = self.bytes.get(start..start + 3)? else {
            return None;
        };
        Some(u32::from_be_bytes([0, red, green, blue]))
    }
}

/// Copies areas of a display's screen, all windows on it included.
#[derive(Debug)]
pub(crate) struct Fetcher {
    connection: RustConnection,
    root: u32,
}

impl Fetcher {
    /// Fails unless the screen has the usual 24 bits of colour.
    pub(crate) fn open(display: &str) -> Result<Self> {
        let (connection, number) = RustConnection::connect(Some(display))
            .with_context(|| format!("cannot connect to display {display}"))?;
        let setup = connection.setup();
        let screen = &setup.roots[number];
        let depths = screen.allowed_depths.iter();
        let red = depths
            .flat_map(|depth| &depth.visuals)
            .find(|visual| visual.visual_id == screen.root_visual)
            .map(|visual| visual.red_mask);
        let is_little_endian = setup.image_byte_order == ImageOrder::LSB_FIRST;
        if red != Some(0xff_0000) || !is_little_endian {
            bail!("display {display} does not have 24 bits of colour in the usual order");
        }
        let root = screen.root;
        Ok(Self { connection, root })
    }

    fn fetch(&self, areas: [Area; 2]) -> [Patch; 2] {
        // Both requests leave before the first answer is awaited.
        let cookies = areas.map(|area| {
            self.connection.get_image(
                ImageFormat::Z_PIXMAP,
                self.root,
                area.x as i16,
                area.y as i16,
                area.width,
                area.height,
                u32::MAX,
            )
        });
        let mut copies = cookies.into_iter().map(|cookie| {
            let reply = cookie.ok().and_then(|cookie| cookie.reply().ok());
            reply.map_or_else(Vec::new, |reply| reply.data)
        });
        areas.map(|area| Patch {
            area,
            bytes: copies.next().unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_knows_its_place() {
        let area = Area {
            x: 10,
            y: 20,
            width: 2,
            height: 2,
        };
        let bytes = (0..16).collect();
        let patch = Patch { area, bytes };
        assert_eq!(patch.pixel(11, 21), Some(0x0e_0d0c));
        assert_eq!(patch.pixel(12, 21), None);
        assert_eq!(patch.pixel(9, 20), None);
        let refused = Patch {
            area,
            bytes: Vec::new(),
        };
        let view = View::Copied([patch, refused]);
        assert_eq!(view.pixel((10, 20)), 0x02_0100);
        assert_eq!(view.pixel((0, 0)), 0);
    }
}
