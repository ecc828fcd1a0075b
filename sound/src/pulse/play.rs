//! Playing.

use std::ffi::CString;
use std::path::Path;
use std::time::Duration;

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelVolume, Command, CreatePlaybackStreamReply, PlaybackStreamParams, write_memblock,
};

use super::messages::{Incoming, Patience, command};
use super::{SAMPLE_BYTES, SAMPLES, Server, named, refused, stereo, user_cookie, user_socket};
use crate::output::{DEVICE, Output, time_of};
use crate::{PIECE_VALUES, SoundError};

const PIECE_BYTES: u32 = (PIECE_VALUES * SAMPLE_BYTES) as u32;

/// A piece may be so much longer than its share of the buffer: it is stretched now and then.
const LENIENCE: i64 = 256;

/// A stream to a device of a sound server.
pub struct PulsePlayer {
    server: Server,
    channel: u32,
    /// Bytes that the server holds when it is satisfied.
    target: i64,
    /// Bytes that it asks for now; negative if it holds more than that.
    room: i64,
    block: Vec<u8>,
    bytes: Vec<u8>,
}

impl PulsePlayer {
    /// Finds the sound server as PulseAudio's own programs do, and begins to play on the device that
    /// the user chose there.
    ///
    /// # Errors
    /// [`SoundError::NoServer`] if there is none, or what it says.
    pub fn open() -> Result<Self, SoundError> {
        let server = Server::connect(&user_socket()?, user_cookie())?;
        Self::begin(server, None, "Remote session")
    }

    /// Begins to play on `sink` of the server of ours behind `socket`, as `name`.
    ///
    /// # Errors
    /// [`SoundError::NoServer`], or what the server says.
    pub fn open_on(socket: &Path, sink: &str, name: &str) -> Result<Self, SoundError> {
        let sink = CString::new(sink).map_err(|_| SoundError::Server("a bad name".into()))?;
        let server = Server::connect(socket, Vec::new())?;
        Self::begin(server, Some(sink), name)
    }

    fn begin(mut server: Server, sink: Option<CString>, name: &str) -> Result<Self, SoundError> {
        let pieces = (DEVICE.as_millis() / crate::PIECE.time().as_millis()) as u32;
        let params = PlaybackStreamParams {
            sample_spec: SAMPLES,
            channel_map: stereo(),
            sink_name: sink,
            buffer_attr: BufferAttr {
                target_length: pieces * PIECE_BYTES,
                minimum_request_length: PIECE_BYTES,
                pre_buffering: PIECE_BYTES,
                ..BufferAttr::default()
            },
            cvolume: Some(ChannelVolume::norm(SAMPLES.channels.into())),
            flags: StreamFlags {
                adjust_latency: true,
                ..StreamFlags::default()
            },
            props: named(name),
            ..PlaybackStreamParams::default()
        };
        let created: CreatePlaybackStreamReply =
            server.ask(&Command::CreatePlaybackStream(params))?;
        Ok(Self {
            server,
            channel: created.channel,
            target: i64::from(created.buffer_attr.target_length),
            room: i64::from(created.requested_bytes),
            block: Vec::new(),
            bytes: Vec::new(),
        })
    }

    /// Takes what the server says; true if it said something.
    fn hear(&mut self, patience: Patience) -> Result<bool, SoundError> {
        let version = self.server.version;
        let heard = match self.server.messages.next(patience)? {
            Some(Incoming::Command(message)) => command(message, version),
            Some(Incoming::Samples(_)) => None,
            None => return Ok(false),
        };
        match heard {
            Some(Command::Request(request)) => self.room += i64::from(request.length),
            Some(Command::PlaybackBufferAttrChanged(changed)) => {
                self.target = i64::from(changed.buffer_attr.target_length);
            }
            Some(Command::PlaybackStreamKilled(_)) => {
                return Err(SoundError::Server("the stream was ended".to_owned()));
            }
            _ => {}
        }
        Ok(true)
    }
}

impl Output for PulsePlayer {
    fn capacity(&self) -> Duration {
        time_of(self.target.unsigned_abs() as usize / SAMPLE_BYTES)
    }

    fn buffered(&mut self) -> Result<Duration, SoundError> {
        while self.hear(Patience::None)? {}
        let held = (self.target - self.room).max(0) as usize;
        Ok(time_of(held / SAMPLE_BYTES))
    }

    fn write(&mut self, samples: &[i16]) -> Result<(), SoundError> {
        self.bytes.clear();
        self.bytes
            .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let len = self.bytes.len() as i64;
        while self.room < len - LENIENCE {
            self.hear(Patience::Wait)?;
        }
        self.room -= len;
        self.block.clear();
        write_memblock(&mut self.block, self.channel, &self.bytes, 0).map_err(refused)?;
        self.server.send(&self.block)
    }
}
