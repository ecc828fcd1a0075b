//! Windows of a display: what they are called, what they look like, and one to be called anything.

use std::path::Path;

use hackstream_protocol::geometry::Size;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux,
    EventMask, ImageFormat, InputFocus, PropMode, Window, WindowClass,
};
use x11rb::reexports::x11rb_protocol::parse_display::{ParsedDisplay, parse_display};
use x11rb::rust_connection::{DefaultStream, RustConnection};
use x11rb::wrapper::ConnectionExt as _;

use crate::server::Server;

/// Words of a property that are read.
const MOST_WORDS: u32 = 1 << 20;

/// A connection to a display with a window manager, to look at its windows.
pub struct Windows {
    connection: RustConnection,
    root: Window,
}

impl Windows {
    /// Those of the display with this name.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn of(display: &str) -> Self {
        let (connection, screen) = x11rb::connect(Some(display)).expect("the display");
        let root = connection.setup().roots[screen].root;
        Self { connection, root }
    }

    /// Those of the session of a server.
    ///
    /// # Panics
    /// If it has none of its own.
    #[must_use]
    pub fn of_session(server: &Server) -> Self {
        let display = parse_display(Some(&server.ready.display)).expect("a display's name");
        let cookie = cookie(&server.folder().sessions()[0].join("Xauthority"));
        let connection = connect(&display, cookie);
        let root = connection.setup().roots[0].root;
        Self { connection, root }
    }

    /// What a display of 16 bits shows in its upper left corner, row by row.
    ///
    /// # Panics
    /// If it has another depth, or is smaller.
    #[must_use]
    pub fn packed(&self, size: Size) -> Vec<u16> {
        let (width, height) = (size.width as u16, size.height as u16);
        let image =
            self.connection
                .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, width, height, !0);
        let image = image.expect("a request").reply().expect("pixels");
        assert_eq!(image.depth, 16);
        // Rows are padded to 32 bits.
        let stride = image.data.len() / usize::from(height);
        let pixels = image.data.chunks(stride).flat_map(|row| {
            let pixels = row.chunks_exact(2).take(usize::from(width));
            pixels.map(|pixel| u16::from_le_bytes([pixel[0], pixel[1]]))
        });
        pixels.collect()
    }

    /// The one that was opened first.
    #[must_use]
    pub fn first(&self) -> Option<Window> {
        self.words(self.root, "_NET_CLIENT_LIST").first().copied()
    }

    /// What the first one is called; empty if there is none.
    #[must_use]
    pub fn title(&self) -> String {
        let window = self.first();
        let text = window.map(|window| self.bytes(window, "_NET_WM_NAME"));
        String::from_utf8(text.unwrap_or_default()).expect("UTF-8")
    }

    /// The icon of the first one, as width, height and pixels; empty if it has none.
    #[must_use]
    pub fn icon(&self) -> Vec<u32> {
        let window = self.first();
        let words = window.map(|window| self.words(window, "_NET_WM_ICON"));
        words.unwrap_or_default()
    }

    /// Whether the first one fills the screen.
    #[must_use]
    pub fn is_fullscreen(&self) -> bool {
        let Some(window) = self.first() else {
            return false;
        };
        let fullscreen = self.atom("_NET_WM_STATE_FULLSCREEN");
        self.words(window, "_NET_WM_STATE").contains(&fullscreen)
    }

    /// Waits until the first one gets the keys.
    ///
    /// # Panics
    /// If it does not.
    pub fn wait_for_focus(&self) {
        crate::wait_until("a window with the focus", || {
            let focus = self.connection.get_input_focus().expect("a request");
            let focus = focus.reply().expect("the display").focus;
            (self.first() == Some(focus)).then_some(())
        });
    }

    /// Waits until a window with this in its title gets the keys.
    ///
    /// # Panics
    /// If none does.
    pub fn wait_for_focus_of(&self, title: &str) {
        crate::wait_until(&format!("the focus of {title}"), || {
            let focus = self.connection.get_input_focus().expect("a request");
            let focus = focus.reply().expect("the display").focus;
            let name = self.bytes(focus, "_NET_WM_NAME");
            String::from_utf8_lossy(&name).contains(title).then_some(())
        });
    }

    /// Waits until any window gets the keys: where no window manager gives them to one.
    ///
    /// # Panics
    /// If none does.
    pub fn wait_for_any_focus(&self) {
        crate::wait_until("any window with the focus", || {
            let focus = self.connection.get_input_focus().expect("a request");
            let focus = focus.reply().expect("the display").focus;
            let nobodys = [x11rb::NONE, InputFocus::POINTER_ROOT.into(), self.root];
            (!nobodys.contains(&focus)).then_some(())
        });
    }

    /// Gives the one with the focus this size, unless it is maximized.
    ///
    /// # Panics
    /// If the display does not let it.
    pub fn resize_focused(&self, size: Size) {
        let focus = self.connection.get_input_focus().expect("a request");
        let window = focus.reply().expect("the display").focus;
        let aux = ConfigureWindowAux::new()
            .width(size.width)
            .height(size.height);
        let resized = self.connection.configure_window(window, &aux);
        resized.expect("a request").check().expect("a window");
    }

    /// Gives the first one the size that its program chose, and not all of the screen.
    ///
    /// # Panics
    /// If there is none.
    pub fn restore(&self) {
        let [state, across, down] = [
            "_NET_WM_STATE",
            "_NET_WM_STATE_MAXIMIZED_HORZ",
            "_NET_WM_STATE_MAXIMIZED_VERT",
        ]
        .map(|name| self.atom(name));
        let window = self.first().expect("a window");
        let message = ClientMessageEvent::new(32, window, state, [0, across, down, 0, 0]);
        let listeners = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        let sent = self
            .connection
            .send_event(false, self.root, listeners, message);
        sent.expect("a request").check().expect("a message");
    }

    fn atom(&self, name: &str) -> Atom {
        let atom = self.connection.intern_atom(false, name.as_bytes());
        atom.expect("a request").reply().expect("an atom").atom
    }

    /// Nothing if the window is gone, or does not have the property.
    fn bytes(&self, window: Window, name: &str) -> Vec<u8> {
        let (name, any) = (self.atom(name), AtomEnum::ANY);
        let property = self
            .connection
            .get_property(false, window, name, any, 0, MOST_WORDS);
        let property = property.expect("a request").reply();
        property.map(|reply| reply.value).unwrap_or_default()
    }

    fn words(&self, window: Window, name: &str) -> Vec<u32> {
        let bytes = self.bytes(window, name);
        let word = |bytes: &[u8]| u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        bytes.chunks_exact(4).map(word).collect()
    }
}

