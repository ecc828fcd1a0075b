//! The pointer and the keys of a display: who sees them, and a program that plays with the pointer.

use hackstream_protocol::geometry::{Point, Size};
use x11rb::connection::Connection as _;
use x11rb::protocol::render::{Animcursorelt, ConnectionExt as _, CreatePictureAux, PictType};
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, Cursor,
    ImageFormat, InputFocus, KeyButMask, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Rows of a shape that are sent at once.
const BAND: usize = 64;

/// A pointer's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Width and height.
    pub size: (u16, u16),
    /// The pixel that points.
    pub hot_spot: (u16, u16),
    /// Row by row, `0xAARRGGBB` premultiplied.
    pub pixels: Vec<u32>,
}

impl Shape {
    /// One with all kinds of transparency.
    #[must_use]
    pub fn colourful(width: u16, height: u16, hot_spot: (u16, u16), seed: u32) -> Self {
        let pixel = |n: u32| {
            let alpha = n.wrapping_mul(37).wrapping_add(seed) & 0xff;
            let channel = |k: u32| (n.wrapping_mul(k) & 0xff) * alpha / 255;
            alpha << 24 | channel(11) << 16 | channel(29) << 8 | channel(53)
        };
        Self {
            size: (width, height),
            hot_spot,
            pixels: (0..u32::from(width) * u32::from(height))
                .map(pixel)
                .collect(),
        }
    }
}

/// A connection to a display, to look at its pointer and keys.
pub struct Witness {
    connection: RustConnection,
    root: u32,
}

impl Witness {
    /// Looks at the display with this name.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn of(display: &str) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("the display");
        let root = connection.setup().roots[screen].root;
        let version = connection.xfixes_query_version(4, 0).expect("XFIXES");
        version.reply().expect("XFIXES");
        Self { connection, root }
    }

    /// The pointer's shape.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn shape(&self) -> Shape {
        let image = self
            .connection
            .xfixes_get_cursor_image()
            .expect("a request");
        let image = image.reply().expect("a cursor");
        Shape {
            size: (image.width, image.height),
            hot_spot: (image.xhot, image.yhot),
            pixels: image.cursor_image,
        }
    }

    /// Where the pointer is.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn place(&self) -> Point {
        let pointer = self.connection.query_pointer(self.root).expect("a request");
        let pointer = pointer.reply().expect("the pointer");
        Point::new(pointer.root_x.into(), pointer.root_y.into())
    }

    /// Whether the first button of the pointer is down.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn has_button_down(&self) -> bool {
        let pointer = self.connection.query_pointer(self.root).expect("a request");
        let pointer = pointer.reply().expect("the pointer");
        pointer.mask.contains(KeyButMask::BUTTON1)
    }

    /// How many keys are down.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn keys_down(&self) -> u32 {
        let keymap = self.connection.query_keymap().expect("a request");
        let keys = keymap.reply().expect("the keys").keys;
        keys.iter().map(|byte| byte.count_ones()).sum()
    }

    /// Gives the keyboard to no window.
    ///
    /// # Panics
    /// If the display is gone.
    pub fn take_the_focus_away(&self) {
        let (root, now) = (self.root, x11rb::CURRENT_TIME);
        let taken = self.connection.set_input_focus(InputFocus::NONE, root, now);
        taken.expect("a request").check().expect("the focus");
    }
}

/// A program whose window covers a display, with a pointer of its own.
pub struct PointerProgram {
    connection: RustConnection,
    window: u32,
}

impl PointerProgram {
    /// Opens its window.
    ///
    /// # Panics
    /// If the display does not let it.
    #[must_use]
    pub fn on(display: &str, size: Size) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("the display");
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().expect("an id");
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(0x0020_4060);
        let (width, height) = (size.width as u16, size.height as u16);
        let class = WindowClass::INPUT_OUTPUT;
        connection
            .create_window(24, window, root, 0, 0, width, height, 0, class, 0, &aux)
            .expect("a window");
        connection.map_window(window).expect("a window");
        let program = Self { connection, window };
        program.done();
        program
    }

    /// Gives its window a pointer of this shape.
    ///
    /// # Panics
    /// If the display does not let it.
    pub fn show(&self, shape: &Shape) {
        self.use_cursor(self.cursor(shape));
    }

    /// Gives its window a pointer that turns through these shapes, each for `delay` milliseconds.
    ///
    /// # Panics
    /// If the display does not let it.
    pub fn animate(&self, shapes: &[Shape], delay: u32) {
        let elements: Vec<_> = shapes
            .iter()
            .map(|shape| Animcursorelt {
                cursor: self.cursor(shape),
                delay,
            })
            .collect();
        let cursor = self.connection.generate_id().expect("an id");
        let made = self.connection.render_create_anim_cursor(cursor, &elements);
        made.expect("a request").check().expect("a cursor");
        self.use_cursor(cursor);
    }

    /// Moves the pointer.
    ///
    /// # Panics
    /// If the display does not let it.
    pub fn warp(&self, x: i16, y: i16) {
        let none = x11rb::NONE;
        let moved = self
            .connection
            .warp_pointer(none, self.window, 0, 0, 0, 0, x, y);
        moved.expect("a request").check().expect("a moved pointer");
    }

    fn cursor(&self, shape: &Shape) -> Cursor {
        let connection = &self.connection;
        let formats = connection.render_query_pict_formats().expect("RENDER");
        let formats = formats.reply().expect("RENDER").formats;
        let argb = formats.iter().find(|f| {
            f.depth == 32
                && f.type_ == PictType::DIRECT
                && f.direct.alpha_shift == 24
                && f.direct.red_shift == 16
        });
        let format = argb.expect("a format with alpha").id;
        let [pixmap, context, picture, cursor] =
            [(); 4].map(|()| connection.generate_id().expect("an id"));
        let (width, height) = shape.size;
        connection
            .create_pixmap(32, pixmap, self.window, width, height)
            .expect("a pixmap");
        connection
            .create_gc(context, pixmap, &CreateGCAux::new())
            .expect("a context");
        // Large shapes do not fit into a request.
        let pixels = shape.pixels.chunks(usize::from(width) * BAND);
        for (band, pixels) in pixels.enumerate() {
            let bytes: Vec<u8> = pixels.iter().flat_map(|p| p.to_ne_bytes()).collect();
            let rows = (pixels.len() / usize::from(width)) as u16;
            let (z, top) = (ImageFormat::Z_PIXMAP, (band * BAND) as i16);
            connection
                .put_image(z, pixmap, context, width, rows, 0, top, 0, 32, &bytes)
                .expect("an image");
        }
        connection
            .render_create_picture(picture, pixmap, format, &CreatePictureAux::new())
            .expect("a picture");
        let (x, y) = shape.hot_spot;
        let made = connection.render_create_cursor(cursor, picture, x, y);
        made.expect("a request").check().expect("a cursor");
        cursor
    }

    fn use_cursor(&self, cursor: Cursor) {
        let aux = ChangeWindowAttributesAux::new().cursor(cursor);
        let changed = self.connection.change_window_attributes(self.window, &aux);
        changed.expect("a request").check().expect("a pointer");
    }

    fn done(&self) {
        let focus = self.connection.get_input_focus().expect("a request");
        focus.reply().expect("the display");
    }
}
