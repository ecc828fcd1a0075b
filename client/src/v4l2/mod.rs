//! H.264 decoded by a V4L2 memory-to-memory device (a stateful decoder, as of a Raspberry Pi).
//!
//! [`machine`] says what is asked of a [`device`] and when, [`layout`] where its pictures lie in
//! memory, [`patience`] how long to wait for one. [`kernel`] is a real device, by the system calls in
//! [`raw`]; tests have one in memory. What a driver says is checked as what a peer
//! says: sizes before memory is touched, and an end to every wait.

mod device;
#[cfg(test)]
mod fake;
mod kernel;
mod layout;
mod machine;
mod patience;
mod raw;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hackstream_codec::h264::{DeviceFailure, H264Error, I420View, PictureDevice};
use hackstream_protocol::geometry::Size;

use kernel::Kernel;
use machine::Machine;

/// The folder of the devices.
const FOLDER: &str = "/dev";

/// What the names of video devices begin with.
const NAME: &str = "video";

/// Devices that are looked at when none was named. A Raspberry Pi has some 20.
const MOST_DEVICES: usize = 64;

/// Why a device decodes nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum V4l2Error {
    /// The device cannot be opened.
    #[error("{path}: {said}")]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said.
        said: std::io::Error,
    },
    /// The device is something else.
    #[error("{path} does not decode H.264: {lacks}")]
    NoDecoder {
        /// Which.
        path: PathBuf,
        /// What it would need.
        lacks: &'static str,
    },
    /// No device was named, and none is there.
    #[error("none of /dev/video* decodes H.264 and can be opened (group video)")]
    NoneFound,
    /// The driver refused something.
    #[error("the driver refuses to {what}: {said}")]
    Refused {
        /// What.
        what: &'static str,
        /// What it said.
        said: std::io::Error,
    },
    /// The driver said something that cannot be.
    #[error("the driver makes no sense: {0}")]
    Nonsense(&'static str),
    /// An access unit does not fit the device's buffers.
    #[error("an access unit of {bytes} bytes does not fit the device's {room}")]
    TooLarge {
        /// Bytes of the access unit.
        bytes: usize,
        /// Bytes of a buffer.
        room: usize,
    },
    /// A picture did not come back.
    #[error("the device holds pictures back: {sent} went in, {returned} came out, and none for {} ms", .waited.as_millis())]
    Held {
        /// Access units that went in.
        sent: u64,
        /// Pictures that came out.
        returned: u64,
        /// How long the last one was waited for.
        waited: Duration,
    },
    /// The device could not decode an access unit.
    #[error("the device found an access unit damaged")]
    Damaged,
    /// The device went away.
    #[error("the device is gone")]
    Gone,
}

impl From<V4l2Error> for DeviceFailure {
    fn from(error: V4l2Error) -> Self {
        Self(error.to_string())
    }
}

/// A device that decodes H.264.
pub(crate) struct V4l2Decoder {
    machine: Machine<Kernel>,
    path: PathBuf,
    epoch: Instant,
}

impl V4l2Decoder {
    /// Opens the device at `path`, or the first that decodes H.264. It takes memory when there is a
    /// film.
    ///
    /// # Errors
    /// [`V4l2Error`] if it cannot be opened, or is something else.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, V4l2Error> {
        let (device, path) = match path {
            Some(path) => (Kernel::open(path)?, path.to_owned()),
            None => search(&candidates(Path::new(FOLDER)))?,
        };
        Ok(Self {
            machine: Machine::new(device),
            path,
            epoch: Instant::now(),
        })
    }

    /// Where the device is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl PictureDevice for V4l2Decoder {
    fn begin(&mut self, size: Size) -> Result<(), DeviceFailure> {
        Ok(self.machine.begin(size)?)
    }

    fn decode(&mut self, access_unit: &[u8]) -> Result<(), DeviceFailure> {
        let epoch = self.epoch;
        Ok(self.machine.decode(access_unit, &|| epoch.elapsed())?)
    }

    fn picture(&self) -> Result<I420View<'_>, H264Error> {
        self.machine.picture()
    }
}

/// The first of `paths` that decodes H.264.
fn search(paths: &[PathBuf]) -> Result<(Kernel, PathBuf), V4l2Error> {
    let mut opened = paths
        .iter()
        .filter_map(|path| Some((Kernel::open(path).ok()?, path.clone())));
    opened.next().ok_or(V4l2Error::NoneFound)
}

/// The video devices in `folder` by their numbers.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.strip_prefix(NAME)?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    found.sort();
    found.truncate(MOST_DEVICES);
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_looked_at_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["video11", "video2", "videos", "video", "card0", "video10"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<_> = candidates(folder.path())
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["video2", "video10", "video11"]);
        assert!(candidates(&folder.path().join("none")).is_empty());
        // Ordinary files are no devices.
        let found = search(&candidates(folder.path()));
        assert!(matches!(found, Err(V4l2Error::NoneFound)));
    }

    #[test]
    fn what_is_no_decoder_is_said_in_one_line() {
        let open = |path: &str| V4l2Decoder::open(Some(Path::new(path))).err().unwrap();
        let absent = open("/dev/hackstream-has-no-such-device").to_string();
        assert!(
            absent.contains("hackstream-has-no-such-device: No such file"),
            "{absent}"
        );
        let other = open("/dev/null").to_string();
        assert_eq!(
            other,
            "/dev/null does not decode H.264: it is no V4L2 device"
        );
    }
}
