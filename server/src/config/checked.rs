//! The command line, understood and found sound.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hackstream_clipboard::Directions;
use hackstream_protocol::amount;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::limits::{MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS};
use hackstream_protocol::rate::cap::{LEAST_CAP, LEAST_PER_HOUR, Limits};
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_protocol::wire::control::{DesktopShare, Quality};

use super::access::{self, AccessChoice};
use super::desktop;
use super::files::{self, FilesChoice};
use super::raw::{self, Extra, Feature, QualityName, StatusFormat};
use crate::desktop::open::Errand;
use crate::pages::Pages;
use crate::session::Sound;
use crate::status::ask::{Form, Question};
use crate::viewer::bell::Bell;
use crate::viewer::sizing::SMALLEST_EDGE;

/// What is wrong with the command line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub(super) String);

impl ConfigError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// What to stream.
#[derive(Debug)]
pub enum Picture {
    /// A command on a display of our own.
    OwnDisplay {
        /// Display number; the first free one if none.
        display: Option<u16>,
        /// Size at the start.
        size: Size,
        /// Largest size later.
        max_size: Size,
        /// The command and its arguments, at least one.
        command: Vec<OsString>,
    },
    /// A display that exists.
    Existing {
        /// Its name.
        display: String,
    },
}

impl Picture {
    /// The command for people: its words with spaces between them. Empty if it is not ours.
    #[must_use]
    pub fn command_line(&self) -> String {
        match self {
            Self::OwnDisplay { command, .. } => {
                let words: Vec<_> = command.iter().map(|word| word.to_string_lossy()).collect();
                words.join(" ")
            }
            Self::Existing { .. } => String::new(),
        }
    }
}

/// Whether the screen follows the viewer's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resizing {
    /// It does.
    On,
    /// It keeps its size.
    Off,
}

/// What the program is to do.
#[derive(Debug)]
pub enum Task {
    /// Serve a session.
    Serve(Box<Config>),
    /// Ask sessions that run.
    Ask(Question),
    /// Become a server as the environment says.
    Enter(raw::Entrypoint),
    /// Hand a link to a viewer.
    Open(Errand),
    /// Run an application that takes pages.
    Pages(Pages),
}

impl Task {
    /// Understands the command line. `env` answers for the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with a sentence for the person.
    pub fn new(
        action: raw::Action,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let (picture, service) = match action {
            raw::Action::Run(run) => (own_display(&run)?, run.service),
            raw::Action::Attach(attach) => {
                display_number(&attach.display)?;
                let display = attach.display;
                (Picture::Existing { display }, attach.service)
            }
            raw::Action::OpenLink(raw::OpenLink { link, socket }) => {
                return Ok(Self::Open(Errand { link, socket }));
            }
            raw::Action::Pages(raw::PagesOptions { socket, command }) => {
                return Ok(Self::Pages(Pages { socket, command }));
            }
            raw::Action::Status(status) => {
                return Ok(Self::Ask(Question {
                    state_dir: state_dir(status.state_dir, env)?,
                    form: match status.format {
                        StatusFormat::Text => Form::Text,
                        StatusFormat::Json => Form::Json,
                    },
                    patience: status
                        .wait_ready
                        .map(|seconds| Duration::from_secs(seconds.into())),
                }));
            }
            raw::Action::Entrypoint(entrypoint) => return Ok(Self::Enter(entrypoint)),
        };
        Config::new(picture, service, env).map(|config| Self::Serve(Box::new(config)))
    }
}

