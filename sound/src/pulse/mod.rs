//! PulseAudio, or PipeWire in its place, spoken to over its socket.

mod credentials;
mod messages;
mod play;
mod record;
mod watch;

use std::env;
use std::ffi::CString;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hackstream_protocol::wire::sound::{CHANNELS, SAMPLE_RATE};
use pulseaudio::protocol::{
    AuthParams, AuthReply, ChannelMap, Command, CommandReply, MAX_VERSION, Prop, Props,
    ProtocolError, SampleFormat, SampleSpec, SetClientNameReply, write_command_message,
};

use crate::SoundError;
use messages::{Incoming, Messages, Patience};
pub use play::PulsePlayer;
pub use record::{Closer, PulseRecorder};
pub use watch::{SourceWatch, Use};

/// A sound server that does not answer for so long is treated as gone.
const ANSWER: Duration = Duration::from_secs(5);

/// The size of a cookie.
const COOKIE_BYTES: usize = 256;

/// The format of samples everywhere here.
pub(crate) const SAMPLES: SampleSpec = SampleSpec {
    format: SampleFormat::S16Le,
    channels: CHANNELS as u8,
    sample_rate: SAMPLE_RATE,
};

/// Bytes of a sample of one channel.
pub(crate) const SAMPLE_BYTES: usize = 2;

/// A connection to a sound server.
pub(crate) struct Server {
    messages: Messages,
    version: u16,
    last_request: u32,
}

impl Server {
    /// Connects to the server behind `socket`.
    pub(crate) fn connect(socket: &Path, mut cookie: Vec<u8>) -> Result<Self, SoundError> {
        // One of another length is refused, and none too, before it looks at the socket's owner.
        cookie.resize(COOKIE_BYTES, 0);
        let stream = UnixStream::connect(socket).map_err(SoundError::NoServer)?;
        stream
            .set_read_timeout(Some(ANSWER))
            .and_then(|()| stream.set_write_timeout(Some(ANSWER)))
            .map_err(SoundError::NoServer)?;
        let mut server = Self {
            messages: Messages::new(stream),
            version: MAX_VERSION,
            last_request: 0,
        };
        let auth = AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        };
        let welcome = server.introduce(auth)?;
        server.version = welcome.version.min(MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, c"HackStream");
        let _: SetClientNameReply = server.ask(&Command::SetClientName(props))?;
        Ok(server)
    }

    /// Sends a command and waits for its answer.
    pub(crate) fn ask<T: CommandReply>(&mut self, command: &Command) -> Result<T, SoundError> {
        let (request, bytes) = self.request(command)?;
        self.send(&bytes)?;
        self.answer(request)
    }

    /// Sends the first command of all, with who we are, and waits for its answer.
    fn introduce(&mut self, auth: AuthParams) -> Result<AuthReply, SoundError> {
        let (request, bytes) = self.request(&Command::Auth(auth))?;
        let sent = credentials::send(self.messages.stream(), &bytes).map_err(SoundError::Gone)?;
        self.send(bytes.get(sent..).unwrap_or_default())?;
        self.answer(request)
    }

    /// The next request's number and bytes.
    fn request(&mut self, command: &Command) -> Result<(u32, Vec<u8>), SoundError> {
        self.last_request += 1;
        let mut bytes = Vec::new();
        write_command_message(&mut bytes, self.last_request, command, self.version)
            .map_err(refused)?;
        Ok((self.last_request, bytes))
    }

    fn answer<T: CommandReply>(&mut self, request: u32) -> Result<T, SoundError> {
        let version = self.version;
        loop {
            match self.messages.next(Patience::Wait)? {
                Some(Incoming::Command(bytes)) => {
                    if let Some(answer) = messages::answer(bytes, request, version)? {
                        return Ok(answer);
                    }
                }
                Some(Incoming::Samples(_)) | None => {}
            }
        }
    }

    /// Lets reading wait for as long as nothing happens.
    fn wait_without_limit(&mut self) -> Result<(), SoundError> {
        let stream = self.messages.stream();
        stream.set_read_timeout(None).map_err(SoundError::Gone)
    }

    /// What ends the connection from another thread.
    fn closer(&self) -> Result<Closer, SoundError> {
        let stream = self.messages.stream().try_clone();
        Ok(Closer::new(stream.map_err(SoundError::Gone)?))
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<(), SoundError> {
        let mut stream = self.messages.stream();
        stream.write_all(bytes).map_err(SoundError::Gone)
    }
}

/// What the sound server said to a command.
pub(crate) fn refused(error: ProtocolError) -> SoundError {
    match error {
        ProtocolError::Io(error) => SoundError::Gone(error),
        ProtocolError::ServerError(error) => SoundError::Server(format!("{error:?}")),
        other => SoundError::Server(other.to_string()),
    }
}

pub(crate) fn stereo() -> ChannelMap {
    ChannelMap::stereo()
}

/// What a stream is called where the person sees a list of them.
pub(crate) fn named(name: &str) -> Props {
    let mut props = Props::new();
    props.set(Prop::MediaName, CString::new(name).unwrap_or_default());
    props
}

/// The socket of the user's sound server, where PulseAudio's own programs look for it.
fn user_socket() -> Result<PathBuf, SoundError> {
    let path = |name: &str| env::var_os(name).map(PathBuf::from);
    let named = env::var("PULSE_SERVER").ok();
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let socket = named.strip_prefix("unix:").unwrap_or(&named);
        if !socket.starts_with('/') {
            let what = "PULSE_SERVER names no socket of this machine";
            let error = io::Error::new(io::ErrorKind::Unsupported, what);
            return Err(SoundError::NoServer(error));
        }
        return Ok(PathBuf::from(socket));
    }
    let runtime = path("PULSE_RUNTIME_PATH")
        .or_else(|| path("XDG_RUNTIME_DIR").map(|dir| dir.join("pulse")))
        .ok_or_else(|| SoundError::NoServer(io::ErrorKind::NotFound.into()))?;
    Ok(runtime.join("native"))
}

/// The secret that shows the sound server who we are; empty where the socket's owner is enough.
fn user_cookie() -> Vec<u8> {
    let home = env::var_os("HOME").map(PathBuf::from);
    let files = [
        env::var_os("PULSE_COOKIE").map(PathBuf::from),
        home.as_ref().map(|home| home.join(".config/pulse/cookie")),
        home.as_ref().map(|home| home.join(".pulse-cookie")),
    ];
    let mut cookies = files
        .into_iter()
        .flatten()
        .filter_map(|file| std::fs::read(file).ok());
    cookies.next().unwrap_or_default()
}
