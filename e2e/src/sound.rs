//! A loudspeaker that can be listened to, with a microphone beside it, and what is heard.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_sound::jitter::MOST_SPEED_CHANGE;
use hackstream_sound::pulse::{Closer, PulseRecorder};
use hackstream_sound::{PIECE, PIECE_VALUES};

use crate::folder::Folder;
use crate::process::{Process, bound_command};
use crate::server::Server;
use crate::wait_until;

/// The frequency of the test's tone in hertz, and its amplitude.
pub const TONE: f64 = 1000.0;
const AMPLITUDE: f64 = 8000.0;

/// How far a measured frequency may be from the true one, as a share of it.
const IMPRECISION: f64 = 0.005;

/// Samples a second.
const RATE: usize = 48_000;

/// A PulseAudio with nothing but a device that leads nowhere, and a microphone into which only what
/// is played on the device `air` gets.
pub struct Loudspeaker {
    _server: Process,
    socket: PathBuf,
}

impl Loudspeaker {
    /// Starts it with its files in `folder`.
    ///
    /// # Panics
    /// If PulseAudio is not installed or does not start.
    #[must_use]
    pub fn start(folder: &Folder) -> Self {
        let own = folder.path("loudspeaker");
        std::fs::create_dir(&own).expect("a folder");
        let (socket, script) = (own.join("native"), own.join("script.pa"));
        let modules = format!(
            "load-module module-null-sink sink_name=speaker rate=48000 channels=2\n\
             load-module module-native-protocol-unix auth-cookie-enabled=0 socket={}\n\
             set-default-sink speaker\n\
             load-module module-null-sink sink_name=air rate=48000 channels=2\n\
             load-module module-remap-source source_name=headset master=air.monitor\n\
             set-default-source headset\n",
            socket.display()
        );
        std::fs::write(&script, modules).expect("a file");
        let mut command = bound_command("pulseaudio");
        folder.use_in(&mut command);
        command
            .env("PULSE_RUNTIME_PATH", &own)
            .env("PULSE_STATE_PATH", &own)
            .args([
                "-n",
                "--daemonize=no",
                "--use-pid-file=no",
                "--exit-idle-time=-1",
            ])
            .args(["--log-level=error", "-F"])
            .arg(script);
        let server = Process::start(&mut command);
        wait_until("the loudspeaker", || {
            PulseRecorder::open(&socket, "speaker.monitor").ok()
        });
        Self {
            _server: server,
            socket,
        }
    }

    /// Makes a program play on it.
    pub fn use_in(&self, command: &mut Command) {
        command.env("PULSE_SERVER", self.address());
    }

    /// What `PULSE_SERVER` is for it.
    #[must_use]
    pub fn address(&self) -> String {
        address(&self.socket)
    }

    /// Who records from it, as `pactl` tells it.
    #[must_use]
    pub fn source_outputs(&self) -> String {
        let mut command = bound_command("pactl");
        self.use_in(&mut command);
        let listing = Process::start(command.args(["list", "source-outputs"])).wait();
        listing.stdout.join("\n")
    }

    /// Hears what its microphone hears.
    #[must_use]
    pub fn listen_to_air(&self) -> Ear {
        Ear::at(&self.socket, "air.monitor")
    }

    /// Listens to it from now on.
    #[must_use]
    pub fn listen(&self) -> Ear {
        Ear::at(&self.socket, "speaker.monitor")
    }
}

/// The socket of a session's sound server.
///
/// # Panics
/// If the server has no session.
#[must_use]
pub fn session_socket(server: &Server) -> PathBuf {
    let sessions = server.folder().sessions();
    sessions.first().expect("a session").join("pulse/native")
}

/// Listens to what a session plays, before any viewer does.
#[must_use]
pub fn listen_to_session(server: &Server) -> Ear {
    Ear::at(&session_socket(server), "hackstream.monitor")
}

/// Plays the tone in a session, for so many seconds.
///
/// # Panics
/// If it cannot be played.
pub fn play_tone(server: &Server, seconds: usize) {
    let file = server.folder().path("tone.wav");
    std::fs::write(&file, tone(seconds)).expect("a file");
    let mut command = bound_command("paplay");
    server.folder().use_in(&mut command);
    let socket = session_socket(server);
    let mut player = Process::start(command.env("PULSE_SERVER", address(&socket)).arg(file));
    let ended = player.wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

pub(crate) fn address(socket: &Path) -> String {
    format!("unix:{}", socket.display())
}

/// A WAV file with the tone in both channels.
pub(crate) fn tone(seconds: usize) -> Vec<u8> {
    let samples = (0..seconds * RATE).flat_map(|i| {
        let phase = std::f64::consts::TAU * TONE * i as f64 / RATE as f64;
        [(AMPLITUDE * phase.sin()) as i16; 2]
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let length = data.len() as u32;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + length).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16u32.to_le_bytes());
    file.extend_from_slice(&[1, 0, 2, 0]);
    file.extend_from_slice(&(RATE as u32).to_le_bytes());
    file.extend_from_slice(&(4 * RATE as u32).to_le_bytes());
    file.extend_from_slice(&[4, 0, 16, 0]);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(&data);
    file
}

/// Records until it is asked what it heard.
pub struct Ear {
    closer: Closer,
    heard: Arc<Mutex<Heard>>,
}

/// What was heard, from the first sound on: the left channel.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// When it began.
    pub began: Option<Instant>,
    samples: Vec<i16>,
}