/// All that was asked for of a server.
#[derive(Debug)]
pub struct Config {
    /// What to stream.
    pub picture: Picture,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The number of a socket that listens already, in place of that.
    pub listen_fd: Option<u16>,
    /// The number of a socket on which the session's status is asked for.
    pub status_fd: Option<u16>,
    /// Where sockets are handed out, in place of both.
    pub sockets_from: Option<PathBuf>,
    /// Whether the server's key is one that nobody has but this process.
    pub fresh_key: bool,
    /// Where key and token are kept.
    pub state_dir: PathBuf,
    /// Who is let in.
    pub access: AccessChoice,
    /// Viewers at a time, at most.
    pub max_viewers: usize,
    /// Where metrics can be had, if anywhere.
    pub metrics: Option<SocketAddr>,
    /// The best that viewers get, whatever they ask for.
    pub quality: Quality,
    /// What may be sent to all viewers together.
    pub limits: Limits,
    /// Whether a session of our own has sound.
    pub sound: Sound,
    /// Whether its screen follows the viewer's window.
    pub resizing: Resizing,
    /// Which way clipboards may go: taken into the session, given out of it.
    pub clipboard: Directions,
    /// Whether viewers hear the bell.
    pub bell: Bell,
    /// How files are transferred; `None` if they are not.
    pub files: Option<FilesChoice>,
    /// What goes to the desktops of viewers.
    pub desktop: DesktopShare,
}

