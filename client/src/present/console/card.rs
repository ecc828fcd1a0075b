//! The monitor, and two buffers that it reads in turn (DRM/KMS with dumb buffers and page flips).
//!
//! Every driver of a display has these, and no memory of a graphics processor is needed. The kernel gives
//! the text console back when the device is closed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::sync::Arc;

use drm::buffer::{Buffer as _, DrmFourcc};
use drm::control::dumbbuffer::DumbMapping;
use drm::control::{
    Device as ControlDevice, Event, Mode, ModeTypeFlags, PageFlipFlags, connector, crtc,
    framebuffer,
};
use hackstream_protocol::geometry::{Size, Window as WindowSpace};

use super::ConsoleError;
pub(super) use super::cursor::Pointer;
use super::scanout::{Back, Monitor, turned};

const FOLDER: &str = "/dev/dri";

/// A device that drives monitors.
#[derive(Debug)]
pub(super) struct Node(File);

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl drm::Device for Node {}
impl ControlDevice for Node {}

/// The first monitor that is switched on.
pub(super) struct Card {
    node: Arc<Node>,
    crtc: crtc::Handle,
    size: Size<WindowSpace>,
    buffers: [Buffer; 2],
    ages: [u8; 2],
    /// Which of them is painted next.
    back: usize,
    flip: Flip,
}

/// Whether the monitor reads the newest buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flip {
    Done,
    Pending,
}

struct Buffer {
    framebuffer: framebuffer::Handle,
    /// For as long as the program runs, which has one monitor.
    pixels: DumbMapping<'static>,
    stride: u32,
}

/// Which monitor, by which of the device's engines, and how.
struct Route {
    connector: connector::Handle,
    crtc: crtc::Handle,
    mode: Mode,
}

impl Card {
    /// Takes the first monitor that is switched on, black, and its pointer.
    ///
    /// # Errors
    /// [`ConsoleError`] if there is none, or somebody else has it.
    pub(super) fn open() -> Result<(Self, Pointer), ConsoleError> {
        let failed = |said| ConsoleError::Device {
            path: FOLDER.to_owned(),
            said,
        };
        let entries = std::fs::read_dir(FOLDER).map_err(failed)?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let mut reason = ConsoleError::NoMonitor;
        for path in paths.iter().filter(|path| is_card(path)) {
            match Self::open_node(path) {
                Ok(Some(card)) => return Ok(card),
                Ok(None) => {}
                Err(said) => {
                    let path = path.display().to_string();
                    reason = ConsoleError::Device { path, said };
                }
            }
        }
        Err(reason)
    }

    /// `None` if no monitor is switched on there.
    fn open_node(path: &Path) -> io::Result<Option<(Self, Pointer)>> {
        let node = Arc::new(Node(OpenOptions::new().read(true).write(true).open(path)?));
        let Some(route) = route(&node)? else {
            return Ok(None);
        };
        let (width, height) = route.mode.size();
        let size = Size::new(width.into(), height.into());
        let buffers = [Buffer::new(&node, size)?, Buffer::new(&node, size)?];
        node.set_crtc(
            route.crtc,
            Some(buffers[0].framebuffer),
            (0, 0),
            &[route.connector],
            Some(route.mode),
        )?;
        let pointer = Pointer::new(Arc::clone(&node), route.crtc);
        let card = Self {
            node,
            crtc: route.crtc,
            size,
            buffers,
            ages: [0, 0],
            back: 1,
            flip: Flip::Done,
        };
        Ok(Some((card, pointer)))
    }

    /// Waits until the monitor reads what was painted last.
    fn settle(&mut self) -> io::Result<()> {
        while self.flip == Flip::Pending {
            let events = match self.node.receive_events() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                events => events?,
            };
            if events
                .into_iter()
                .any(|event| matches!(event, Event::PageFlip(_)))
            {
                self.flip = Flip::Done;
            }
        }
        Ok(())
    }
}

impl Monitor for Card {
    fn size(&self) -> Size<WindowSpace> {
        self.size
    }

    fn back(&mut self) -> Result<Back<'_>, String> {
        self.settle().map_err(|error| error.to_string())?;
        let buffer = &mut self.buffers[self.back];
        Ok(Back {
            pixels: bytemuck::cast_slice_mut(&mut buffer.pixels),
            stride: buffer.stride,
            age: self.ages[self.back],
        })
    }

    fn flip(&mut self) -> Result<(), String> {
        let framebuffer = self.buffers[self.back].framebuffer;
        self.node
            .page_flip(self.crtc, framebuffer, PageFlipFlags::EVENT, None)
            .map_err(|error| error.to_string())?;
        self.flip = Flip::Pending;
        (self.ages, self.back) = turned(self.ages, self.back);
        Ok(())
    }
}

impl Buffer {
    fn new(node: &Node, size: Size<WindowSpace>) -> io::Result<Self> {
        let format = DrmFourcc::Xrgb8888;
        let buffer = node.create_dumb_buffer((size.width, size.height), format, 32)?;
        let framebuffer = node.add_framebuffer(&buffer, 24, 32)?;
        let stride = buffer.pitch() / 4;
        let mut pixels = node.map_dumb_buffer(Box::leak(Box::new(buffer)))?;
        pixels.fill(0);
        Ok(Self {
            framebuffer,
            pixels,
            stride,
        })
    }
}

fn is_card(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.starts_with("card"))
}

/// The first monitor that is switched on, in the mode that it prefers.
fn route(node: &Node) -> io::Result<Option<Route>> {
    let resources = node.resource_handles()?;
    for &handle in resources.connectors() {
        let connector = node.get_connector(handle, true)?;
        if connector.state() != connector::State::Connected {
            continue;
        }
        let modes = connector.modes();
        let preferred = |mode: &&Mode| mode.mode_type().contains(ModeTypeFlags::PREFERRED);
        let Some(&mode) = modes.iter().find(preferred).or(modes.first()) else {
            continue;
        };
        // The engine that it has, or one that it may have.
        let current = connector.current_encoder().into_iter();
        for &encoder in connector.encoders() {
            let encoder = node.get_encoder(encoder)?;
            let possible = resources.filter_crtcs(encoder.possible_crtcs());
            let current = current.clone().filter(|&of| of == encoder.handle());
            let used = current.filter_map(|_| encoder.crtc()).next();
            if let Some(crtc) = used.or(possible.first().copied()) {
                return Ok(Some(Route {
                    connector: handle,
                    crtc,
                    mode,
                }));
            }
        }
    }
    Ok(None)
}
