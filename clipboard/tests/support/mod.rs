//! A real Xvfb with clipboards, and programs that use them as they please.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use hackstream_clipboard::{DisplayClipboard, Hub, MemoryClipboard};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt, CreateWindowAux, EventMask, PropMode, SELECTION_NOTIFY_EVENT,
    SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Far more than anything here takes; only keeps a broken test from hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An X server that dies with the value.
struct Xvfb {
    process: Child,
    display: String,
}

impl Xvfb {
    fn start() -> Self {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"])
            .args(["-screen", "0", "640x480x24"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs the program Xvfb (Debian package xvfb)");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let display = format!(":{}", line.trim());
        Self { process, display }
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A display whose clipboards are joined to those of the test.
pub(crate) struct Room {
    /// The test's clipboards.
    pub(crate) memory: MemoryClipboard,
    /// Where they come together.
    pub(crate) hub: Arc<Hub>,
    clipboard: DisplayClipboard,
    xvfb: Xvfb,
}

impl Room {
    pub(crate) fn new() -> Self {
        let xvfb = Xvfb::start();
        let (connection, screen) = RustConnection::connect(Some(&xvfb.display)).unwrap();
        let hub = Arc::new(Hub::new());
        Self {
            memory: MemoryClipboard::join(Arc::clone(&hub)),
            clipboard: DisplayClipboard::join(connection, screen, Arc::clone(&hub)).unwrap(),
            hub,
            xvfb,
        }
    }

    /// Leaves the display's clipboards, which must end although the display goes on. Returns what
    /// ends the display.
    pub(crate) fn leave(self) -> impl Sized {
        let Self {
            clipboard, xvfb, ..
        } = self;
        let (left, leaving) = channel();
        spawn(move || {
            drop(clipboard);
            let _ = left.send(());
        });
        leaving
            .recv_timeout(PATIENCE)
            .expect("the clipboard of a display that answers nobody ends");
        xvfb
    }

    /// A program on the display.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.xvfb.display)
    }
}

/// A program on the display, with a window.
pub(crate) struct Client {
    pub(crate) connection: RustConnection,
    pub(crate) window: Window,
}

impl Client {
    fn new(display: &str) -> Self {
        let (connection, screen) = RustConnection::connect(Some(display)).unwrap();
        let window = connection.generate_id().unwrap();
        let root = connection.setup().roots[screen].root;
        let events = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        let class = WindowClass::INPUT_ONLY;
        connection
            .create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &events)
            .unwrap()
            .check()
            .unwrap();
        Self { connection, window }
    }

    pub(crate) fn atom(&self, name: &str) -> Atom {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        asked.unwrap().reply().unwrap().atom
    }

    pub(crate) fn next_event(&self) -> Event {
        self.connection.flush().unwrap();
        self.connection.wait_for_event().unwrap()
    }

    /// Puts bytes into a property of any window.
    pub(crate) fn put(&self, window: Window, property: Atom, kind: Atom, bytes: &[u8]) {
        let (mode, length) = (PropMode::REPLACE, bytes.len() as u32);
        self.connection
            .change_property(mode, window, property, kind, 8, length, bytes)
            .unwrap();
    }

    /// Puts numbers into a property of any window.
    pub(crate) fn put_numbers(&self, window: Window, property: Atom, kind: Atom, numbers: &[u32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_ne_bytes()).collect();
        let (mode, length) = (PropMode::REPLACE, numbers.len() as u32);
        self.connection
            .change_property(mode, window, property, kind, 32, length, &bytes)
            .unwrap();
    }

    /// Reads a property of its window: its type and its bytes.
    pub(crate) fn get(&self, property: Atom) -> (Atom, Vec<u8>) {
        let asked = self.connection.get_property(
            true,
            self.window,
            property,
            AtomEnum::ANY,
            0,
            u32::MAX / 4,
        );
        let reply = asked.unwrap().reply().unwrap();
        (reply.type_, reply.value)
    }

    fn answer(&self, request: &SelectionRequestEvent, property: Atom) {
        let event = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.connection
            .send_event(false, request.requestor, EventMask::NO_EVENT, event)
            .unwrap();
    }
}

/// How an owner hands contents out.
pub(crate) enum Manners {
    /// In one property.
    Whole(Vec<u8>),
    /// In parts, the last one empty if the owner is honest; it claims so many bytes before.
    Parts { claimed: u32, parts: Vec<Vec<u8>> },
    /// The same part for ever.
    Endless(Vec<u8>),
    /// It never answers.
    Silent,
    /// It refuses.
    Refusing,
    /// Numbers of 32 bits where bytes should be.
    Numbers,
    /// In one property, with the display grabbed from then on: it answers nobody else. Told when
    /// that is so.
    Grabbing(Sender<()>),
}

/// A program that owns CLIPBOARD and does not follow rules. Ends when dropped.
pub(crate) struct Owner {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Owner {
    /// Owns the clipboard. `targets` is what it says that it offers; none: it does not say.
    pub(crate) fn start(client: Client, targets: Option<&[&str]>, manners: Manners) -> Self {
        let targets = targets.map(|names| names.iter().map(|name| client.atom(name)).collect());
        let selection = client.atom("CLIPBOARD");
        client
            .connection
            .set_selection_owner(client.window, selection, 0u32)
            .unwrap();
        client.connection.flush().unwrap();
        let (stop, stopped) = channel();
        let thread = spawn(move || serve(&client, targets, &manners, &stopped));
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(client: &Client, targets: Option<Vec<Atom>>, manners: &Manners, stopped: &Receiver<()>) {
    let names = ["TARGETS", "INCR"].map(|name| client.atom(name));
    let mut handing: Vec<(SelectionRequestEvent, usize)> = Vec::new();
    loop {
        client.connection.flush().unwrap();
        let Some(event) = client.connection.poll_for_event().unwrap() else {
            match stopped.recv_timeout(Duration::from_millis(1)) {
                Err(RecvTimeoutError::Timeout) => continue,
                _ => return,
            }
        };
        match event {
            Event::SelectionRequest(request) if request.target == names[0] => {
                if let Some(targets) = &targets {
                    let atom = AtomEnum::ATOM.into();
                    client.put_numbers(request.requestor, request.property, atom, targets);
                    client.answer(&request, request.property);
                }
            }
            Event::SelectionRequest(request) => {
                hand_out(client, &request, manners, names[1]);
                handing.push((request, 0));
            }
            Event::PropertyNotify(event) => {
                for (request, next) in &mut handing {
                    let part = match manners {
                        Manners::Parts { parts, .. } => parts.get(*next),
                        Manners::Endless(part) => Some(part),
                        _ => None,
                    };
                    let is_it = (event.window, event.atom) == (request.requestor, request.property);
                    // 1: deleted.
                    if let (Some(part), true, 1) = (part, is_it, u8::from(event.state)) {
                        client.put(event.window, event.atom, request.target, part);
                        *next += 1;
                    }
                }
            }
            _ => {}
        }
    }
}

fn hand_out(client: &Client, request: &SelectionRequestEvent, manners: &Manners, incr: Atom) {
    let (window, property, kind) = (request.requestor, request.property, request.target);
    match manners {
        Manners::Silent => return,
        Manners::Refusing => return client.answer(request, x11rb::NONE),
        Manners::Whole(bytes) => client.put(window, property, kind, bytes),
        Manners::Numbers => client.put_numbers(window, property, kind, &[1, 2, 3]),
        Manners::Grabbing(grabbed) => {
            client.put(window, property, kind, b"contents");
            client.connection.grab_server().unwrap().check().unwrap();
            client.answer(request, property);
            client.connection.flush().unwrap();
            // The test has seen enough if it does not listen.
            let _ = grabbed.send(());
            return;
        }
        Manners::Parts { .. } | Manners::Endless(_) => {
            let events = x11rb::protocol::xproto::ChangeWindowAttributesAux::new()
                .event_mask(EventMask::PROPERTY_CHANGE);
            client
                .connection
                .change_window_attributes(window, &events)
                .unwrap();
            let claimed = match manners {
                Manners::Parts { claimed, .. } => *claimed,
                _ => 0,
            };
            client.put_numbers(window, property, incr, &[claimed]);
        }
    }
    client.answer(request, property);
}
