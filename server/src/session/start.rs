//! Bringing a session up, step by step; what fails takes down what stands.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hackstream_capture::{Capture, Cookie, PixelAccess};
use hackstream_protocol::limits::{MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS};
use hackstream_protocol::wire::control::Scale;

use super::directory::{create, write_private};
use super::error::SessionError;
use super::keeper::{Keeper, Launched, Reports};
use super::messages::Role;
use super::programs::{self, Environment, OPENBOX, Program, XKBCOMP, XVFB};
use super::sound::{self, SoundServer};
use super::{SessionConfig, Sound, WindowManager};
use super::{bus, calm, handover};
use crate::desktop::Places;

/// How long the window manager may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// All that a session consists of.
pub(super) struct Started {
    pub(super) keeper: Keeper,
    pub(super) reports: Reports,
    pub(super) capture: Capture,
    pub(super) display: String,
    pub(super) directory: PathBuf,
    pub(super) sound: Option<SoundServer>,
}

pub(super) fn start(config: &SessionConfig) -> Result<Started, SessionError> {
    check_size(config)?;
    let directory = create(&config.bases)?;
    let (mut keeper, mut reports) = Keeper::start(directory.clone()).map_err(|error| {
        // No supervisor, so nobody else removes it. It is empty.
        let _ = std::fs::remove_dir(&directory);
        SessionError::Supervisor(error)
    })?;
    let cookie = Cookie::generate().map_err(SessionError::Supervisor)?;
    let xauthority = directory.join(programs::XAUTHORITY);
    write_private(&xauthority, &cookie.xauthority())?;

    let display = start_display(config, &directory, &mut keeper, &mut reports)?;
    let access = PixelAccess::MappedFramebuffer(directory.clone());
    let capture = Capture::open_authorized(&display, &cookie, access)?;
    if config.size != config.largest {
        capture.resize(config.size, Scale::ONE)?;
    }
    let sound = match config.sound {
        Sound::Off => None,
        Sound::On | Sound::BothWays => {
            sound::start(&directory, config.sound, &mut keeper, &mut reports)
        }
    };
    if config.window_manager == WindowManager::Openbox {
        start_openbox(&directory, &display, &mut keeper, &mut reports)?;
        capture.wait_for_window_manager(PATIENCE)?;
    }
    if sound.is_some() {
        sound::wait_until_ready(&directory);
    }
    let surroundings = surround(config, &directory, &display, &mut keeper, &mut reports)?;
    start_command(config, surroundings, &mut keeper, &mut reports)?;
    reports
        .wait_without_limit()
        .map_err(SessionError::Supervisor)?;
    Ok(Started {
        keeper,
        reports,
        capture,
        display,
        directory,
        sound,
    })
}

fn check_size(config: &SessionConfig) -> Result<(), SessionError> {
    let (size, largest) = (config.size, config.largest);
    let possible = !size.is_empty()
        && size.width <= largest.width
        && size.height <= largest.height
        && largest.width.max(largest.height) <= MAX_SCREEN_EDGE
        && largest.area() <= u64::from(MAX_SCREEN_PIXELS);
    if possible {
        return Ok(());
    }
    Err(SessionError::ImpossibleSize { size, largest })
}

/// Starts the X server; the display's name.
fn start_display(
    config: &SessionConfig,
    directory: &Path,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Result<String, SessionError> {
    let launch = programs::display(directory, config.display, config.largest);
    let number = match keeper.launch(&launch, reports) {
        Launched::Running(number) => number,
        Launched::Refused(error) => return Err(program_error(&XVFB, error)),
        Launched::NoAnswer(error) => return Err(SessionError::Supervisor(error)),
    };
    if !number.is_empty() {
        return Ok(format!(":{number}"));
    }
    let outcome = match reports.next_end() {
        Some((Role::Display, outcome)) => Some(outcome),
        _ => None,
    };
    // Xvfb may leave the last line that it says unfinished, and ours would follow on it.
    let _ = io::stderr().write_all(b"\n");
    if !XKBCOMP.is_in_path() {
        return Err(missing(&XKBCOMP));
    }
    Err(SessionError::DisplayFailed { outcome })
}

fn start_openbox(
    directory: &Path,
    display: &str,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Result<(), SessionError> {
    let config = directory.join(programs::OPENBOX_CONFIG);
    write_private(&config, programs::OPENBOX_RULES.as_bytes())?;
    match keeper.launch(&programs::openbox(directory, display), reports) {
        Launched::Running(_) => Ok(()),
        Launched::Refused(error) => Err(program_error(&OPENBOX, error)),
        Launched::NoAnswer(error) => Err(SessionError::Supervisor(error)),
    }
}

/// What the command finds in its environment: the display, and the desktop that it thinks it has, which
/// it can reach once this returns.
fn surround(
    config: &SessionConfig,
    directory: &Path,
    display: &str,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Result<Environment, SessionError> {
    let mut environment = programs::environment(directory, display);
    calm::prepare(directory, &mut environment)?;
    let Some(desktop) = &config.desktop else {
        return Ok(environment);
    };
    let takes_links = desktop.allowed().links;
    if takes_links {
        handover::prepare(directory, &mut environment)?;
    }
    let bus = bus::start(directory, environment.clone(), keeper, reports);
    if let Some(address) = &bus {
        environment.push(("DBUS_SESSION_BUS_ADDRESS".into(), Some(address.into())));
    }
    let links = takes_links.then(|| handover::socket(directory));
    desktop.listen(Places {
        bus: bus.as_deref(),
        links: links.as_deref(),
    });
    Ok(environment)
}

fn start_command(
    config: &SessionConfig,
    surroundings: Environment,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Result<(), SessionError> {
    let launch = programs::command(surroundings, &config.command).ok_or(SessionError::NoCommand)?;
    let command = launch.program.clone();
    match keeper.launch(&launch, reports) {
        Launched::Running(_) => Ok(()),
        Launched::Refused(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(SessionError::CommandNotFound { command })
        }
        Launched::Refused(source) => Err(SessionError::CommandNotRunnable { command, source }),
        Launched::NoAnswer(error) => Err(SessionError::Supervisor(error)),
    }
}

fn program_error(program: &Program, error: io::Error) -> SessionError {
    if error.kind() == io::ErrorKind::NotFound {
        return missing(program);
    }
    SessionError::CommandNotRunnable {
        command: program.name.into(),
        source: error,
    }
}

fn missing(program: &Program) -> SessionError {
    SessionError::MissingProgram {
        program: program.name,
        package: program.package,
    }
}
