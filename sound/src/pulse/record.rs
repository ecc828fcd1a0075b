//! Recording.

use std::env;
use std::ffi::CString;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelVolume, Command, CreateRecordStreamReply, GetSourceInfo, RecordStreamParams, SourceInfo,
};

use super::messages::{Incoming, Patience, command};
use super::{SAMPLE_BYTES, SAMPLES, Server, named, stereo, user_cookie, user_socket};
use crate::input::Input;
use crate::{PIECE_VALUES, SoundError};

/// The name that stands for the source that the user chose.
const CHOSEN: &str = "@DEFAULT_SOURCE@";

/// A source of a sound server, being recorded.
pub struct PulseRecorder {
    server: Server,
    /// Samples not yet taken, less than a piece after each call.
    waiting: Vec<i16>,
}

/// Ends a recorder, or a watch, from another thread.
pub struct Closer(UnixStream);

impl Closer {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// Makes its next call, or the one it is in, fail.
    pub fn close(&self) {
        // Fails only if it is closed.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl PulseRecorder {
    /// Records from `source` of the server behind `socket`. While nothing plays there, the server
    /// lets it sleep, and nothing comes.
    ///
    /// # Errors
    /// [`SoundError::NoServer`], or what the server says.
    pub fn open(socket: &Path, source: &str) -> Result<Self, SoundError> {
        let server = Server::connect(socket, Vec::new())?;
        let flags = StreamFlags {
            adjust_latency: true,
            // Otherwise listening alone would keep the device awake.
            no_inhibit_auto_suspend: true,
            ..StreamFlags::default()
        };
        Self::begin(server, name_of(source)?, flags, "Viewers")
    }

    /// Finds the sound server as PulseAudio's own programs do, and records from the source that the
    /// user chose there, or that `PULSE_SOURCE` names. What a machine plays is no microphone, though
    /// a sound server without one offers it: that is refused unless it was named.
    ///
    /// # Errors
    /// [`SoundError::NoServer`], [`SoundError::NoMicrophone`], or what the server says.
    pub fn open_microphone() -> Result<Self, SoundError> {
        let mut server = Server::connect(&user_socket()?, user_cookie())?;
        let named = env::var("PULSE_SOURCE").ok().filter(|it| !it.is_empty());
        let name = Some(name_of(named.as_deref().unwrap_or(CHOSEN))?);
        let asked = GetSourceInfo { index: None, name };
        let source: SourceInfo = server.ask(&Command::GetSourceInfo(asked))?;
        if named.is_none() && source.monitor_of_sink_index.is_some() {
            return Err(SoundError::NoMicrophone);
        }
        let flags = StreamFlags {
            adjust_latency: true,
            ..StreamFlags::default()
        };
        Self::begin(server, source.name, flags, "Microphone of a remote session")
    }

    fn begin(
        mut server: Server,
        source: CString,
        flags: StreamFlags,
        name: &str,
    ) -> Result<Self, SoundError> {
        let params = RecordStreamParams {
            sample_spec: SAMPLES,
            channel_map: stereo(),
            source_name: Some(source),
            buffer_attr: BufferAttr {
                fragment_size: (PIECE_VALUES * SAMPLE_BYTES) as u32,
                ..BufferAttr::default()
            },
            cvolume: Some(ChannelVolume::norm(SAMPLES.channels.into())),
            flags,
            props: named(name),
            ..RecordStreamParams::default()
        };
        let _: CreateRecordStreamReply = server.ask(&Command::CreateRecordStream(params))?;
        server.wait_without_limit()?;
        Ok(Self {
            server,
            waiting: Vec::new(),
        })
    }

    /// What ends this recorder.
    ///
    /// # Errors
    /// [`SoundError::Gone`] if the system gives no more descriptors.
    pub fn closer(&self) -> Result<Closer, SoundError> {
        self.server.closer()
    }

    /// Waits for sound and gives all whole pieces of it to `take`.
    ///
    /// # Errors
    /// [`SoundError::Gone`] if the server ends or the recorder was closed.
    pub fn next(&mut self, mut take: impl FnMut(&[i16; PIECE_VALUES])) -> Result<(), SoundError> {
        let version = self.server.version;
        match self.server.messages.next(Patience::Wait)? {
            Some(Incoming::Samples(bytes)) => {
                let samples = bytes.chunks_exact(SAMPLE_BYTES);
                let samples = samples.map(|sample| i16::from_le_bytes([sample[0], sample[1]]));
                self.waiting.extend(samples);
            }
            Some(Incoming::Command(message)) => {
                if let Some(Command::RecordStreamKilled(_)) = command(message, version) {
                    return Err(SoundError::Server("the stream was ended".to_owned()));
                }
            }
            None => {}
        }
        let mut pieces = self.waiting.chunks_exact(PIECE_VALUES);
        for piece in pieces.by_ref() {
            if let Ok(piece) = piece.try_into() {
                take(piece);
            }
        }
        let rest = pieces.remainder().len();
        let used = self.waiting.len() - rest;
        self.waiting.drain(..used);
        Ok(())
    }
}

impl Input for PulseRecorder {
    fn next(&mut self, take: &mut dyn FnMut(&[i16; PIECE_VALUES])) -> Result<(), SoundError> {
        Self::next(self, take)
    }

    fn closer(&self) -> Result<Option<Closer>, SoundError> {
        Self::closer(self).map(Some)
    }
}

fn name_of(source: &str) -> Result<CString, SoundError> {
    CString::new(source).map_err(|_| SoundError::Server("a bad name".into()))
}
