//! The functions of libasound that are used, after its pcm.h, and their safe wrapper.

use std::ffi::{c_char, c_int, c_long, c_uint, c_ulong};
use std::ptr::{self, NonNull};
use std::time::Duration;

use libloading::Library;

use crate::SoundError;
use crate::library::{Name, raw};

const LIBRARY: Name = Name {
    file: "libasound.so.2",
    package: "libasound2",
};

/// A device's handle, which only libasound looks into.
#[repr(C)]
pub(super) struct Pcm {
    _opaque: [u8; 0],
}

const FORMAT_S16: c_int = if cfg!(target_endian = "little") { 2 } else { 3 };
const ACCESS_RW_INTERLEAVED: c_int = 3;
const RESAMPLE: c_int = 1;
const SILENT: c_int = 1;

/// Which way sound goes; the numbers are those of `snd_pcm_stream_t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Direction {
    Playback = 0,
    Capture = 1,
}

type Open = unsafe extern "C" fn(*mut *mut Pcm, *const c_char, c_int, c_int) -> c_int;
type SetParams =
    unsafe extern "C" fn(*mut Pcm, c_int, c_int, c_uint, c_uint, c_int, c_uint) -> c_int;
type Write = unsafe extern "C" fn(*mut Pcm, *const i16, c_ulong) -> c_long;
type Read = unsafe extern "C" fn(*mut Pcm, *mut i16, c_ulong) -> c_long;
type Start = unsafe extern "C" fn(*mut Pcm) -> c_int;
type Delay = unsafe extern "C" fn(*mut Pcm, *mut c_long) -> c_int;
type Recover = unsafe extern "C" fn(*mut Pcm, c_int, c_int) -> c_int;
type Close = unsafe extern "C" fn(*mut Pcm) -> c_int;

/// An open device.
pub(super) struct Device {
    pcm: NonNull<Pcm>,
    channels: usize,
    write: Write,
    read: Read,
    start: Start,
    delay: Delay,
    recover: Recover,
    close: Close,
    // Dropped last: the functions are in it.
    _library: Library,
}

// SAFETY: a handle may be used by any one thread at a time, which `&mut self` ensures.
unsafe impl Send for Device {}

impl Device {
    pub(super) fn open(
        direction: Direction,
        channels: u32,
        rate: u32,
        latency: Duration,
    ) -> Result<Self, SoundError> {
        let library = raw::load(&LIBRARY)?;
        // SAFETY: the type is the one in pcm.h.
        let open: Open = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_open") }?;
        // SAFETY: as above.
        let set: SetParams = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_set_params") }?;
        // SAFETY: as above; kept with the library, like those that follow.
        let write = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_writei") }?;
        // SAFETY: as above.
        let read = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_readi") }?;
        // SAFETY: as above.
        let start = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_start") }?;
        // SAFETY: as above.
        let delay = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_delay") }?;
        // SAFETY: as above.
        let recover = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_recover") }?;
        // SAFETY: as above.
        let close = unsafe { raw::function(&library, &LIBRARY, "snd_pcm_close") }?;
        let mut pcm = ptr::null_mut();
        // SAFETY: `pcm` is a valid place for the handle, and the name ends in a zero.
        let code = unsafe { open(&raw mut pcm, c"default".as_ptr(), direction as c_int, 0) };
        let device = Self {
            pcm: NonNull::new(pcm)
                .filter(|_| code >= 0)
                .ok_or(SoundError::Alsa {
                    what: "opening the default device",
                    code,
                })?,
            channels: channels as usize,
            write,
            read,
            start,
            delay,
            recover,
            close,
            _library: library,
        };
        let micros = u32::try_from(latency.as_micros()).unwrap_or(c_uint::MAX);
        let (format, access) = (FORMAT_S16, ACCESS_RW_INTERLEAVED);
        // SAFETY: the handle is alive.
        let code = unsafe {
            set(
                device.pcm.as_ptr(),
                format,
                access,
                channels,
                rate,
                RESAMPLE,
                micros,
            )
        };
        if code < 0 {
            let what = "setting the default device up";
            return Err(SoundError::Alsa { what, code });
        }
        Ok(device)
    }

    /// Plays interleaved samples; how many of each channel were taken, or the system's error.
    pub(super) fn write(&mut self, samples: &[i16]) -> Result<usize, i32> {
        let count = (samples.len() / self.channels) as c_ulong;
        // SAFETY: the handle is alive; `count` samples of each channel are read and are there.
        let taken = unsafe { (self.write)(self.pcm.as_ptr(), samples.as_ptr(), count) };
        usize::try_from(taken).map_err(|_| i32::try_from(taken).unwrap_or(i32::MIN))
    }

    /// Fills `samples`, interleaved, as far as there is sound, and waits for some; how many of each
    /// channel came, or the system's error.
    pub(super) fn read(&mut self, samples: &mut [i16]) -> Result<usize, i32> {
        let count = (samples.len() / self.channels) as c_ulong;
        // SAFETY: the handle is alive; there is room for `count` samples of each channel.
        let read = unsafe { (self.read)(self.pcm.as_ptr(), samples.as_mut_ptr(), count) };
        usize::try_from(read).map_err(|_| i32::try_from(read).unwrap_or(i32::MIN))
    }

    /// Begins to record.
    pub(super) fn start(&mut self) -> Result<(), SoundError> {
        // SAFETY: the handle is alive.
        let code = unsafe { (self.start)(self.pcm.as_ptr()) };
        if code < 0 {
            let what = "starting to record";
            return Err(SoundError::Alsa { what, code });
        }
        Ok(())
    }

    /// Samples of each channel until one given now is heard; none if the device does not run.
    pub(super) fn delay(&mut self) -> Option<usize> {
        let mut delay = 0;
        // SAFETY: the handle is alive and `delay` a valid place for the result.
        let code = unsafe { (self.delay)(self.pcm.as_ptr(), &raw mut delay) };
        usize::try_from(delay).ok().filter(|_| code >= 0)
    }

    /// Makes the device usable after the error `code`.
    pub(super) fn recover(&mut self, code: i32) -> Result<(), SoundError> {
        // SAFETY: the handle is alive.
        let code = unsafe { (self.recover)(self.pcm.as_ptr(), code, SILENT) };
        if code < 0 {
            let what = "restarting";
            return Err(SoundError::Alsa { what, code });
        }
        Ok(())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the handle is alive and not used after this. Failure leaves nothing to do.
        let _ = unsafe { (self.close)(self.pcm.as_ptr()) };
    }
}
