//! The session's sound server: a PulseAudio of its own with nothing but a device that leads nowhere,
//! from which the viewers' sound is recorded.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::Sound;
use super::directory::write_private;
use super::error::SessionError;
use super::keeper::{Keeper, Launched, Relauncher, Reports};
use super::messages::{Launch, Outcome, Role};
use super::programs::Program;

const PULSEAUDIO: Program = Program {
    name: "pulseaudio",
    package: "pulseaudio",
};

/// In the session's directory: the sound server's files, and among them its socket and script.
const DIRECTORY: &str = "pulse";
const SOCKET: &str = "native";
const SCRIPT: &str = "session.pa";

/// How long it may take until it can be reached; it is a few hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(3);

/// Between two tries to reach it: it tells nobody when it is ready.
const TRY: Duration = Duration::from_millis(5);

/// One that dies sooner than this has not worked; after so many of those in a row it stays dead.
const LIVED: Duration = Duration::from_secs(5);
const MOST_FAILURES: u32 = 3;

/// What `PULSE_SERVER` is for programs of the session in `dir`.
pub(super) fn address(dir: &Path) -> OsString {
    let mut address = OsString::from("unix:");
    address.push(socket(dir));
    address
}

/// The sound server's socket.
pub(super) fn socket(dir: &Path) -> PathBuf {
    dir.join(DIRECTORY).join(SOCKET)
}

/// Starts it; `None`, and a line in the log, if that is not possible. A session without sound is
/// better than none.
pub(super) fn start(
    dir: &Path,
    sound: Sound,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Option<SoundServer> {
    let launch = match prepare(dir, sound) {
        Ok(()) => launch(dir),
        Err(error) => {
            warn!(%error, "no sound: the sound server's files cannot be written");
            return None;
        }
    };
    match keeper.launch(&launch, reports) {
        Launched::Running(_) => {}
        Launched::Refused(error) if error.kind() == io::ErrorKind::NotFound => {
            let package = PULSEAUDIO.package;
            info!("no sound: PulseAudio is not installed (package {package})");
            return None;
        }
        Launched::Refused(error) | Launched::NoAnswer(error) => {
            warn!(%error, "no sound: PulseAudio cannot be started");
            return None;
        }
    }
    let relauncher = keeper.relauncher(launch).ok()?;
    Some(SoundServer {
        relauncher,
        since: Instant::now(),
        failures: 0,
    })
}

/// Waits until programs that start now find it.
pub(super) fn wait_until_ready(dir: &Path) {
    let (socket, deadline) = (socket(dir), Instant::now() + PATIENCE);
    while UnixStream::connect(&socket).is_err() {
        if Instant::now() > deadline {
            warn!("PulseAudio takes long to start: the first programs may be silent");
            return;
        }
        std::thread::sleep(TRY);
    }
}

/// A sound server that runs, or did.
pub(super) struct SoundServer {
    relauncher: Relauncher,
    since: Instant,
    /// How often in a row it died soon.
    failures: u32,
}

impl SoundServer {
    /// It ended: starts it again, unless that has been of no use.
    pub(super) fn ended(&mut self, outcome: Outcome) {
        self.failures = if self.since.elapsed() < LIVED {
            self.failures + 1
        } else {
            1
        };
        if self.failures > MOST_FAILURES {
            warn!(%outcome, "the sound server keeps ending: there is no more sound");
            return;
        }
        warn!(%outcome, "the sound server ended and is started again");
        self.since = Instant::now();
        if let Err(error) = self.relauncher.launch() {
            warn!(%error, "the sound server cannot be started again");
        }
    }
}

fn prepare(dir: &Path, sound: Sound) -> Result<(), SessionError> {
    let own = dir.join(DIRECTORY);
    let made = DirBuilder::new().mode(0o700).create(&own);
    made.map_err(|source| SessionError::Write {
        path: own.clone(),
        source,
    })?;
    write_private(&own.join(SCRIPT), script(&socket(dir), sound).as_bytes())
}

/// The device sleeps two seconds after the last program stopped playing, and then nothing wakes up.
/// The socket comes last: who reaches it finds everything there.
fn script(socket: &Path, sound: Sound) -> String {
    let socket = socket.display();
    let sink = crate::sound::SINK;
    let speaking = match sound {
        Sound::BothWays => microphone(),
        Sound::On | Sound::Off => String::new(),
    };
    format!(
        "load-module module-null-sink sink_name={sink} rate=48000 channels=2 \
         sink_properties=device.description=HackStream\n\
         load-module module-suspend-on-idle timeout=2\n\
         set-default-sink {sink}\n\
         {speaking}\
         load-module module-native-protocol-unix auth-cookie-enabled=0 socket=\"{socket}\"\n"
    )
}

/// A second device that leads nowhere, into which viewers' voices are played, and a source that
/// looks like a microphone: browsers do not offer the monitor of a device as one. The device is not
/// the default one, so programs do not play on it.
fn microphone() -> String {
    use crate::sound::microphone::{SINK, SOURCE};
    format!(
        "load-module module-null-sink sink_name={SINK} rate=48000 channels=2 \
         sink_properties=device.description=Voices\n\
         load-module module-remap-source source_name={SOURCE} master={SINK}.monitor \
         source_properties=device.description=Microphone\n\
         set-default-source {SOURCE}\n"
    )
}

/// Its own files and no configuration of the user's; no bus, no priority, no end before the
/// session's.
fn launch(dir: &Path) -> Launch {
    let own = dir.join(DIRECTORY);
    let mut arguments: Vec<OsString> = [
        "-n",
        "--daemonize=no",
        "--use-pid-file=no",
        "--exit-idle-time=-1",
        "--disallow-exit=yes",
        "--disallow-module-loading=yes",
        "--disable-shm=yes",
        "--high-priority=no",
        "--realtime=no",
        "--log-target=stderr",
        "--log-level=error",
        "-F",
    ]
    .map(OsString::from)
    .into();
    arguments.push(own.join(SCRIPT).into());
    let set = |name: &str, value: OsString| (OsString::from(name), Some(value));
    Launch {
        role: Role::Sound,
        program: PULSEAUDIO.name.into(),
        arguments,
        environment: vec![
            set("PULSE_RUNTIME_PATH", own.clone().into()),
            set("PULSE_STATE_PATH", own.into()),
            set("PULSE_CONFIG", "/dev/null".into()),
            set("DBUS_SESSION_BUS_ADDRESS", "disabled:".into()),
            ("DISPLAY".into(), None),
        ],
        ready_option: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_the_socket_that_the_sound_server_listens_on() {
        let dir = Path::new("/run/a session");
        let socket = socket(dir);
        assert_eq!(
            address(dir),
            OsString::from(format!("unix:{}", socket.display()))
        );
        assert!(script(&socket, Sound::On).contains("socket=\"/run/a session/pulse/native\""));
    }

    #[test]
    fn there_is_a_microphone_only_where_it_was_enabled() {
        let socket = Path::new("/x");
        assert!(!script(socket, Sound::On).contains("microphone"));
        assert!(script(socket, Sound::BothWays).contains("set-default-source microphone\n"));
    }
}