impl Ear {
    pub(crate) fn at(socket: &Path, source: &str) -> Self {
        let mut recorder = PulseRecorder::open(socket, source).expect("a recorder");
        let closer = recorder.closer().expect("a descriptor");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let noted = Arc::clone(&heard);
        thread::spawn(move || {
            let mut note = |piece: &[i16; PIECE_VALUES]| {
                noted
                    .lock()
                    .expect("unpoisoned")
                    .note(piece, Instant::now());
            };
            while recorder.next(&mut note).is_ok() {}
        });
        Self { closer, heard }
    }

    /// What was heard so far.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.lock().expect("unpoisoned").clone()
    }

    /// What was heard once there has been sound for so long, and then none for a second.
    ///
    /// # Panics
    /// If that does not come about.
    #[must_use]
    pub fn heard_to_the_end(&self, seconds: f64) -> Heard {
        wait_until("the end of the sound", || {
            let heard = self.heard();
            (heard.seconds() >= seconds && heard.silence() >= 1.0).then_some(heard)
        })
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.closer.close();
    }
}

impl Heard {
    /// What a file of stereo samples holds; when it began is not known.
    #[must_use]
    pub fn of_raw(bytes: &[u8]) -> Self {
        let left = bytes
            .chunks_exact(4)
            .map(|it| i16::from_le_bytes([it[0], it[1]]));
        let samples = left.skip_while(|sample| sample.unsigned_abs() <= 500);
        Self {
            began: None,
            samples: samples.collect(),
        }
    }

    fn note(&mut self, piece: &[i16; PIECE_VALUES], now: Instant) {
        let mut left = piece.iter().step_by(2).copied();
        if self.began.is_none() {
            let Some(first) = left.clone().position(|sample| sample.unsigned_abs() > 500) else {
                return;
            };
            let into = Duration::from_secs_f64(first as f64 / RATE as f64);
            self.began = Some(now - PIECE.time() + into);
            left.nth(first);
        }
        self.samples.extend(left);
    }

    /// Seconds from the first to the last sound.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.sound().len() as f64 / RATE as f64
    }

    /// Whether it sounds like the tone: as high, but for the speed that a jitter buffer may choose,
    /// and as loud.
    #[must_use]
    pub fn is_the_tone(&self) -> bool {
        let most = f64::from(MOST_SPEED_CHANGE) / 1e6 + IMPRECISION;
        let apart = (self.frequency() / TONE - 1.0).abs();
        apart < most && (0.9..1.1).contains(&self.level())
    }

    /// The tone's frequency in hertz, by the middle half of its periods: a gap or a guess of the
    /// decoder cuts some short and draws others out.
    #[must_use]
    pub fn frequency(&self) -> f64 {
        let mut passages = Vec::new();
        let mut below = false;
        for (at, &sample) in self.sound().iter().enumerate() {
            if below && sample > 0 {
                passages.push(at);
            }
            below = sample < -400 || below && sample <= 0;
        }
        let mut periods: Vec<usize> = passages.windows(2).map(|w| w[1] - w[0]).collect();
        periods.sort_unstable();
        let quarter = periods.len() / 4;
        let middle = &periods[quarter..periods.len() - quarter];
        let sum: usize = middle.iter().sum();
        (RATE * middle.len()) as f64 / sum.max(1) as f64
    }

    /// The amplitude of a sine of the same energy while there is sound, relative to the tone that was
    /// played.
    #[must_use]
    pub fn level(&self) -> f64 {
        let sound = self.sound();
        let energy: f64 = sound.iter().map(|&s| f64::from(s).powi(2)).sum();
        let sounding = sound.len() - self.silent_samples();
        (2.0 * energy / sounding.max(1) as f64).sqrt() / AMPLITUDE
    }

    /// Seconds of silence after the last sound.
    #[must_use]
    pub fn silence(&self) -> f64 {
        (self.samples.len() - self.sound().len()) as f64 / RATE as f64
    }

    /// Milliseconds of silence between the first and the last sound, in stretches of at least two.
    #[must_use]
    pub fn gaps(&self) -> f64 {
        self.silent_samples() as f64 * 1000.0 / RATE as f64
    }

    fn silent_samples(&self) -> usize {
        let stretches = self.sound().split(|sample| sample.unsigned_abs() > 400);
        let silent = stretches.map(<[i16]>::len);
        silent.filter(|len| *len >= 2 * RATE / 1000).sum()
    }

    fn sound(&self) -> &[i16] {
        let last = self.samples.iter().rposition(|s| s.unsigned_abs() > 500);
        &self.samples[..last.map_or(0, |last| last + 1)]
    }

    /// All of it for a person.
    #[must_use]
    pub fn told(&self) -> String {
        let mut told = String::new();
        let _ = write!(
            told,
            "{:.2} s at {:.1} Hz, level {:.2}, gaps of {:.0} ms",
            self.seconds(),
            self.frequency(),
            self.level(),
            self.gaps()
        );
        told
    }
}
