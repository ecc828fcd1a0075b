//! The keyboards and mice of the machine (evdev).
//!
//! While the viewer has them nobody else does: what is typed does not also go to the shell behind the
//! picture.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use evdev::{Device, EventType};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;

use super::ConsoleError;
use super::hands::{Record, kind};

const FOLDER: &str = "/dev/input";

/// What woke the front.
pub(super) enum News {
    /// Something of the session changed.
    Session,
    /// The person did something.
    Person(Vec<Record>),
}

/// The devices that are plugged in.
pub(super) struct Devices {
    open: BTreeMap<OsString, Device>,
    /// Tells of those that are plugged in later.
    watch: OwnedFd,
}

impl Devices {
    /// Takes all that there are. None is no error: they may be plugged in later.
    ///
    /// # Errors
    /// [`ConsoleError`] if the folder of devices cannot be read.
    pub(super) fn open() -> Result<Self, ConsoleError> {
        let failed = |said: std::io::Error| ConsoleError::Device {
            path: FOLDER.to_owned(),
            said,
        };
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags).map_err(|errno| failed(errno.into()))?;
        // The rights to a new device are given after it was made.
        let events = inotify::WatchFlags::CREATE | inotify::WatchFlags::ATTRIB;
        inotify::add_watch(&watch, FOLDER, events).map_err(|errno| failed(errno.into()))?;
        let mut devices = Self {
            open: BTreeMap::new(),
            watch,
        };
        devices.take_new().map_err(failed)?;
        Ok(devices)
    }

    /// Takes the devices that it has not. Those that are somebody else's are left out.
    fn take_new(&mut self) -> std::io::Result<()> {
        for entry in std::fs::read_dir(FOLDER)? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with("event") || self.open.contains_key(&name) {
                continue;
            }
            let Ok(mut device) = Device::open(Path::new(FOLDER).join(&name)) else {
                continue;
            };
            let supported = device.supported_events();
            let is_useful =
                supported.contains(EventType::KEY) || supported.contains(EventType::RELATIVE);
            if is_useful && device.set_nonblocking(true).is_ok() && device.grab().is_ok() {
                self.open.insert(name, device);
            }
        }
        Ok(())
    }

    /// Waits until `bell` rings or the person does something. No time passes else.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn wait(&mut self, bell: BorrowedFd<'_>) -> Result<News, ConsoleError> {
        let failed = |errno: rustix::io::Errno| ConsoleError::Input(errno.into());
        loop {
            let mut waited = vec![
                PollFd::from_borrowed_fd(bell, PollFlags::IN),
                PollFd::new(&self.watch, PollFlags::IN),
            ];
            let devices = self.open.values();
            waited.extend(
                devices.map(|device| PollFd::from_borrowed_fd(device.as_fd(), PollFlags::IN)),
            );
            match poll(&mut waited, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(errno) => return Err(failed(errno)),
            }
            let came: Vec<bool> = waited.iter().map(|fd| !fd.revents().is_empty()).collect();
            if came[1] {
                // What it says is looked up anew.
                let _ = rustix::io::read(&self.watch, &mut [0u8; 4096]);
            }
            let records = self.read(&came[2..]);
            if came[1] {
                self.take_new().map_err(ConsoleError::Input)?;
            }
            // First what the person did: it is what takes time to be answered.
            if !records.is_empty() {
                return Ok(News::Person(records));
            }
            if came[0] {
                return Ok(News::Session);
            }
        }
    }

    /// What the devices that have something say. Those that fail were unplugged.
    fn read(&mut self, came: &[bool]) -> Vec<Record> {
        let mut records = Vec::new();
        let mut came = came.iter();
        self.open.retain(|_, device| {
            if !came.next().copied().unwrap_or(false) {
                return true;
            }
            match device.fetch_events() {
                Ok(events) => {
                    records.extend(events.map(|event| Record {
                        kind: event.event_type().0,
                        code: event.code(),
                        value: event.value(),
                    }));
                    true
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => true,
                Err(_) => {
                    // What was held down on it will not be let go.
                    records.push(Record {
                        kind: kind::SYN,
                        code: super::hands::DROPPED,
                        value: 0,
                    });
                    false
                }
            }
        });
        records
    }
}
