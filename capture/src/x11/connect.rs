//! Connections to a display. Every thread has its own, so that none waits for another's reply.

use hackstream_protocol::geometry::Size;
use x11rb::connection::Connection;
use x11rb::errors::ConnectError;
use x11rb::protocol::xproto::{ConnectionExt, ImageOrder, Screen, Visualtype, Window};
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::rust_connection::{DefaultStream, RustConnection};

use super::cookie::{Cookie, SCHEME};
use crate::error::CaptureError;

/// Where a display is and what admits to it.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    name: String,
    /// `None`: whatever the user's Xauthority file says.
    cookie: Option<Cookie>,
}

/// A connection and the screen it is about.
pub(crate) struct Display {
    pub(crate) connection: RustConnection,
    screen: usize,
}

impl Address {
    pub(crate) fn new(name: &str, cookie: Option<Cookie>) -> Self {
        Self {
            name: name.to_owned(),
            cookie,
        }
    }

    pub(crate) fn connect(&self) -> Result<Display, CaptureError> {
        let connected = match &self.cookie {
            None => RustConnection::connect(Some(&self.name)),
            Some(cookie) => connect_with(&self.name, cookie),
        };
        let (connection, screen) = connected.map_err(|source| CaptureError::Connect {
            display: self.name.clone(),
            source,
        })?;
        Ok(Display { connection, screen })
    }
}

fn connect_with(name: &str, cookie: &Cookie) -> Result<(RustConnection, usize), ConnectError> {
    let parsed = parse_display(Some(name))?;
    let screen = usize::from(parsed.screen);
    let mut refusal = ConnectError::UnknownError;
    for address in parsed.connect_instruction() {
        match DefaultStream::connect(&address) {
            Ok((stream, _)) => {
                let connection = RustConnection::connect_to_stream_with_auth_info(
                    stream,
                    screen,
                    SCHEME.to_vec(),
                    cookie.bytes().to_vec(),
                )?;
                return Ok((connection, screen));
            }
            Err(error) => refusal = error.into(),
        }
    }
    Err(refusal)
}

impl Display {
    pub(crate) fn into_parts(self) -> (RustConnection, usize) {
        (self.connection, self.screen)
    }

    pub(crate) fn screen(&self) -> &Screen {
        // The index was checked by the connection's set-up.
        &self.connection.setup().roots[self.screen]
    }

    pub(crate) fn root(&self) -> Window {
        self.screen().root
    }

    /// Size of the screen now; the set-up's numbers are those of when the connection was made.
    pub(crate) fn query_size(&self) -> Result<Size, CaptureError> {
        let root = self.connection.get_geometry(self.root())?.reply()?;
        Ok(Size::new(u32::from(root.width), u32::from(root.height)))
    }

    /// Fails unless a pixel is a word 0xXXRRGGBB in this machine's byte order.
    pub(crate) fn check_pixel_layout(&self) -> Result<(), CaptureError> {
        let unsupported = |why| Err(CaptureError::UnsupportedScreen { why });
        let (setup, screen) = (self.connection.setup(), self.screen());
        if screen.root_depth != 24 {
            return unsupported("the depth is not 24");
        }
        let format = setup.pixmap_formats.iter().find(|f| f.depth == 24);
        if format.is_none_or(|f| f.bits_per_pixel != 32) {
            return unsupported("a pixel does not take 32 bits");
        }
        if (setup.image_byte_order == ImageOrder::LSB_FIRST) != cfg!(target_endian = "little") {
            return unsupported("the byte order is not ours");
        }
        let mut visuals = screen.allowed_depths.iter().flat_map(|d| &d.visuals);
        match visuals.find(|v| v.visual_id == screen.root_visual) {
            Some(visual) if has_rgb_masks(visual) => Ok(()),
            _ => unsupported("the colours are not red, green, blue of 8 bits"),
        }
    }
}

fn has_rgb_masks(visual: &Visualtype) -> bool {
    (visual.red_mask, visual.green_mask, visual.blue_mask) == (0xff_0000, 0xff00, 0xff)
}
