//! The facade: a display, and the parts of it that others ask for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hackstream_protocol::geometry::{Point, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use hackstream_protocol::wire::control::{CursorShape, Scale, WindowIcon};
use x11rb::rust_connection::RustConnection;

use crate::error::CaptureError;
use crate::pixels::mapped::{Framebuffer, MappedSource};
use crate::pixels::shared::SharedSource;
use crate::x11::connect::{Address, Display};
use crate::x11::cookie::Cookie;
use crate::x11::cursor;
use crate::x11::inject::Injector;
use crate::x11::resize;
use crate::x11::screen_size::ScreenSize;
use crate::x11::typist::KeyChanges;
use crate::x11::watch::Watcher;
use crate::x11::window_manager;

/// How pixels are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PixelAccess {
    /// From the file that our own Xvfb keeps its framebuffer in (`-fbdir`, this directory).
    ///
    /// No request and no copy by the X server. The server's cursor, which it would paint into
    /// that file, is hidden for as long as the [`Capture`] lives.
    MappedFramebuffer(PathBuf),
    /// Through MIT-SHM, from any local X server; through plain requests where that fails.
    SharedMemory,
}

/// What happened on a display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayEvent {
    /// These pixels may have changed. Never empty.
    Damage(Region),
    /// The pointer looks like this now. Told once at the start of the watch as well.
    CursorShape(CursorShape),
    /// An application moved the pointer.
    CursorPosition(Point),
    /// The window in front is called so now: at most [`MAX_TITLE_BYTES`], as the program wrote it.
    /// Empty if there is none.
    ///
    /// [`MAX_TITLE_BYTES`]: hackstream_protocol::limits::MAX_TITLE_BYTES
    Title(String),
    /// The window in front has this icon now.
    Icon(WindowIcon),
    /// The screen has this size now.
    Resized(Size),
    /// A program rang the bell.
    Bell,
    /// The display is gone; nothing follows.
    Gone {
        /// What the system said.
        reason: String,
    },
}

/// One X display.
pub struct Capture {
    address: Address,
    pixels: Pixels,
    size: Arc<ScreenSize>,
    key_changes: KeyChanges,
    /// Keeps the cursor hidden, and carries the rare requests.
    display: Display,
}

/// [`PixelAccess`], opened.
enum Pixels {
    Mapped(Arc<Framebuffer>),
    Shared,
}

impl Capture {
    /// Opens `display` (as in `DISPLAY`) with the credentials of the user's Xauthority file.
    ///
    /// # Errors
    /// [`CaptureError`] if the display or its framebuffer cannot be opened or has pixels that we
    /// do not read.
    pub fn open(display: &str, access: PixelAccess) -> Result<Self, CaptureError> {
        Self::open_at(Address::new(display, None), access)
    }

    /// Opens `display` with this cookie and without looking at any Xauthority file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_authorized(
        display: &str,
        cookie: &Cookie,
        access: PixelAccess,
    ) -> Result<Self, CaptureError> {
        Self::open_at(Address::new(display, Some(cookie.clone())), access)
    }

    fn open_at(address: Address, access: PixelAccess) -> Result<Self, CaptureError> {
        let display = address.connect()?;
        display.check_pixel_layout()?;
        let size = display.query_size()?;
        let pixels = match access {
            PixelAccess::MappedFramebuffer(dir) => {
                let framebuffer = Framebuffer::open(&dir, size)?;
                cursor::hide(&display)?;
                Pixels::Mapped(Arc::new(framebuffer))
            }
            PixelAccess::SharedMemory => Pixels::Shared,
        };
        Ok(Self {
            address,
            pixels,
            size: Arc::new(ScreenSize::new(size)),
            key_changes: KeyChanges::default(),
            display,
        })
    }

    /// The screen's size, as last seen by a [`Watcher`], a source or [`resize`](Self::resize).
    #[must_use]
    pub fn size(&self) -> Size {
        self.size.get()
    }

    /// A reader of the screen's pixels. Each reading thread takes one of its own.
    ///
    /// # Errors
    /// [`CaptureError`] if the display does not accept another connection.
    pub fn source(&self) -> Result<Box<dyn PixelSource>, CaptureError> {
        let size = Arc::clone(&self.size);
        Ok(match &self.pixels {
            Pixels::Mapped(framebuffer) => {
                Box::new(MappedSource::new(Arc::clone(framebuffer), size))
            }
            Pixels::Shared => Box::new(SharedSource::new(self.address.connect()?, size)?),
        })
    }

    /// Calls `sink` for all that happens on the display from now on, on threads of its own.
    ///
    /// It begins with the cursor's shape and with damage of the whole screen. Calls never overlap.
    /// While `sink` runs nothing else is noticed, so it hands the event over and returns.
    ///
    /// # Errors
    /// [`CaptureError`] if the display lacks an extension or a thread cannot be started.
    pub fn watch(
        &self,
        sink: impl FnMut(DisplayEvent) + Send + 'static,
    ) -> Result<Watcher, CaptureError> {
        Watcher::start(&self.address, Arc::clone(&self.size), sink)
    }

    /// A player of input. What it pressed, it releases; each viewer has one of its own.
    ///
    /// # Errors
    /// [`CaptureError`] if the display lacks XTEST or does not accept another connection.
    pub fn injector(&self) -> Result<Injector, CaptureError> {
        Injector::new(self.address.connect()?, self.key_changes.clone())
    }

    /// A connection to the display, and the number of its screen, for what is not done here.
    ///
    /// # Errors
    /// [`CaptureError`] if the display does not accept another connection.
    pub fn connection(&self) -> Result<(RustConnection, usize), CaptureError> {
        Ok(self.address.connect()?.into_parts())
    }

    /// Gives the screen another size, and tells programs by how much to scale what they show.
    ///
    /// # Errors
    /// [`CaptureError::SizeOutOfRange`] if the display does not offer it.
    pub fn resize(&self, size: Size, scale: Scale) -> Result<(), CaptureError> {
        resize::set_screen_size(&self.display, size, scale)?;
        self.size.set(size);
        Ok(())
    }

    /// Returns as soon as a window manager has announced itself.
    ///
    /// # Errors
    /// [`CaptureError::NoWindowManager`] if none has after `patience`.
    pub fn wait_for_window_manager(&self, patience: Duration) -> Result<(), CaptureError> {
        window_manager::wait(&self.address.connect()?, patience)
    }
}
