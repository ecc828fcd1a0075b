//! A display that the server did not start: what `attach` is for.

use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use hackstream_capture::{Capture, Injector, PixelAccess};
use hackstream_protocol::geometry::{Point, Rect, Size};
use hackstream_protocol::region::Region;
use hackstream_protocol::source::PixelSource;

use crate::compare::{Picture, Screen};
use crate::folder::Folder;
use crate::process::{Process, bound_command};

/// How long the window manager may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// How the program gets to its display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// On the same machine: memory can be shared.
    Socket,
    /// As from another machine, by TCP over loopback: nothing but bytes gets there.
    Tcp,
}

/// Who arranges its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Openbox,
    None,
}

/// An Xvfb with openbox and a program, which end with this value.
pub struct Display {
    // Ended in this order.
    program: Process,
    _manager: Option<Process>,
    _server: Process,
    name: String,
    /// Where its programs keep their files.
    pub folder: Folder,
}

impl Display {
    /// Starts all of it.
    ///
    /// # Panics
    /// If Xvfb or openbox is not installed or does not start.
    #[must_use]
    pub fn start(size: Size, folder: Folder, command: &[String]) -> Self {
        Self::start_by(Way::Socket, size, folder, command)
    }

    /// Starts all of it; the program gets to the display in the given way.
    ///
    /// # Panics
    /// If Xvfb or openbox is not installed or does not start.
    #[must_use]
    pub fn start_by(way: Way, size: Size, folder: Folder, command: &[String]) -> Self {
        Self::start_as(way, Manager::Openbox, format!("{size}x24"), folder, command)
    }

    /// Starts all of it but the window manager.
    ///
    /// # Panics
    /// If Xvfb is not installed or does not start.
    #[must_use]
    pub fn start_bare(size: Size, folder: Folder, command: &[String]) -> Self {
        let screen = format!("{size}x24");
        Self::start_as(Way::Socket, Manager::None, screen, folder, command)
    }

    /// The same with 16 bits for a pixel. [`Windows::packed`](crate::windows::Windows::packed) reads it.
    ///
    /// # Panics
    /// If Xvfb is not installed or does not start.
    #[must_use]
    pub fn start_shallow(size: Size, folder: Folder, command: &[String]) -> Self {
        let screen = format!("{size}x16");
        Self::start_as(Way::Socket, Manager::None, screen, folder, command)
    }

    fn start_as(
        way: Way,
        manager: Manager,
        screen: String,
        folder: Folder,
        command: &[String],
    ) -> Self {
        let listen = match way {
            Way::Socket => "-nolisten",
            Way::Tcp => "-listen",
        };
        let arguments = ["-displayfd", "1", listen, "tcp", "-noreset", "-screen", "0"];
        let mut server = bound_command("Xvfb");
        let server = Process::start(server.args(arguments).arg(screen));
        let number = server
            .stdout
            .wait_for("a display", |line| line.parse::<u16>().ok());
        let name = format!(":{number}");
        let manager = match manager {
            Manager::Openbox => Some(openbox(&name, &folder)),
            Manager::None => None,
        };
        let display = match way {
            Way::Socket => name.clone(),
            Way::Tcp => format!("127.0.0.1{name}"),
        };
        let program = client(
            &display,
            &folder,
            bound_command(&command[0]).args(&command[1..]),
        );
        Self {
            program,
            _manager: manager,
            _server: server,
            name,
            folder,
        }
    }

    /// Its name, as `DISPLAY` has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The program.
    pub const fn program(&mut self) -> &mut Process {
        &mut self.program
    }

    /// A person's hands on it.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn injector(&self) -> Injector {
        let capture = Capture::open(&self.name, PixelAccess::SharedMemory).expect("the display");
        capture.injector().expect("an injector")
    }

    /// A reader of its pixels, without the pointer.
    ///
    /// # Panics
    /// If the display is gone.
    #[must_use]
    pub fn screen(&self) -> impl Screen + use<> {
        let capture = Capture::open(&self.name, PixelAccess::SharedMemory).expect("the display");
        let source = capture.source().expect("a source");
        Pixels(Mutex::new(source))
    }
}

fn openbox(display: &str, folder: &Folder) -> Process {
    let rules = folder.path("openbox.xml");
    std::fs::write(&rules, include_str!("../../server/src/session/openbox.xml")).expect("a file");
    let mut command = bound_command("openbox");
    let manager = client(display, folder, command.arg("--config-file").arg(&rules));
    let capture = Capture::open(display, PixelAccess::SharedMemory).expect("the display");
    capture.wait_for_window_manager(PATIENCE).expect("openbox");
    manager
}

fn client(display: &str, folder: &Folder, command: &mut Command) -> Process {
    folder.use_in(command);
    Process::start(command.env("DISPLAY", display))
}

/// Pixels as X gives them.
struct Pixels(Mutex<Box<dyn PixelSource>>);

impl Screen for Pixels {
    fn picture(&self) -> Picture {
        let mut source = self.0.lock().expect("unpoisoned");
        let size = source.size();
        source
            .fetch(&Region::from(Rect::of_size(size)))
            .expect("pixels");
        let mut pixels = vec![0; size.area() as usize];
        for (y, row) in pixels.chunks_exact_mut(size.width as usize).enumerate() {
            source.read_row(Point::new(0, y as i32), row);
        }
        Picture { size, pixels }
    }
}