impl Config {
    fn new(
        picture: Picture,
        service: raw::Service,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigError> {
        let listen: SocketAddr = service.listen.parse().map_err(|_| {
            ConfigError(format!(
                "--listen {}: expected an address and a port, such as 0.0.0.0:14500 or [::]:14500",
                service.listen
            ))
        })?;
        let limits = limits(&service)?;
        let files = files::choice(&service, &env)?;
        let sound = sound(&service, &picture)?;
        let desktop = desktop::share(&service, &picture)?;
        let access = access::choose(&service, listen)?;
        let metrics = service.metrics.as_deref().map(access::metrics);
        let state_dir = state_dir(service.state_dir, env)?;
        let quality = match service.quality {
            QualityName::Low => Quality::Low,
            QualityName::Auto => Quality::Auto,
            QualityName::High => Quality::High,
        };
        let resizing = if service.disable.contains(&Feature::Resize) {
            Resizing::Off
        } else {
            Resizing::On
        };
        let clipboard = Directions {
            take: !service.disable.contains(&Feature::ClipboardIn),
            give: !service.disable.contains(&Feature::ClipboardOut),
        };
        Ok(Self {
            picture,
            listen,
            listen_fd: service.listen_fd,
            status_fd: service.status_fd,
            sockets_from: service.sockets_from,
            fresh_key: service.fresh_key,
            state_dir,
            access,
            max_viewers: usize::from(service.max_viewers),
            metrics: metrics.transpose()?,
            quality,
            limits,
            sound,
            resizing,
            clipboard,
            bell: if service.disable.contains(&Feature::Bell) {
                Bell::Off
            } else {
                Bell::On
            },
            files,
            desktop,
        })
    }
}

fn sound(service: &raw::Service, picture: &Picture) -> Result<Sound, ConfigError> {
    let is_off = service.disable.contains(&Feature::Audio);
    let impossible = |why| Err(ConfigError(format!("--enable microphone: {why}")));
    match (service.enable.contains(&Extra::Microphone), picture) {
        (true, Picture::Existing { .. }) => {
            impossible("the programs of a display that is only attached record elsewhere; use run")
        }
        (true, _) if is_off => impossible("with --disable audio the session has no sound server"),
        (true, _) => Ok(Sound::BothWays),
        (false, _) if is_off => Ok(Sound::Off),
        (false, _) => Ok(Sound::On),
    }
}

fn limits(service: &raw::Service) -> Result<Limits, ConfigError> {
    let rate = service.max_bitrate.as_deref().map(|text| {
        let least = LEAST_CAP.0;
        amount::parse(text, least).ok_or_else(|| {
            ConfigError(format!(
                "--max-bitrate {text}: expected bits per second, such as 800k, 5M or 1G, and at \
                 least {}k: with less a key's answer takes longer than a person waits",
                least / 1000
            ))
        })
    });
    let per_hour = service.max_data_per_hour.as_deref().map(|text| {
        let least = LEAST_PER_HOUR.0;
        amount::parse(text, least).ok_or_else(|| {
            ConfigError(format!(
                "--max-data-per-hour {text}: expected bytes, such as 500M or 2G, and at least {}M",
                least / 1_000_000
            ))
        })
    });
    Ok(Limits {
        rate: rate.transpose()?.map(Bitrate),
        per_hour: per_hour.transpose()?.map(ByteCount),
    })
}

fn own_display(run: &raw::Run) -> Result<Picture, ConfigError> {
    let size = parse_size("--size", &run.size)?;
    let max_size = match &run.max_size {
        Some(text) => parse_size("--max-size", text)?,
        None => size,
    };
    if max_size.width < size.width || max_size.height < size.height {
        return Err(ConfigError(format!(
            "--max-size {max_size} is smaller than --size {size}"
        )));
    }
    let display = run.display.as_deref().map(display_number).transpose()?;
    Ok(Picture::OwnDisplay {
        display,
        size,
        max_size,
        command: run.command.clone(),
    })
}

fn display_number(text: &str) -> Result<u16, ConfigError> {
    let number = text
        .strip_prefix(':')
        .and_then(|rest| rest.split('.').next()?.parse().ok());
    number.ok_or_else(|| ConfigError(format!("--display {text}: expected a number such as :7")))
}

fn parse_size(option: &str, text: &str) -> Result<Size, ConfigError> {
    let parse = || {
        let (width, height) = text.split_once(['x', 'X'])?;
        Some(Size::new(width.parse().ok()?, height.parse().ok()?))
    };
    let size = parse().ok_or_else(|| {
        ConfigError(format!(
            "{option} {text}: expected width and height, such as 1920x1080"
        ))
    })?;
    let edges = SMALLEST_EDGE..=MAX_SCREEN_EDGE;
    let edges_fit = edges.contains(&size.width) && edges.contains(&size.height);
    if !edges_fit || size.area() > u64::from(MAX_SCREEN_PIXELS) {
        return Err(ConfigError(format!(
            "{option} {text}: edges must be {SMALLEST_EDGE} to {MAX_SCREEN_EDGE} pixels and the \
             area at most {MAX_SCREEN_PIXELS}"
        )));
    }
    Ok(size)
}

fn state_dir(
    given: Option<PathBuf>,
    env: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, ConfigError> {
    if let Some(dir) = given {
        return Ok(dir);
    }
    let absolute = |name| {
        env(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|base| base.join("hackstream"))
        .ok_or_else(|| {
            ConfigError("neither XDG_STATE_HOME nor HOME is set; give --state-dir DIR".to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn config(args: &[&str]) -> Result<Config, String> {
        let args = std::iter::once("hackstream-server").chain(args.iter().copied());
        let cli = raw::Cli::try_parse_from(args).map_err(|error| error.to_string())?;
        let env = |name: &str| (name == "HOME").then(|| OsString::from("/home/ada"));
        match Task::new(cli.action, env) {
            Ok(Task::Serve(config)) => Ok(*config),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn defaults_need_a_token_and_listen_everywhere() {
        let config = config(&["run", "--", "xterm", "-e", "top"]).unwrap();
        assert_eq!(config.listen, "0.0.0.0:14500".parse().unwrap());
        assert_eq!(
            config.state_dir,
            PathBuf::from("/home/ada/.local/state/hackstream")
        );
        assert!(matches!(config.access, AccessChoice::OwnToken(_)));
        assert_eq!((config.max_viewers, config.metrics), (32, None));
        assert_eq!(config.quality, Quality::High, "each viewer gets its wish");
        let Picture::OwnDisplay { command, size, .. } = config.picture else {
            panic!()
        };
        assert_eq!((command.len(), size), (3, Size::new(1920, 1080)));
    }

    #[test]
    fn what_is_disabled_is_off() {
        assert_eq!(config(&["run", "--", "x"]).unwrap().sound, Sound::On);
        let off = config(&["run", "--disable", "audio", "--", "x"]).unwrap();
        assert_eq!((off.sound, off.resizing), (Sound::Off, Resizing::On));
        let off = config(&["run", "--disable", "resize", "--", "x"]).unwrap();
        assert_eq!((off.sound, off.resizing), (Sound::On, Resizing::Off));
        assert_eq!(off.bell, Bell::On);
        let off = config(&["run", "--disable", "bell", "--", "x"]).unwrap();
        assert_eq!(off.bell, Bell::Off);
        let error = config(&["run", "--disable", "audio,noise", "--", "x"]).unwrap_err();
        assert!(error.contains("noise"), "{error}");
    }

    #[test]
    fn a_microphone_is_there_only_if_asked_for_and_possible() {
        let sound = |args: &[&str]| config(args).map(|config| config.sound);
        let on = ["run", "--enable", "microphone", "--", "x"];
        assert_eq!(sound(&on).unwrap(), Sound::BothWays);
        let silent = ["run", "--enable", "microphone", "--disable", "audio"];
        let error = sound(&[&silent[..], &["--", "x"]].concat()).unwrap_err();
        assert!(error.contains("--disable audio"), "{error}");
        let attach = ["attach", "--display", ":0", "--enable", "microphone"];
        assert!(sound(&attach).unwrap_err().contains("attached"));
        assert!(sound(&["run", "--enable", "noise", "--", "x"]).is_err());
    }

    #[test]
    fn each_direction_of_the_clipboard_is_switched_off_alone() {
        let directions = |options: &[&str]| {
            let args = [&["run"][..], options, &["--", "x"]].concat();
            let Directions { take, give } = config(&args).unwrap().clipboard;
            (take, give)
        };
        assert_eq!(directions(&[]), (true, true));
        assert_eq!(directions(&["--disable", "clipboard-in"]), (false, true));
        let both = ["--disable", "clipboard-out,clipboard-in"];
        assert_eq!(directions(&both), (false, false));
        let error = config(&["run", "--disable", "pixels", "--", "x"]).unwrap_err();
        assert!(error.contains("pixels"), "{error}");
    }

    #[test]
    fn limits_are_read() {
        let limits = |args: &[&str]| {
            let all = [&["attach", "--display", ":0"], args].concat();
            config(&all).map(|config| config.limits)
        };
        assert!(!limits(&[]).unwrap().any());
        let both = limits(&["--max-bitrate", "2.5M", "--max-data-per-hour", "1G"]).unwrap();
        assert_eq!(both.rate, Some(Bitrate::kbps(2500)));
        assert_eq!(both.per_hour, Some(ByteCount(1_000_000_000)));
        for nonsense in ["0", "-5M", "fast", "99k", "5T", "", "1e9M", "NaN"] {
            let option = format!("--max-bitrate={nonsense}");
            let error = limits(&[&option]).unwrap_err();
            assert!(error.contains("800k"), "{error}");
            let option = format!("--max-data-per-hour={nonsense}");
            assert!(limits(&[&option]).unwrap_err().contains("500M"));
        }
    }

    #[test]
    fn nonsense_is_explained() {
        for (args, word) in [
            (&["run", "--size", "big", "--", "x"][..], "1920x1080"),
            (&["run", "--size", "0x0", "--", "x"], "edges"),
            (
                &[
                    "run",
                    "--size",
                    "800x600",
                    "--max-size",
                    "640x480",
                    "--",
                    "x",
                ],
                "smaller",
            ),
            (&["run", "--listen", "localhost", "--", "x"], "port"),
            (&["run", "--display", "7", "--", "x"], ":7"),
            (&["attach", "--display", "zero"], ":7"),
            (&["run"], "COMMAND"),
        ] {
            let error = config(args).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
