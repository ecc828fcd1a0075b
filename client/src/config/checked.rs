//! The command line as understood.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use hackstream_clipboard::Directions;
use hackstream_protocol::amount;
use hackstream_protocol::rate::cap::LEAST_CAP;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::{Quality, SeatWish};
use hackstream_transport::Fingerprint;

use super::address::ServerAddress;
use super::desktop::{self, DesktopOptions};
use super::files::{self, FileOptions};
#[cfg(feature = "v4l2")]
use super::hardware::HardwareDecoder;
use super::local_key::LocalKey;
use super::raw::{Arguments, Feature, QualityName};
use super::scaling::Scaling;
use super::ticket::{Descriptor, Ticket};
use super::token::{Token, token};
use crate::error::ViewError;
use crate::known_hosts;

/// How long a viewer without a window tries to get a lost connection back.
pub const DEFAULT_HEADLESS_RECONNECT: Duration = Duration::from_secs(30);

/// Everything the viewer needs to know to do its work.
#[derive(Clone, Debug)]
pub struct Options {
    /// The server to connect to.
    pub server: ServerAddress,
    /// The secret that admits to the session.
    pub token: Token,
    /// What a control plane sent the viewer with, to be shown instead of a token.
    pub ticket: Option<Ticket>,
    /// Which servers to believe.
    pub trust: TrustPolicy,
    /// What the person prefers where quality costs time.
    pub quality: Quality,
    /// The most that the person wants to get; `None` for whatever the network carries.
    pub max_bitrate: Option<Bitrate>,
    /// Whether the person wants to act in the session.
    pub seat: SeatWish,
    /// Which way clipboards may go: taken from the session; given to it, while the viewer is in
    /// control.
    pub clipboard: Directions,
    /// Where the picture goes.
    pub output: Output,
    /// How to print measurements, if at all.
    pub stats: Option<StatsForm>,
    /// The picture to write to a file, if any.
    pub screenshot: Option<Screenshot>,
    /// How long to try to get a lost connection back; `None` for ever.
    pub reconnect_timeout: Option<Duration>,
    /// What to do with the session's sound.
    pub sound: SoundOptions,
    /// Files to give to the session, and what to do with those that it has.
    pub files: FileOptions,
    /// What to do with the person's microphone.
    pub microphone: MicrophoneUse,
    /// Whether the server is to scale what cannot be shown.
    pub scaling: Scaling,
    /// What the person's desktop does for the session.
    pub desktop: DesktopOptions,
    /// The device that decodes films, if any.
    #[cfg(feature = "v4l2")]
    pub hardware_decoder: Option<HardwareDecoder>,
}

impl Options {
    /// Options of a viewer without a window and with nothing special.
    #[must_use]
    pub const fn headless(server: ServerAddress, token: Token, trust: TrustPolicy) -> Self {
        Self {
            server,
            token,
            ticket: None,
            trust,
            quality: Quality::Auto,
            max_bitrate: None,
            seat: SeatWish::Control,
            clipboard: Directions {
                take: true,
                give: true,
            },
            output: Output::Headless,
            stats: None,
            screenshot: None,
            reconnect_timeout: Some(DEFAULT_HEADLESS_RECONNECT),
            sound: SoundOptions::Off,
            files: FileOptions::none(),
            microphone: MicrophoneUse::Never,
            scaling: Scaling::Off,
            desktop: DesktopOptions::none(),
            #[cfg(feature = "v4l2")]
            hardware_decoder: None,
        }
    }
}

/// What to do with the person's microphone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicrophoneUse {
    /// It stays closed, whatever the session asks for.
    Never,
    /// It is opened while a program of the session records.
    WhenAsked,
}

/// What to do with the session's sound. The volume is in hundredths of the amplitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundOptions {
    /// Nothing, for good.
    Off,
    /// Nothing until the person unmutes it.
    Muted {
        /// How loud it is then.
        volume: u16,
    },
    /// Play it.
    Audible {
        /// How loud.
        volume: u16,
    },
}

/// Where the picture goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Into a window.
    Window {
        /// Whether the window fills the screen.
        fullscreen: bool,
        /// What keys it keeps for itself.
        keys: LocalKeys,
    },
    /// To the monitor of a machine without a window system.
    #[cfg(feature = "console")]
    Console,
    /// Only into memory.
    Headless,
}

/// Keys that the viewer keeps for itself; the session gets all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LocalKeys {
    /// Opens the menu.
    pub menu: Option<LocalKey>,
    /// Fills the screen, or not any more.
    pub fullscreen: Option<LocalKey>,
}

/// How measurements are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsForm {
    /// Lines for people, on standard error.
    Line,
    /// Lines of JSON for programs, on standard output.
    Json,
}

