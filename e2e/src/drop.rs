//! A person who drops a file on a window, as file managers do it (the protocol XDND).

use std::path::Path;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::display::Display;
use crate::wait_until;

/// The version of the protocol that is spoken.
const VERSION: u32 = 5;

/// Drops a file on the window of a display that takes files, and waits until it has it.
///
/// # Panics
/// If no window takes it.
pub fn drop_file(display: &Display, path: &Path) {
    let (connection, screen) = RustConnection::connect(Some(display.name())).expect("the display");
    let root = connection.setup().roots[screen].root;
    let hand = Hand::new(&connection, root, path);
    let target = wait_until("a window that takes files", || hand.target(root));
    hand.message(
        target,
        "XdndEnter",
        [VERSION << 24, hand.atom("text/uri-list"), 0, 0],
    );
    let (place, copy) = (100 << 16 | 100, hand.atom("XdndActionCopy"));
    hand.message(target, "XdndPosition", [0, place, 0, copy]);
    hand.serve_until("XdndStatus");
    hand.message(target, "XdndDrop", [0, 0, 0, 0]);
    hand.serve_until("XdndFinished");
}

struct Hand<'a> {
    connection: &'a RustConnection,
    window: Window,
    contents: String,
}

impl<'a> Hand<'a> {
    fn new(connection: &'a RustConnection, root: Window, path: &Path) -> Self {
        let window = connection.generate_id().expect("an id");
        let class = WindowClass::INPUT_ONLY;
        let nothing = CreateWindowAux::new();
        connection
            .create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &nothing)
            .expect("a window");
        let hand = Self {
            connection,
            window,
            contents: format!("file://{}\r\n", path.display()),
        };
        let selection = hand.atom("XdndSelection");
        connection
            .set_selection_owner(window, selection, x11rb::CURRENT_TIME)
            .expect("the selection");
        hand
    }

    fn atom(&self, name: &str) -> Atom {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        asked.expect("a request").reply().expect("an atom").atom
    }

    /// A window below that says it takes files.
    fn target(&self, below: Window) -> Option<Window> {
        let aware = self.atom("XdndAware");
        let tree = self.connection.query_tree(below).ok()?.reply().ok()?;
        tree.children.into_iter().find_map(|child| {
            let asked = self
                .connection
                .get_property(false, child, aware, AtomEnum::ATOM, 0, 1);
            let is_aware = asked
                .ok()?
                .reply()
                .ok()
                .is_some_and(|said| said.value_len > 0);
            is_aware.then_some(child).or_else(|| self.target(child))
        })
    }

    fn message(&self, target: Window, kind: &str, rest: [u32; 4]) {
        let data = [self.window, rest[0], rest[1], rest[2], rest[3]];
        let event = ClientMessageEvent::new(32, target, self.atom(kind), data);
        self.connection
            .send_event(false, target, EventMask::NO_EVENT, event)
            .expect("an event");
        self.connection.flush().expect("the display");
    }

    /// Hands the file's address to whoever asks, until the answer of this kind comes.
    fn serve_until(&self, kind: &str) {
        let kind = self.atom(kind);
        wait_until("an answer of the window", || {
            match self.connection.poll_for_event().expect("the display")? {
                Event::ClientMessage(answer) if answer.type_ == kind => Some(()),
                Event::SelectionRequest(request) => {
                    self.serve(&request);
                    None
                }
                _ => None,
            }
        });
    }

    fn serve(&self, request: &SelectionRequestEvent) {
        let (mode, contents) = (PropMode::REPLACE, self.contents.as_bytes());
        let (window, property) = (request.requestor, request.property);
        self.connection
            .change_property8(mode, window, property, request.target, contents)
            .expect("a property");
        let told = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: window,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.connection
            .send_event(false, window, EventMask::NO_EVENT, told)
            .expect("an event");
        self.connection.flush().expect("the display");
    }
}
