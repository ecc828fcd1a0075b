//! Requests to the X display, for one window.

use hackstream_protocol::geometry::{Offset, Rect, Size, Window as WindowSpace};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, CreateGCAux, Gcontext, ImageFormat, Rectangle};
use x11rb::rust_connection::RustConnection;

use super::X11Error;
use super::format::{Format, pack};

/// A connection to the display, besides the one that the window came from: that one is not lent.
pub(super) struct Display {
    connection: RustConnection,
    window: u32,
    context: Gcontext,
    depth: u8,
    format: Format,
    /// Pixels on their way, where the display keeps them otherwise than the picture does.
    packed: Vec<u16>,
}

impl Display {
    pub(super) fn open(window: u32) -> Result<Self, X11Error> {
        let (connection, _) = RustConnection::connect(None)?;
        let geometry = connection.get_geometry(window)?;
        let attributes = connection.get_window_attributes(window)?.reply()?;
        let depth = geometry.reply()?.depth;
        let format = Format::of(connection.setup(), depth, attributes.visual);
        let format = format.ok_or(X11Error::Format(depth))?;
        let context = connection.generate_id()?;
        let black = CreateGCAux::new().foreground(0).graphics_exposures(0);
        connection.create_gc(context, window, &black)?.check()?;
        Ok(Self {
            connection,
            window,
            context,
            depth,
            format,
            packed: Vec::new(),
        })
    }

    /// Whether the display keeps pixels as the picture does.
    pub(super) fn is_like_picture(&self) -> bool {
        self.format == Format::Whole
    }

    pub(super) const fn connection(&self) -> &RustConnection {
        &self.connection
    }

    /// Makes rectangles black.
    pub(super) fn clear(&self, rects: &[Rect<WindowSpace>]) -> Result<(), X11Error> {
        let rects: Vec<Rectangle> = rects.iter().filter_map(foreign).collect();
        if !rects.is_empty() {
            self.connection
                .poly_fill_rectangle(self.window, self.context, &rects)?;
        }
        Ok(())
    }

    /// Shows in `rect` what the segment holds there: a picture of `size`, which lies in the window
    /// at `offset`.
    pub(super) fn put_shared(
        &self,
        segment: shm::Seg,
        size: Size,
        rect: &Rect<WindowSpace>,
        offset: Offset<WindowSpace>,
    ) -> Result<(), X11Error> {
        let (Some(to), Some(from)) = (foreign(rect), foreign(&rect.translated(offset.reversed())))
        else {
            return Ok(());
        };
        self.connection.shm_put_image(
            self.window,
            self.context,
            size.width as u16,
            size.height as u16,
            from.x as u16,
            from.y as u16,
            to.width,
            to.height,
            to.x,
            to.y,
            self.depth,
            ImageFormat::Z_PIXMAP.into(),
            false,
            segment,
            0,
        )?;
        Ok(())
    }

    /// Shows `pixels` in `rect`.
    pub(super) fn put(&mut self, pixels: &[u32], rect: &Rect<WindowSpace>) -> Result<(), X11Error> {
        let Some(to) = foreign(rect) else {
            return Ok(());
        };
        let bytes = match self.format {
            Format::Whole => bytemuck::cast_slice(pixels),
            Format::Rgb565 { row_pixels } => {
                pack(pixels, rect.width() as usize, row_pixels, &mut self.packed);
                bytemuck::cast_slice(&self.packed)
            }
        };
        self.connection.put_image(
            ImageFormat::Z_PIXMAP,
            self.window,
            self.context,
            to.width,
            to.height,
            to.x,
            to.y,
            0,
            self.depth,
            bytes,
        )?;
        Ok(())
    }

    /// Waits until the display has done all that it was asked for.
    ///
    /// # Errors
    /// The first thing that it could not do.
    pub(super) fn settle(&self) -> Result<(), X11Error> {
        self.connection.get_input_focus()?.reply()?;
        while let Some(event) = self.connection.poll_for_event()? {
            if let Event::Error(error) = event {
                return Err(X11Error::Reply(error.into()));
            }
        }
        Ok(())
    }
}

/// The rectangle in the display's terms; `None` if it is empty or too far out for them.
fn foreign(rect: &Rect<WindowSpace>) -> Option<Rectangle> {
    let rectangle = Rectangle {
        x: i16::try_from(rect.left).ok()?,
        y: i16::try_from(rect.top).ok()?,
        width: u16::try_from(rect.width()).ok()?,
        height: u16::try_from(rect.height()).ok()?,
    };
    (!rect.is_empty()).then_some(rectangle)
}
