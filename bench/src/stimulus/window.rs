//! The full-screen window of the stimulus and what is drawn on it.

use std::cell::Cell;

use anyhow::Result;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeGCAux, ConnectionExt, CreateGCAux, CreateWindowAux, EventMask, Gcontext,
    ImageFormat, InputFocus, PropMode, Rectangle, Window as WindowId, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::font::{BitLayout, GLYPH_HEIGHT, GLYPH_WIDTH};
use crate::scene::{Area, MarkerColor, Scene};

const INK: u32 = 0x00_0000;
const PAPER: u32 = 0xff_ffff;
/// A window manager that insists on the focus more often than this may have it.
const FOCUS_ATTEMPTS: u32 = 50;

/// An override-redirect window: works with and without a window manager.
pub(super) struct Window {
    connection: RustConnection,
    id: WindowId,
    depth: u8,
    text_context: Gcontext,
    marker_context: Gcontext,
    bits: BitLayout,
    markers: [Area; 2],
    focus_attempts: Cell<u32>,
}

impl Window {
    pub(super) fn open(scene: Scene) -> Result<Self> {
        let (connection, screen_number) = RustConnection::connect(None)?;
        let screen = &connection.setup().roots[screen_number];
        let (root, depth) = (screen.root, screen.root_depth);
        let (id, text_context, marker_context) = (
            connection.generate_id()?,
            connection.generate_id()?,
            connection.generate_id()?,
        );
        let events = EventMask::KEY_PRESS | EventMask::FOCUS_CHANGE | EventMask::STRUCTURE_NOTIFY;
        let values = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(PAPER)
            .event_mask(events);
        let (size, class) = (scene.size(), WindowClass::INPUT_OUTPUT);
        let depth_kind = COPY_DEPTH_FROM_PARENT;
        connection.create_window(
            depth_kind,
            id,
            root,
            0,
            0,
            size.width,
            size.height,
            0,
            class,
            0,
            &values,
        )?;
        let title = b"hackstream-bench stimulus";
        connection.change_property8(
            PropMode::REPLACE,
            id,
            AtomEnum::WM_NAME,
            AtomEnum::STRING,
            title,
        )?;
        let text = CreateGCAux::new()
            .foreground(INK)
            .background(PAPER)
            .graphics_exposures(0);
        connection.create_gc(text_context, id, &text)?;
        connection.create_gc(marker_context, id, &CreateGCAux::new())?;
        connection.map_window(id)?;
        connection.sync()?;
        let bits = BitLayout::of(connection.setup());
        let (markers, focus_attempts) = (scene.markers(), Cell::new(0));
        Ok(Self {
            connection,
            id,
            depth,
            text_context,
            marker_context,
            bits,
            markers,
            focus_attempts,
        })
    }

    pub(super) const fn connection(&self) -> &RustConnection {
        &self.connection
    }

    pub(super) const fn id(&self) -> WindowId {
        self.id
    }

    pub(super) const fn depth(&self) -> u8 {
        self.depth
    }

    pub(super) const fn context(&self) -> Gcontext {
        self.text_context
    }

    /// Only a viewable window may have the focus: call after it was mapped.
    pub(super) fn take_focus(&self) -> Result<()> {
        self.connection
            .set_input_focus(InputFocus::PARENT, self.id, x11rb::CURRENT_TIME)?;
        Ok(self.connection.flush()?)
    }

    /// A window manager that starts later takes the focus away; take it back, within reason.
    pub(super) fn take_focus_again(&self) -> Result<()> {
        self.focus_attempts.set(self.focus_attempts.get() + 1);
        if self.focus_attempts.get() > FOCUS_ATTEMPTS {
            Ok(())
        } else {
            self.take_focus()
        }
    }

    pub(super) fn draw_text(&self, x: u16, y: u16, text: &[u8]) -> Result<()> {
        let width = text.len() as u16 * GLYPH_WIDTH;
        let bits = self.bits.render(text);
        let format = ImageFormat::XY_BITMAP;
        let (x, y) = (x as i16, y as i16);
        self.connection.put_image(
            format,
            self.id,
            self.text_context,
            width,
            GLYPH_HEIGHT,
            x,
            y,
            0,
            1,
            &bits,
        )?;
        Ok(())
    }

    /// Moves the area's content up by `rows`; the rows at its end keep what they showed.
    pub(super) fn copy_up(&self, area: Area, rows: u16) -> Result<()> {
        let (x, y) = (area.x as i16, area.y as i16);
        let (from, height) = (y + rows as i16, area.height - rows);
        let context = self.text_context;
        self.connection
            .copy_area(self.id, self.id, context, x, from, x, y, area.width, height)?;
        Ok(())
    }

    pub(super) fn draw_markers(&self, color: MarkerColor) -> Result<()> {
        let values = ChangeGCAux::new().foreground(color.rgb());
        self.connection.change_gc(self.marker_context, &values)?;
        let rectangles = self.markers.map(|area| Rectangle {
            x: area.x as i16,
            y: area.y as i16,
            width: area.width,
            height: area.height,
        });
        self.connection
            .poly_fill_rectangle(self.id, self.marker_context, &rectangles)?;
        Ok(())
    }
}