/// What admits to a display: the last field of the only entry of this file. The fields before it are
/// the family of an address, the address, the display's number and the name of the method.
fn cookie(xauthority: &Path) -> Vec<u8> {
    let file = std::fs::read(xauthority).expect("an Xauthority");
    let mut rest = &file[2..];
    let mut field = || {
        let (length, after) = rest.split_at(2);
        let (field, after) = after.split_at(u16::from_be_bytes([length[0], length[1]]).into());
        rest = after;
        field.to_vec()
    };
    let [_address, _number, _method, cookie] = std::array::from_fn(|_| field());
    cookie
}

/// Without the environment, which is one for all threads of a test.
fn connect(display: &ParsedDisplay, cookie: Vec<u8>) -> RustConnection {
    let mut ways = display.connect_instruction();
    let stream = ways.find_map(|way| DefaultStream::connect(&way).ok());
    let (stream, _peer) = stream.expect("the display");
    let method = b"MIT-MAGIC-COOKIE-1".to_vec();
    RustConnection::connect_to_stream_with_auth_info(stream, 0, method, cookie)
        .expect("the display")
}

/// What a window was told of keys and buttons: the code, as X has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A key went down.
    Press(u8),
    /// A key went up.
    Release(u8),
    /// A button went down or up.
    Button(u8),
}

/// A program whose window is called as a test wants, and which tells what it hears.
pub struct NamedWindow {
    windows: Windows,
    window: Window,
}

impl NamedWindow {
    /// Opens it.
    ///
    /// # Panics
    /// If the display does not let it.
    #[must_use]
    pub fn on(display: &str, size: Size, title: &str) -> Self {
        let windows = Windows::of(display);
        let x = &windows.connection;
        let window = x.generate_id().expect("an id");
        let hears = EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE;
        let aux = CreateWindowAux::new()
            .event_mask(hears)
            .background_pixel(0x0030_5070);
        let (width, height) = (size.width as u16, size.height as u16);
        let (root, class) = (windows.root, WindowClass::INPUT_OUTPUT);
        x.create_window(24, window, root, 0, 0, width, height, 0, class, 0, &aux)
            .expect("a window");
        let program = Self { windows, window };
        program.call(title);
        let mapped = program.windows.connection.map_window(window);
        mapped.expect("a request").check().expect("a window");
        program
    }

    /// Gives it another title.
    ///
    /// # Panics
    /// If the display is gone.
    pub fn call(&self, title: &str) {
        let (x, windows) = (&self.windows.connection, &self.windows);
        let (name, utf8) = (windows.atom("_NET_WM_NAME"), windows.atom("UTF8_STRING"));
        let replace = PropMode::REPLACE;
        let called = x.change_property8(replace, self.window, name, utf8, title.as_bytes());
        called.expect("a request").check().expect("a title");
    }

    /// Gives it these icons, each a width, a height and pixels.
    ///
    /// # Panics
    /// If the display is gone.
    pub fn show_icons(&self, icons: &[u32]) {
        let (x, name) = (&self.windows.connection, self.windows.atom("_NET_WM_ICON"));
        let (replace, cardinal) = (PropMode::REPLACE, AtomEnum::CARDINAL);
        let shown = x.change_property32(replace, self.window, name, cardinal, icons);
        shown.expect("a request").check().expect("icons");
    }

    /// What it was told since this was asked last.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn heard(&self) -> Vec<Told> {
        let mut heard = Vec::new();
        while let Some(event) = self
            .windows
            .connection
            .poll_for_event()
            .expect("the display")
        {
            heard.extend(match event {
                Event::KeyPress(key) => Some(Told::Press(key.detail)),
                Event::KeyRelease(key) => Some(Told::Release(key.detail)),
                Event::ButtonPress(button) | Event::ButtonRelease(button) => {
                    Some(Told::Button(button.detail))
                }
                _ => None,
            });
        }
        heard
    }
}
