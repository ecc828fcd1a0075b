//! The command line, understood and found sound.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use hackstream_clipboard::Directions;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::limits::{MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS};
use hackstream_protocol::rate::cap::{LEAST_CAP, LEAST_PER_HOUR, Limits};
use hackstream_protocol::units::{Bitrate, ByteCount};
use hackstream_protocol::wire::control::Quality;

use super::amount;
use super::raw::{self, Extra, Feature, QualityName};
use crate::session::Sound;
use crate::viewer::sizing::SMALLEST_EDGE;

/// What is wrong with the command line.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

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

/// Who is let in, before the token is read.
#[derive(Debug)]
pub enum AccessChoice {
    /// Everyone.
    Open,
    /// Whoever knows the token in this file.
    TokenFile(PathBuf),
    /// Whoever knows the token in the state directory.
    OwnToken,
}

/// Whether the screen follows the viewer's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resizing {
    /// It does.
    On,
    /// It keeps its size.
    Off,
}

/// All that was asked for.
#[derive(Debug)]
pub struct Config {
    /// What to stream.
    pub picture: Picture,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where key and token are kept.
    pub state_dir: PathBuf,
    /// Who is let in.
    pub access: AccessChoice,
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
}

impl Config {
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
                (
                    Picture::Existing {
                        display: attach.display,
                    },
                    attach.service,
                )
            }
        };
        let listen: SocketAddr = service.listen.parse().map_err(|_| {
            ConfigError(format!(
                "--listen {}: expected an address and a port, such as 0.0.0.0:14500 or [::]:14500",
                service.listen
            ))
        })?;
        let limits = limits(&service)?;
        let sound = sound(&service, &picture)?;
        let access = match (service.no_auth, service.token_file) {
            (true, _) if !is_private(listen.ip()) => {
                return Err(ConfigError(format!(
                    "--no-auth on {listen} would let in the whole network; listen on a loopback \
                     or private address (--listen 127.0.0.1:14500) or use a token"
                )));
            }
            (true, _) => AccessChoice::Open,
            (false, Some(file)) => AccessChoice::TokenFile(file),
            (false, None) => AccessChoice::OwnToken,
        };
        let state_dir = match service.state_dir {
            Some(dir) => dir,
            None => default_state_dir(env)?,
        };
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
            state_dir,
            access,
            quality,
            limits,
            sound,
            resizing,
            clipboard,
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

fn default_state_dir(env: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, ConfigError> {
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

/// Whether only this machine or its own network can reach the address.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn config(args: &[&str]) -> Result<Config, String> {
        let args = std::iter::once("hackstream-server").chain(args.iter().copied());
        let cli = raw::Cli::try_parse_from(args).map_err(|error| error.to_string())?;
        let env = |name: &str| (name == "HOME").then(|| OsString::from("/home/ada"));
        Config::new(cli.action, env).map_err(|error| error.to_string())
    }

    #[test]
    fn defaults_need_a_token_and_listen_everywhere() {
        let config = config(&["run", "--", "xterm", "-e", "top"]).unwrap();
        assert_eq!(config.listen, "0.0.0.0:14500".parse().unwrap());
        assert_eq!(
            config.state_dir,
            PathBuf::from("/home/ada/.local/state/hackstream")
        );
        assert!(matches!(config.access, AccessChoice::OwnToken));
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
    fn no_auth_is_for_private_addresses() {
        for listen in [
            "127.0.0.1:1",
            "10.1.2.3:1",
            "192.168.0.1:1",
            "[::1]:1",
            "[fd00::1]:1",
        ] {
            assert!(config(&["run", "--no-auth", "--listen", listen, "--", "x"]).is_ok());
        }
        for listen in ["0.0.0.0:1", "[::]:1", "8.8.8.8:1", "172.32.0.1:1"] {
            let error = config(&["run", "--no-auth", "--listen", listen, "--", "x"]).unwrap_err();
            assert!(error.contains("--no-auth"), "{error}");
        }
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
