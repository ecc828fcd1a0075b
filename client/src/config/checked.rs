//! The command line as understood.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use hackstream_clipboard::Directions;
use hackstream_protocol::DEFAULT_PORT;
use hackstream_protocol::limits::MAX_TOKEN_BYTES;
use hackstream_protocol::wire::control::{Quality, SeatWish};
use hackstream_transport::Fingerprint;

use super::desktop::{self, DesktopOptions};
use super::files::{self, FileOptions};
use super::local_key::LocalKey;
use super::raw::{Arguments, Feature, QualityName};
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
    /// Which servers to believe.
    pub trust: TrustPolicy,
    /// What the person prefers where quality costs time.
    pub quality: Quality,
    /// Whether the person wants to act in the session.
    pub seat: SeatWish,
    /// Which way clipboards may go: taken from the session, given to it.
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
    /// What the person's desktop does for the session.
    pub desktop: DesktopOptions,
}

impl Options {
    /// Options of a viewer without a window and with nothing special.
    #[must_use]
    pub const fn headless(server: ServerAddress, token: Token, trust: TrustPolicy) -> Self {
        Self {
            server,
            token,
            trust,
            quality: Quality::Auto,
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
            desktop: DesktopOptions::none(),
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

/// The secret that admits to a session. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Token(Vec<u8>);

impl Token {
    /// A token of at most [`MAX_TOKEN_BYTES`].
    ///
    /// # Errors
    /// [`ViewError::Usage`] if it is longer.
    pub fn new(bytes: Vec<u8>) -> Result<Self, ViewError> {
        if bytes.len() > MAX_TOKEN_BYTES {
            return Err(ViewError::Usage(format!(
                "the token has {} bytes; no token is longer than {MAX_TOKEN_BYTES}",
                bytes.len()
            )));
        }
        Ok(Self(bytes))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(secret)")
    }
}

/// Name and UDP port of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Host name or IP address, in lower case and without brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for ServerAddress {
    type Err = ViewError;

    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    fn from_str(text: &str) -> Result<Self, ViewError> {
        let wrong =
            |why: &str| ViewError::Usage(format!("\"{text}\" is not HOST or HOST:PORT: {why}"));
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(|| wrong("] is missing"))?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(wrong("no IPv6 address in the brackets"));
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(wrong("a colon must follow ]")),
            }
        } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
            (text, None)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || "/@#[]".contains(c)) {
            return Err(wrong("the host is not a name or an address"));
        }
        let port = match port.map(str::parse) {
            None => DEFAULT_PORT,
            Some(Ok(port)) if port != 0 => port,
            Some(_) => return Err(wrong("a port is a number from 1 to 65535")),
        };
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

/// Turns the raw command line into options; `variable` looks up the environment.
pub(super) fn check(
    raw: Arguments,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Options, ViewError> {
    let output = if raw.headless {
        Output::Headless
    } else {
        Output::Window {
            fullscreen: raw.fullscreen,
            keys: LocalKeys {
                menu: LocalKey::option("--host-key", &raw.host_key)?,
                fullscreen: LocalKey::option("--fullscreen-key", &raw.fullscreen_key)?,
            },
        }
    };
    if let Output::Window { keys, .. } = output {
        if keys.menu.is_some() && keys.menu == keys.fullscreen {
            let text = "--host-key and --fullscreen-key are the same key; choose another for one";
            return Err(ViewError::Usage(text.to_owned()));
        }
    }
    let files = files::options(&raw, &variable)?;
    let desktop = desktop::options(&raw)?;
    Ok(Options {
        files,
        desktop,
        server: raw.server.parse()?,
        token: token(raw.token, raw.token_file.as_deref(), &variable)?,
        trust: trust(raw.fingerprint.as_deref(), raw.accept_new, &variable)?,
        quality: match raw.quality {
            QualityName::Low => Quality::Low,
            QualityName::Auto => Quality::Auto,
            QualityName::High => Quality::High,
        },
        seat: if raw.view_only {
            SeatWish::Watch
        } else {
            SeatWish::Control
        },
        clipboard: Directions {
            take: !raw.disable.contains(&Feature::ClipboardOut),
            give: !raw.view_only && !raw.disable.contains(&Feature::ClipboardIn),
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
            (Some(0), _) | (None, Output::Window { .. }) => None,
            (Some(seconds), _) => Some(Duration::from_secs(seconds)),
            (None, Output::Headless) => Some(DEFAULT_HEADLESS_RECONNECT),
        },
        sound: match (raw.no_audio, raw.mute, raw.volume) {
            (true, _, _) => SoundOptions::Off,
            (false, true, volume) => SoundOptions::Muted { volume },
            (false, false, volume) => SoundOptions::Audible { volume },
        },
        microphone: if raw.microphone {
            MicrophoneUse::WhenAsked
        } else {
            MicrophoneUse::Never
        },
    })
}

fn token(
    argument: Option<String>,
    file: Option<&Path>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Token, ViewError> {
    if let Some(token) = argument {
        return Token::new(token.into_bytes());
    }
    if let Some(file) = file {
        let text = std::fs::read(file).map_err(|error| {
            ViewError::Usage(format!(
                "cannot read the token from {}: {error}",
                file.display()
            ))
        })?;
        let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let token = line.trim_ascii();
        if token.is_empty() {
            let file = file.display();
            return Err(ViewError::Usage(format!(
                "the first line of {file} holds no token"
            )));
        }
        return Token::new(token.to_vec());
    }
    Token::new(
        variable("HACKSTREAM_TOKEN")
            .unwrap_or_default()
            .into_encoded_bytes(),
    )
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
    fn addresses_in_every_notation() {
        for (text, host, port) in [
            ("Example.ORG", "example.org", DEFAULT_PORT),
            ("192.0.2.1:99", "192.0.2.1", 99),
            ("::1", "::1", DEFAULT_PORT),
            ("[::1]", "::1", DEFAULT_PORT),
            ("[2001:db8::2]:7", "2001:db8::2", 7),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(
                (address.host.as_str(), address.port),
                (host, port),
                "{text}"
            );
        }
        let v6: ServerAddress = "::1".parse().expect("v6");
        assert_eq!(v6.to_string(), "[::1]:14500");
    }

    #[test]
    fn malformed_addresses_are_usage_errors() {
        for text in [
            "", ":1", "h:", "h:0", "h:65536", "h:x", "a b", "[::1", "[x]:1", "[::1]1",
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert_eq!(error.exit_code(), 2, "{text}");
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
    fn token_comes_from_argument_file_or_environment() {
        let environment = |name: &str| (name == "HACKSTREAM_TOKEN").then(|| "env".into());
        let from_env = token(None, None, environment).expect("env");
        assert_eq!(from_env.bytes(), b"env");
        let argument = token(Some("arg".into()), None, environment).expect("argument");
        assert_eq!(argument.bytes(), b"arg");
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("token");
        std::fs::write(&file, " from-file \r\nmore").expect("write");
        let from_file = token(None, Some(&file), environment).expect("file");
        assert_eq!(from_file.bytes(), b"from-file");
        std::fs::write(&file, "\n").expect("write");
        assert!(token(None, Some(&file), environment).is_err());
        assert!(Token::new(vec![b'x'; MAX_TOKEN_BYTES + 1]).is_err());
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
            Output::Headless => panic!("a window"),
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