/// A picture to write to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screenshot {
    /// The PNG file.
    pub path: PathBuf,
    /// Time from the first complete picture; `None`: when it has been quiet for a while.
    pub after: Option<Duration>,
}

/// Which servers to believe.
#[derive(Clone, Debug)]
pub enum TrustPolicy {
    /// Only the one with this fingerprint.
    Pinned(Fingerprint),
    /// Those remembered in this file; unknown ones after the person agreed, or at once.
    KnownHosts {
        /// The file of fingerprints.
        file: PathBuf,
        /// Whether unknown servers are remembered without asking.
        accept_new: bool,
    },
}

/// Turns the raw command line into options; `variable` looks up the environment.
pub(super) fn check(
    raw: Arguments,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Options, ViewError> {
    let output = output(&raw)?;
    let goal = goal(&raw, &variable)?;
    let files = files::options(&raw, &variable)?;
    let sound = sound(&raw);
    let desktop = desktop::options(&raw)?;
    #[cfg(feature = "v4l2")]
    let hardware = HardwareDecoder::option(raw.hardware_decoder.as_deref())?;
    Ok(Options {
        files,
        desktop,
        server: goal.server,
        token: goal.token,
        ticket: goal.ticket,
        trust: goal.trust,
        quality: match raw.quality {
            QualityName::Low => Quality::Low,
            QualityName::Auto => Quality::Auto,
            QualityName::High => Quality::High,
        },
        max_bitrate: raw.max_bitrate.as_deref().map(max_bitrate).transpose()?,
        seat: if raw.view_only {
            SeatWish::Watch
        } else {
            SeatWish::Control
        },
        clipboard: Directions {
            take: !raw.disable.contains(&Feature::ClipboardOut),
            give: !raw.disable.contains(&Feature::ClipboardIn),
        },
        output,
        stats: match (raw.stats, raw.stats_json) {
            (_, true) => Some(StatsForm::Json),
            (true, false) => Some(StatsForm::Line),
            (false, false) => None,
        },
        screenshot: raw.screenshot.map(|path| Screenshot {
            path,
            after: raw.after.map(Duration::from_millis),
        }),
        reconnect_timeout: match (raw.reconnect_timeout, output) {
            (None, Output::Headless) => Some(DEFAULT_HEADLESS_RECONNECT),
            (Some(0), _) | (None, _) => None,
            (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        },
        sound,
        microphone: if raw.microphone {
            MicrophoneUse::WhenAsked
        } else {
            MicrophoneUse::Never
        },
        scaling: Scaling::option(&raw.scale)?,
        #[cfg(feature = "v4l2")]
        hardware_decoder: hardware,
    })
}

/// Where the viewer goes, and with what.
struct Goal {
    server: ServerAddress,
    token: Token,
    ticket: Option<Ticket>,
    trust: TrustPolicy,
}

fn goal(raw: &Arguments, variable: impl Fn(&str) -> Option<OsString>) -> Result<Goal, ViewError> {
    if let Some(file) = &raw.ticket_file {
        let descriptor = Descriptor::read(file)?;
        return Ok(Goal {
            server: descriptor.server,
            token: Token::default(),
            ticket: Some(descriptor.ticket),
            trust: TrustPolicy::Pinned(descriptor.fingerprint),
        });
    }
    Ok(Goal {
        server: raw.server.as_deref().unwrap_or_default().parse()?,
        token: token(raw.token.clone(), raw.token_file.as_deref(), &variable)?,
        ticket: None,
        trust: trust(raw.fingerprint.as_deref(), raw.accept_new, &variable)?,
    })
}

fn max_bitrate(text: &str) -> Result<Bitrate, ViewError> {
    let least = LEAST_CAP.0;
    let rate = amount::parse(text, least).map(Bitrate);
    rate.ok_or_else(|| {
        ViewError::Usage(format!(
            "--max-bitrate {text}: expected bits per second, such as 800k, 5M or 1G, and at least \
             {}k: with less a key's answer takes longer than a person waits",
            least / 1000
        ))
    })
}

fn output(raw: &Arguments) -> Result<Output, ViewError> {
    if raw.headless {
        return Ok(Output::Headless);
    }
    #[cfg(feature = "console")]
    if raw.console {
        return Ok(Output::Console);
    }
    let keys = LocalKeys {
        menu: LocalKey::option("--host-key", &raw.host_key)?,
        fullscreen: LocalKey::option("--fullscreen-key", &raw.fullscreen_key)?,
    };
    if keys.menu.is_some() && keys.menu == keys.fullscreen {
        let text = "--host-key and --fullscreen-key are the same key; choose another for one";
        return Err(ViewError::Usage(text.to_owned()));
    }
    let fullscreen = raw.fullscreen;
    Ok(Output::Window { fullscreen, keys })
}

const fn sound(raw: &Arguments) -> SoundOptions {
    let volume = raw.volume;
    match (raw.no_audio, raw.mute) {
        (true, _) => SoundOptions::Off,
        (false, true) => SoundOptions::Muted { volume },
        (false, false) => SoundOptions::Audible { volume },
    }
}

fn trust(
    fingerprint: Option<&str>,
    accept_new: bool,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<TrustPolicy, ViewError> {
    if let Some(text) = fingerprint {
        let pinned = text.parse().map_err(|_| {
            ViewError::Usage(format!(
                "\"{text}\" is not a fingerprint: it looks like sha256: and 64 hexadecimal digits"
            ))
        })?;
        return Ok(TrustPolicy::Pinned(pinned));
    }
    let file = known_hosts::default_path(variable).ok_or_else(|| {
        ViewError::Usage(
            "neither XDG_STATE_HOME nor HOME is set, so no fingerprints can be remembered; \
             use --fingerprint"
                .to_owned(),
        )
    })?;
    Ok(TrustPolicy::KnownHosts { file, accept_new })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    fn parsed(line: &[&str]) -> Result<Options, ViewError> {
        let raw = Arguments::try_parse_from([&["hackstream-view"], line].concat()).expect("clap");
        check(raw, |name| (name == "HOME").then(|| "/home/p".into()))
    }

    #[test]
    fn a_limit_is_read_and_nonsense_explained() {
        let limit = |text: &str| parsed(&["host", "--max-bitrate", text]).map(|o| o.max_bitrate);
        assert_eq!(parsed(&["host"]).expect("no limit").max_bitrate, None);
        assert_eq!(limit("2.5M").expect("a rate"), Some(Bitrate::kbps(2500)));
        // Faster than the line is fine.
        assert!(limit("100G").expect("a rate").is_some());
        for nonsense in [
            "0",
            "-5M",
            "-1",
            "fast",
            "99k",
            "",
            "5 M",
            "1e9",
            "--headless",
        ] {
            let error = limit(nonsense).expect_err(nonsense).to_string();
            assert!(error.contains("800k") && error.contains("100k"), "{error}");
        }
    }

    #[test]
    fn window_and_headless_have_their_own_patience() {
        assert_eq!(parsed(&["h"]).expect("window").reconnect_timeout, None);
        let headless = parsed(&["h", "--headless"]).expect("headless");
        assert_eq!(headless.reconnect_timeout, Some(DEFAULT_HEADLESS_RECONNECT));
        let never = parsed(&["h", "--headless", "--reconnect-timeout", "0"]).expect("never");
        assert_eq!(never.reconnect_timeout, None);
    }

    #[test]
    fn sound_is_on_and_the_microphone_off_unless_the_person_says_otherwise() {
        let sound = |line: &[&str]| parsed(line).expect("options").sound;
        assert_eq!(sound(&["h"]), SoundOptions::Audible { volume: 100 });
        assert_eq!(sound(&["h", "--no-audio"]), SoundOptions::Off);
        let microphone = |line: &[&str]| parsed(line).expect("options").microphone;
        assert_eq!(microphone(&["h"]), MicrophoneUse::Never);
        assert_eq!(microphone(&["h", "--microphone"]), MicrophoneUse::WhenAsked);
        let muted = sound(&["h", "--mute", "--volume", "30"]);
        assert_eq!(muted, SoundOptions::Muted { volume: 30 });
        let loud = ["hackstream-view", "h", "--volume", "401"];
        assert!(Arguments::try_parse_from(loud).is_err());
    }

    #[test]
    fn debug_output_hides_the_token() {
        let options = parsed(&["h", "--token", "hunter2"]).expect("options");
        assert!(!format!("{options:?}").contains("hunter2"));
    }

    #[test]
    fn the_viewer_keeps_the_keys_that_it_is_told_to() {
        let keys = |line: &[&str]| match parsed(line).expect("keys").output {
            Output::Window { keys, .. } => keys,
            _ => panic!("a window"),
        };
        let unless_told = LocalKeys {
            menu: Some(LocalKey::F8),
            fullscreen: None,
        };
        assert_eq!(keys(&["h"]), unless_told);
        let told = keys(&["h", "--host-key", "none", "--fullscreen-key", "F11"]);
        assert_eq!(told.menu, None);
        assert_eq!(
            told.fullscreen.map(LocalKey::code),
            "f11".parse().ok().map(LocalKey::code)
        );
        let error = parsed(&["h", "--host-key", "a"]).expect_err("it types something");
        assert!(error.to_string().contains("Scroll-Lock"), "{error}");
    }
}
