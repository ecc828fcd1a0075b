//! A person who speaks, and a program of a session that records.

use std::path::PathBuf;

use crate::process::{Process, bound_command};
use crate::server::Server;
use crate::sound::{Ear, Heard, Loudspeaker, address, session_socket, tone};
use crate::{folder::Folder, wait_until};

/// What a session's microphone is called.
const MICROPHONE: &str = "microphone";

/// Options of a server whose session has one.
pub const ENABLED: &[&str] = &["--enable", "microphone"];

/// A program of the session that records what it is given when it asks for no device in particular.
pub struct Recording {
    _program: Process,
    file: PathBuf,
}

impl Recording {
    /// Starts it.
    #[must_use]
    pub fn start(server: &Server) -> Self {
        let file = server.folder().path("recorded");
        let mut command = bound_command("parec");
        server.folder().use_in(&mut command);
        command
            .env("PULSE_SERVER", address(&session_socket(server)))
            .args(["--raw", "--rate=48000", "--channels=2", "--format=s16le"])
            .arg("--latency-msec=20")
            .arg(&file);
        let program = Process::start(&mut command);
        Self {
            _program: program,
            file,
        }
    }

    /// What it heard so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        Heard::of_raw(&std::fs::read(&self.file).unwrap_or_default())
    }
}

/// Listens beside the programs of a session, and counts as one of them.
#[must_use]
pub fn listen(server: &Server) -> Ear {
    Ear::at(&session_socket(server), MICROPHONE)
}

/// Says the tone at the viewer's side, for so many seconds.
///
/// # Panics
/// If it cannot be played.
pub fn say_tone(loudspeaker: &Loudspeaker, folder: &Folder, seconds: usize) {
    let file = folder.path("said.wav");
    std::fs::write(&file, tone(seconds)).expect("a file");
    let mut command = bound_command("paplay");
    folder.use_in(&mut command);
    loudspeaker.use_in(&mut command);
    let ended = Process::start(command.arg("--device=air").arg(file)).wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// Whether a viewer has the microphone of its side open.
#[must_use]
pub fn is_open(loudspeaker: &Loudspeaker) -> bool {
    loudspeaker
        .source_outputs()
        .contains("Microphone of a remote session")
}

/// Waits until a viewer has opened the microphone of its side, or closed it.
///
/// # Panics
/// If it does not.
pub fn wait_until_open(loudspeaker: &Loudspeaker, expected: bool) {
    wait_until("the microphone", || {
        (is_open(loudspeaker) == expected).then_some(())
    });
}

/// The sources of a session, and how they are doing.
#[must_use]
pub fn sources(server: &Server) -> String {
    let mut command = bound_command("pactl");
    command.env("PULSE_SERVER", address(&session_socket(server)));
    let command = command.args(["list", "short", "sources"]);
    Process::start(command).wait().stdout.join("\n")
}
