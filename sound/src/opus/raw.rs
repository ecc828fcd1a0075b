//! The functions of libopus that are used, after its opus.h, and their safe wrappers.

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use hackstream_protocol::wire::sound::{CHANNELS, SAMPLE_RATE};
use libloading::Library;

use super::Channels;
use crate::SoundError;
use crate::library::{Name, raw};

const LIBRARY: Name = Name {
    file: "libopus.so.0",
    package: "libopus0",
};

/// An encoder's or a decoder's state, which only libopus looks into.
#[repr(C)]
pub(super) struct State {
    _opaque: [u8; 0],
}

const APPLICATION_RESTRICTED_LOWDELAY: c_int = 2051;
const SET_BITRATE: c_int = 4002;
const SET_COMPLEXITY: c_int = 4010;
const SET_FORCE_CHANNELS: c_int = 4022;
const AUTO: c_int = -1000;

type CreateEncoder = unsafe extern "C" fn(i32, c_int, c_int, *mut c_int) -> *mut State;
type CreateDecoder = unsafe extern "C" fn(i32, c_int, *mut c_int) -> *mut State;
type Control = unsafe extern "C" fn(*mut State, c_int, ...) -> c_int;
type Encode = unsafe extern "C" fn(*mut State, *const i16, c_int, *mut u8, i32) -> i32;
type Decode = unsafe extern "C" fn(*mut State, *const u8, i32, *mut i16, c_int, c_int) -> c_int;
type Destroy = unsafe extern "C" fn(*mut State);

/// An encoder that is given stereo sound.
pub(super) struct Encoder {
    state: NonNull<State>,
    encode: Encode,
    destroy: Destroy,
    // Dropped last: the functions are in it.
    _library: Library,
}

// SAFETY: libopus keeps no state of a thread; a state may be used by any one thread at a time, which
// `&mut self` ensures.
unsafe impl Send for Encoder {}

impl Encoder {
    pub(super) fn new(bitrate: i32, complexity: i32, coded: Channels) -> Result<Self, SoundError> {
        let library = raw::load(&LIBRARY)?;
        // SAFETY: the type is the one in opus.h.
        let create: CreateEncoder =
            unsafe { raw::function(&library, &LIBRARY, "opus_encoder_create") }?;
        // SAFETY: as above.
        let control: Control = unsafe { raw::function(&library, &LIBRARY, "opus_encoder_ctl") }?;
        // SAFETY: as above; kept with the library.
        let encode = unsafe { raw::function(&library, &LIBRARY, "opus_encode") }?;
        // SAFETY: as above; kept with the library.
        let destroy = unsafe { raw::function(&library, &LIBRARY, "opus_encoder_destroy") }?;
        let mut error = 0;
        let (rate, channels) = (SAMPLE_RATE as i32, CHANNELS as c_int);
        // SAFETY: `error` is a valid place for the result.
        let state = unsafe {
            create(
                rate,
                channels,
                APPLICATION_RESTRICTED_LOWDELAY,
                &raw mut error,
            )
        };
        let encoder = Self {
            state: NonNull::new(state).ok_or(SoundError::Opus(error))?,
            encode,
            destroy,
            _library: library,
        };
        let coded = match coded {
            Channels::Stereo => AUTO,
            Channels::Mono => 1,
        };
        for (request, value) in [
            (SET_BITRATE, bitrate),
            (SET_COMPLEXITY, complexity),
            (SET_FORCE_CHANNELS, coded),
        ] {
            // SAFETY: the state is alive, and each request takes one 32-bit number.
            let result = unsafe { control(encoder.state.as_ptr(), request, value) };
            if result < 0 {
                return Err(SoundError::Opus(result));
            }
        }
        Ok(encoder)
    }

    /// Encodes interleaved samples into `packet`; how many bytes of it are used.
    pub(super) fn encode(
        &mut self,
        samples: &[i16],
        packet: &mut [u8],
    ) -> Result<usize, SoundError> {
        let count = (samples.len() / CHANNELS) as c_int;
        let room = i32::try_from(packet.len()).unwrap_or(i32::MAX);
        // SAFETY: the state is alive; libopus reads `count` samples of each channel, which are there,
        // and writes at most `room` bytes.
        let written = unsafe {
            (self.encode)(
                self.state.as_ptr(),
                samples.as_ptr(),
                count,
                packet.as_mut_ptr(),
                room,
            )
        };
        match usize::try_from(written) {
            Ok(len) if len > 0 && len <= packet.len() => Ok(len),
            _ => Err(SoundError::Opus(written)),
        }
    }
}

impl Drop for Encoder {
    fn drop(&mut self) {
        // SAFETY: the state is alive and not used after this.
        unsafe { (self.destroy)(self.state.as_ptr()) }
    }
}

/// A decoder of stereo sound.
pub(super) struct Decoder {
    state: NonNull<State>,
    decode: Decode,
    destroy: Destroy,
    // Dropped last: the functions are in it.
    _library: Library,
}

// SAFETY: as for the encoder.
unsafe impl Send for Decoder {}

impl Decoder {
    pub(super) fn new() -> Result<Self, SoundError> {
        let library = raw::load(&LIBRARY)?;
        // SAFETY: the type is the one in opus.h.
        let create: CreateDecoder =
            unsafe { raw::function(&library, &LIBRARY, "opus_decoder_create") }?;
        // SAFETY: as above; kept with the library.
        let decode = unsafe { raw::function(&library, &LIBRARY, "opus_decode") }?;
        // SAFETY: as above; kept with the library.
        let destroy = unsafe { raw::function(&library, &LIBRARY, "opus_decoder_destroy") }?;
        let mut error = 0;
        // SAFETY: `error` is a valid place for the result.
        let state = unsafe { create(SAMPLE_RATE as i32, CHANNELS as c_int, &raw mut error) };
        Ok(Self {
            state: NonNull::new(state).ok_or(SoundError::Opus(error))?,
            decode,
            destroy,
            _library: library,
        })
    }

    /// Decodes a packet to interleaved `samples`, or guesses all of them if it is empty; how many of
    /// each channel were written.
    pub(super) fn decode(
        &mut self,
        packet: &[u8],
        samples: &mut [i16],
    ) -> Result<usize, SoundError> {
        let data = if packet.is_empty() {
            ptr::null()
        } else {
            packet.as_ptr()
        };
        let len = i32::try_from(packet.len()).unwrap_or(0);
        let room = (samples.len() / CHANNELS) as c_int;
        // SAFETY: the state is alive; libopus reads `len` bytes, which are there, whatever they hold,
        // and writes at most `room` samples of each channel.
        let written = unsafe {
            (self.decode)(
                self.state.as_ptr(),
                data,
                len,
                samples.as_mut_ptr(),
                room,
                0,
            )
        };
        usize::try_from(written).map_err(|_| SoundError::Opus(written))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: the state is alive and not used after this.
        unsafe { (self.destroy)(self.state.as_ptr()) }
    }
}
