//! What goes on beside a work: sound plays in the session and is heard at the viewer, and what was
//! copied in the session, 20 MB of text, is pasted at the viewer again and again.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::interrupt::Interrupt;
use crate::process::{Launch, Process, find_program};
use crate::random::Random;
use crate::workspace::Workspace;

/// What is copied: letters that a compressor makes little of.
const COPIED_BYTES: usize = 20_000_000;
/// A tone of four seconds, stereo at 48 kHz, played in turns by two players.
const TONE_SAMPLES: usize = 4 * 48_000;
const TONE_HERTZ: f32 = 440.0;
const TONE_AMPLITUDE: f32 = 8000.0;

const START_LIMIT: Duration = Duration::from_secs(10);

/// In the session, before the stimulus takes the shell's place. What plays and what has copied end with
/// the session's sound and its display.
const IN_SESSION: &str = "\
tone=$1; text=$2; shift 2
while paplay --raw --rate=48000 --channels=2 --format=s16le \"$tone\"; do :; done &
xclip -quiet -selection clipboard -target UTF8_STRING -in \"$text\" &
exec \"$@\"";

/// At the viewer: each paste says how many bytes it got.
const AT_VIEWER: &str = "\
while :; do xclip -selection clipboard -target UTF8_STRING -out | wc -c; sleep 0.02; done";

/// The programs that it takes; the first that is missing, as a reason to skip the work.
pub(crate) fn missing() -> Option<String> {
    let programs = ["xclip", "paplay", "pulseaudio"];
    let missing = programs
        .into_iter()
        .find(|name| find_program(name, None).is_none());
    missing.map(|name| {
        format!("{name} is not installed (packages xclip, pulseaudio-utils, pulseaudio)")
    })
}

/// The command of a session with company: `command` beside it.
pub(crate) fn in_session(
    command: (&Path, Vec<OsString>),
    folder: &Path,
    seed: u64,
) -> Result<(PathBuf, Vec<OsString>)> {
    let (tone, text) = (folder.join("tone"), folder.join("copied"));
    std::fs::write(&tone, tone_bytes()).context("cannot write a tone")?;
    std::fs::write(&text, copied_text(seed)).context("cannot write what is copied")?;
    let shell = find_program("sh", None).context("there is no shell")?;
    let mut arguments: Vec<OsString> = vec!["-c".into(), IN_SESSION.into(), "company".into()];
    arguments.extend([tone.into(), text.into(), command.0.into()]);
    arguments.extend(command.1);
    Ok((shell, arguments))
}

fn tone_bytes() -> Vec<u8> {
    let sample = |at: usize| {
        let phase = at as f32 * TONE_HERTZ / 48_000.0 * core::f32::consts::TAU;
        (phase.sin() * TONE_AMPLITUDE) as i16
    };
    let samples = (0..TONE_SAMPLES).map(sample);
    samples
        .flat_map(|sample| [sample, sample])
        .flat_map(i16::to_le_bytes)
        .collect()
}

fn copied_text(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..COPIED_BYTES)
        .map(|_| b'0' + random.below(64) as u8)
        .collect()
}

/// Loudspeakers at the viewer that lead nowhere.
#[derive(Debug)]
pub(crate) struct Loudspeaker {
    server: Process,
    socket: PathBuf,
}

impl Loudspeaker {
    pub(crate) fn start(workspace: &Workspace, interrupt: &Interrupt) -> Result<Self> {
        let folder = workspace.folder("loudspeaker")?;
        let socket = folder.join("native");
        let device = "module-null-sink sink_name=speaker rate=48000 channels=2";
        let protocol = format!(
            "module-native-protocol-unix auth-cookie-enabled=0 socket={}",
            socket.display()
        );
        let program = find_program("pulseaudio", None).context("pulseaudio is not installed")?;
        let server = Launch::new("pulseaudio", program)
            .arguments([
                "-n",
                "--daemonize=no",
                "--use-pid-file=no",
                "--exit-idle-time=-1",
            ])
            .argument(format!("--load={device}"))
            .argument(format!("--load={protocol}"))
            .environment("HOME", &folder)
            .environment("PULSE_RUNTIME_PATH", &folder)
            .environment("PULSE_STATE_PATH", &folder)
            .start(&workspace.log("loudspeaker"))?;
        let there = interrupt.wait_until(START_LIMIT, || Ok(socket.exists().then_some(())))?;
        there.context("the loudspeaker did not start")?;
        Ok(Self { server, socket })
    }

    /// What `PULSE_SERVER` is for it.
    pub(crate) fn address(&self) -> OsString {
        let mut address = OsString::from("unix:");
        address.push(&self.socket);
        address
    }
}

/// Who pastes at the viewer, and the loudspeakers there.
#[derive(Debug)]
pub(crate) struct Company {
    paster: Process,
    loudspeaker: Loudspeaker,
}

impl Company {
    pub(crate) fn start(
        loudspeaker: Loudspeaker,
        display: &str,
        workspace: &Workspace,
    ) -> Result<Self> {
        let shell = find_program("sh", None).context("there is no shell")?;
        let paster = Launch::new("paster", shell)
            .arguments(["-c", AT_VIEWER])
            .environment("DISPLAY", display)
            .environment("HOME", workspace.path())
            .start(&workspace.log("paster"))?;
        Ok(Self {
            paster,
            loudspeaker,
        })
    }

    pub(crate) fn check_alive(&mut self) -> Result<()> {
        self.loudspeaker.server.check_alive()?;
        self.paster.check_alive()?;
        for said in self.paster.take_lines() {
            // Nothing, and an error of xclip, before the session has copied.
            let bytes = said.text.trim().parse().unwrap_or(0);
            ensure!(
                bytes == 0 || bytes == COPIED_BYTES,
                "{bytes} bytes were pasted of {COPIED_BYTES} that were copied"
            );
        }
        Ok(())
    }
}
