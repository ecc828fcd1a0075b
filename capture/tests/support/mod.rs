//! A real Xvfb and a client that draws on it.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hackstream_capture::{Capture, DisplayEvent, PixelAccess, Watcher};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt, CreateGCAux, CreateWindowAux, EventMask, Gcontext, Rectangle, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Far more than anything here takes; only keeps a broken test from hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An X server that dies with the value.
pub(crate) struct Xvfb {
    process: Child,
    pub(crate) display: String,
    pub(crate) dir: PathBuf,
}

impl Xvfb {
    pub(crate) fn start(size: Size) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("hackstream-test-{}-{number}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        std::fs::create_dir(&dir).unwrap();
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-noreset", "-fbdir"])
            .arg(&dir)
            .args(["-screen", "0", &format!("{size}x24")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this test needs the program Xvfb (Debian package xvfb)");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(!line.trim().is_empty(), "Xvfb did not start");
        Self {
            process,
            display: format!(":{}", line.trim()),
            dir,
        }
    }

    pub(crate) fn mapped(&self) -> PixelAccess {
        PixelAccess::MappedFramebuffer(self.dir.clone())
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A client of the display under test.
pub(crate) struct Painter {
    pub(crate) connection: RustConnection,
    pub(crate) window: Window,
    context: Gcontext,
}

impl Painter {
    /// A window that covers the screen and hears keys, buttons and motion.
    pub(crate) fn new(xvfb: &Xvfb, size: Size) -> Self {
        let (connection, screen) = x11rb::connect(Some(&xvfb.display)).unwrap();
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().unwrap();
        let hears = EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE
            | EventMask::POINTER_MOTION
            | EventMask::EXPOSURE;
        let (width, height) = (size.width as u16, size.height as u16);
        connection
            .create_window(
                24,
                window,
                root,
                0,
                0,
                width,
                height,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new().event_mask(hears).background_pixel(0),
            )
            .unwrap();
        let context = connection.generate_id().unwrap();
        let values = CreateGCAux::new();
        connection.create_gc(context, window, &values).unwrap();
        connection.map_window(window).unwrap();
        let painter = Self {
            connection,
            window,
            context,
        };
        painter.sync();
        painter
    }

    pub(crate) fn sync(&self) {
        self.connection.get_input_focus().unwrap().reply().unwrap();
    }

    pub(crate) fn wait_until_no_key_is_down(&self) {
        loop {
            let keymap = self.connection.query_keymap().unwrap();
            if keymap.reply().unwrap().keys.iter().all(|&keys| keys == 0) {
                return;
            }
        }
    }

    pub(crate) fn fill(&self, rect: Rect, colour: u32) {
        let values = x11rb::protocol::xproto::ChangeGCAux::new().foreground(colour);
        self.connection.change_gc(self.context, &values).unwrap();
        let rectangle = Rectangle {
            x: rect.left as i16,
            y: rect.top as i16,
            width: rect.width() as u16,
            height: rect.height() as u16,
        };
        self.connection
            .poly_fill_rectangle(self.window, self.context, &[rectangle])
            .unwrap();
        self.connection.flush().unwrap();
    }
}

/// The events of a watch, as they come.
pub(crate) struct Events {
    _watcher: Watcher,
    receiver: Receiver<DisplayEvent>,
}

impl Events {
    pub(crate) fn of(capture: &Capture) -> Self {
        let (sender, receiver) = channel();
        let watcher = capture
            .watch(move |event| {
                let _ = sender.send(event);
            })
            .unwrap();
        Self {
            _watcher: watcher,
            receiver,
        }
    }

    /// Waits for the first event that `pick` accepts.
    pub(crate) fn wait_for<T>(&self, mut pick: impl FnMut(DisplayEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self
                .receiver
                .recv_timeout(left)
                .expect("the event never came");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    }

    /// Waits until all of `rect` has been reported; returns everything reported meanwhile.
    pub(crate) fn wait_for_damage(&self, rect: Rect) -> Region {
        let mut all = Region::new();
        self.wait_for(|event| {
            if let DisplayEvent::Damage(region) = event {
                all.add(&region);
            }
            all.contains_rect(&rect).then_some(())
        });
        all
    }
}

/// The colour at one pixel.
pub(crate) fn pixel(source: &mut dyn PixelSource, at: Point) -> u32 {
    let mut row = [0xffff_ffff];
    source
        .fetch(&Region::from(Rect::new(at.x, at.y, 1, 1)))
        .unwrap();
    source.read_row(at, &mut row);
    row[0]
}
