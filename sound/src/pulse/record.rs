//! Recording.

use std::ffi::CString;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{ChannelVolume, Command, CreateRecordStreamReply, RecordStreamParams};

use super::messages::{Incoming, Patience, command};
use super::{SAMPLE_BYTES, SAMPLES, Server, named, stereo};
use crate::{PIECE_VALUES, SoundError};

/// A source of a sound server of ours.
pub struct PulseRecorder {
    server: Server,
    /// Samples not yet taken, less than a piece after each call.
    waiting: Vec<i16>,
}

/// Ends a recorder from another thread.
pub struct Closer(UnixStream);

impl Closer {
    /// Makes the recorder's next call, or the one it is in, fail.
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
        let mut server = Server::connect(socket, Vec::new())?;
        let source = CString::new(source);
        let params = RecordStreamParams {
            sample_spec: SAMPLES,
            channel_map: stereo(),
            source_name: Some(source.map_err(|_| SoundError::Server("a bad name".into()))?),
            buffer_attr: BufferAttr {
                fragment_size: (PIECE_VALUES * SAMPLE_BYTES) as u32,
                ..BufferAttr::default()
            },
            cvolume: Some(ChannelVolume::norm(SAMPLES.channels)),
            flags: StreamFlags {
                adjust_latency: true,
                // Otherwise listening alone would keep the device awake.
                no_inhibit_auto_suspend: true,
                ..StreamFlags::default()
            },
            props: named("Viewers"),
            ..RecordStreamParams::default()
        };
        let _: CreateRecordStreamReply = server.ask(&Command::CreateRecordStream(params))?;
        let stream = server.messages.stream();
        stream.set_read_timeout(None).map_err(SoundError::Gone)?;
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
        let stream = self.server.messages.stream().try_clone();
        Ok(Closer(stream.map_err(SoundError::Gone)?))
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
