//! What the environment asks for: every variable, and what it sets.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;

use super::EntrypointError;
use crate::session;

/// What the names of our variables begin with. Others are none of our business.
pub(super) const PREFIX: &str = "HACKSTREAM_";

/// The program that is started if nothing is said.
const USUAL_APP: &str = "firefox";

/// What Debian calls Firefox.
const FIREFOX: &str = "firefox-esr";

/// A variable of the environment.
#[derive(Debug)]
pub struct Setting {
    /// Its name without [`PREFIX`].
    name: &'static str,
    /// What its value is, as in `--help`.
    value: &'static str,
    effect: Effect,
    /// What it is for, where the option does not say it.
    about: &'static str,
}

/// What a variable sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    /// The program to start.
    App,
    /// The page that the browser opens.
    Page,
    /// Whether the program's files outlive the container.
    Profile,
    /// Whether viewers need a token.
    Auth,
    /// An option of `run` with the same value.
    Option(&'static str),
}

const fn option(name: &'static str, value: &'static str, option: &'static str) -> Setting {
    Setting {
        name,
        value,
        effect: Effect::Option(option),
        about: "",
    }
}

/// All variables. `packaging/image/README.md` tells of each; a test compares.
pub(super) const TABLE: &[Setting] = &[
    Setting {
        name: "APP",
        value: "PROGRAM",
        effect: Effect::App,
        about: "the program and its arguments, separated by spaces; firefox if not set",
    },
    Setting {
        name: "URL",
        value: "URL",
        effect: Effect::Page,
        about: "the page that Firefox opens",
    },
    Setting {
        name: "PROFILE",
        value: "ephemeral|persist",
        effect: Effect::Profile,
        about: "whether the home is forgotten at the end, or is that of the user",
    },
    Setting {
        name: "AUTH",
        value: "token|none",
        effect: Effect::Auth,
        about: "none lets in everybody who reaches the port: trusted networks only",
    },
    option("LISTEN", "ADDR:PORT", "--listen"),
    option("TOKEN_FILE", "FILE", "--token-file"),
    option("VIEW_TOKEN_FILE", "FILE", "--view-token-file"),
    option("TICKET_KEY", "FILE", "--ticket-key"),
    option("SESSION_ID", "ID", "--session-id"),
    option("NODE_ID", "ID", "--node-id"),
    option("MAX_VIEWERS", "NUMBER", "--max-viewers"),
    option("SIZE", "WxH", "--size"),
    option("MAX_SIZE", "WxH", "--max-size"),
    option("QUALITY", "low|auto|high", "--quality"),
    option("MAX_BITRATE", "RATE", "--max-bitrate"),
    option("MAX_DATA_PER_HOUR", "BYTES", "--max-data-per-hour"),
    option("DISABLE", "FEATURE,…", "--disable"),
    option("ENABLE", "FEATURE,…", "--enable"),
    option("FILES_DIR", "DIR", "--files-dir"),
    option("MAX_FILE_SIZE", "SIZE", "--max-file-size"),
    option("METRICS", "[ADDR:]PORT", "--metrics"),
    option("LOG_FORMAT", "text|json", "--log-format"),
];

impl Setting {
    /// Its whole name.
    fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }

    /// Whoever sets one of these relies on it, so that nothing is not the same as not set.
    fn must_not_be_empty(&self) -> bool {
        matches!(self.effect, Effect::Option(option)
            if option.ends_with("token-file") || option == "--ticket-key")
    }
}

/// The variables for `--help`.
#[must_use]
pub fn help() -> String {
    let mut text = String::from("Variables:\n");
    for setting in TABLE {
        let Setting { value, about, .. } = setting;
        let about = match setting.effect {
            Effect::Option(option) => format!("as {option} of `run`"),
            _ => (*about).to_owned(),
        };
        let variable = format!("{}={value}", setting.variable());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {variable:<37} {about}");
    }
    text.push_str("\nAny other variable that begins with HACKSTREAM_ is an error.");
    text
}

/// What was said of an option, said of its variable.
pub(super) fn in_words_of_environment(text: &str) -> String {
    let mut renamed: Vec<(String, String)> = TABLE
        .iter()
        .filter_map(|setting| match setting.effect {
            Effect::Option(option) => Some((option.to_owned(), setting.variable())),
            _ => None,
        })
        .chain([("--no-auth".to_owned(), format!("{PREFIX}AUTH=none"))])
        .collect();
    // Some begin like others.
    renamed.sort_by_key(|(option, _)| std::cmp::Reverse(option.len()));
    renamed
        .iter()
        .fold(text.to_owned(), |text, (option, variable)| {
            text.replace(option, variable)
        })
}

/// The options of `run` that can be set.
#[cfg(test)]
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    TABLE.iter().filter_map(|setting| match setting.effect {
        Effect::Option(option) => Some(option),
        _ => None,
    })
}

/// The names of all variables, without the prefix.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|setting| setting.name)
}

/// Where the program keeps its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Profile {
    /// In a home that ends with the session.
    #[default]
    Ephemeral,
    /// In the home of the user.
    Persist,
}

/// Who is let in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Auth {
    /// Who has a token.
    #[default]
    Token,
    /// Everybody.
    Nobody,
}

/// All that was asked for.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The command and its arguments.
    pub(super) command: Vec<OsString>,
    pub(super) profile: Profile,
    pub(super) auth: Auth,
    /// Options of `run` and their values.
    pub(super) options: Vec<(&'static str, OsString)>,
}

impl Settings {
    /// Understands the environment; `arguments` are the command line's, and go before
    /// `HACKSTREAM_APP`.
    ///
    /// # Errors
    /// [`EntrypointError`] for the first variable that makes no sense.
    pub(super) fn read(
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        arguments: &[OsString],
    ) -> Result<Self, EntrypointError> {
        let mut settings = Self::default();
        let (mut app, mut page) = (None, None);
        for (setting, value) in known(environment)? {
            match setting.effect {
                Effect::App => app = Some(text(setting, &value)?),
                Effect::Page => page = Some(page_of(setting, &value)?),
                Effect::Profile => settings.profile = profile_of(setting, &value)?,
                Effect::Auth => settings.auth = auth_of(setting, &value)?,
                Effect::Option(option) => settings.options.push((option, value)),
            }
        }
        settings.command = command(app, page, arguments)?;
        Ok(settings)
    }

    /// Whether the option is set.
    pub(super) fn has(&self, option: &str) -> bool {
        self.options.iter().any(|(set, _)| *set == option)
    }
}

/// Our variables that are set to something, in the table's order.
fn known(
    environment: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Vec<(&'static Setting, OsString)>, EntrypointError> {
    let mut found = Vec::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
            continue;
        };
        let Some(index) = TABLE.iter().position(|known| known.variable() == name) else {
            if session::VARIABLES.contains(&name) || is_service_link(name, &value) {
                continue;
            }
            return Err(unknown(name));
        };
        let setting = &TABLE[index];
        if !value.is_empty() {
            found.push((index, value));
        } else if setting.must_not_be_empty() {
            return Err(wrong(setting, "is empty; name a file, or leave it out"));
        }
    }
    found.sort();
    Ok(found
        .into_iter()
        .map(|(i, value)| (&TABLE[i], value))
        .collect())
}

/// Whether the variable is one of those with which Kubernetes and Docker's links tell a container of a
/// service whose name begins like ours.
fn is_service_link(name: &str, value: &OsStr) -> bool {
    let is_address = |text: &str| text.starts_with("tcp://") || text.starts_with("udp://");
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || name.ends_with("_PORT") && value.to_str().is_some_and(is_address)
}

fn unknown(name: &str) -> EntrypointError {
    if name == "HACKSTREAM_TOKEN" {
        return EntrypointError::Setting(
            "HACKSTREAM_TOKEN is for viewers: every program of a session could read it there. Put \
             the token into a file and name that in HACKSTREAM_TOKEN_FILE"
                .to_owned(),
        );
    }
    let names: Vec<&str> = TABLE.iter().map(|setting| setting.name).collect();
    EntrypointError::Setting(format!(
        "{name} is not known; there are {PREFIX}…: {}",
        names.join(", ")
    ))
}

fn wrong(setting: &Setting, why: &str) -> EntrypointError {
    EntrypointError::Setting(format!("{} {why}", setting.variable()))
}

fn expected(setting: &Setting, value: &OsStr, what: &str) -> EntrypointError {
    let (name, value) = (setting.variable(), value.to_string_lossy());
    EntrypointError::Setting(format!("{name}={value}: expected {what}"))
}

fn text(setting: &Setting, value: &OsStr) -> Result<String, EntrypointError> {
    let text = value.to_str().map(str::to_owned);
    text.ok_or_else(|| wrong(setting, "is not UTF-8"))
}

fn profile_of(setting: &Setting, value: &OsStr) -> Result<Profile, EntrypointError> {
    match value.to_str() {
        Some("ephemeral") => Ok(Profile::Ephemeral),
        Some("persist") => Ok(Profile::Persist),
        _ => Err(expected(setting, value, "ephemeral or persist")),
    }
}

fn auth_of(setting: &Setting, value: &OsStr) -> Result<Auth, EntrypointError> {
    match value.to_str() {
        Some("token") => Ok(Auth::Token),
        Some("none") => Ok(Auth::Nobody),
        _ => Err(expected(setting, value, "token or none")),
    }
}

/// An address, so that nobody who may choose a page can choose an option of the browser.
fn page_of(setting: &Setting, value: &OsStr) -> Result<String, EntrypointError> {
    let schemes = ["https://", "http://", "file:///", "about:"];
    let page = value.to_str().filter(|page| {
        let has_scheme = schemes.iter().any(|scheme| page.starts_with(scheme));
        has_scheme && !page.contains(|c: char| c.is_whitespace() || c.is_control())
    });
    page.map(str::to_owned)
        .ok_or_else(|| expected(setting, value, "an address such as https://example.org"))
}

fn command(
    app: Option<String>,
    page: Option<String>,
    arguments: &[OsString],
) -> Result<Vec<OsString>, EntrypointError> {
    let mut command: Vec<OsString> = match (app, arguments) {
        (Some(_), [_, ..]) => {
            return Err(EntrypointError::Setting(
                "a program is named twice: in HACKSTREAM_APP and on the command line".to_owned(),
            ));
        }
        (None, [_, ..]) => arguments.to_vec(),
        (app, []) => {
            let app = app.unwrap_or_else(|| USUAL_APP.to_owned());
            app.split_whitespace().map(OsString::from).collect()
        }
    };
    let Some(program) = command.first_mut() else {
        return Err(EntrypointError::Setting(
            "HACKSTREAM_APP holds nothing but spaces; name a program".to_owned(),
        ));
    };
    if program == USUAL_APP || program == FIREFOX {
        *program = FIREFOX.into();
        command.extend(page.map(OsString::from));
    } else if page.is_some() {
        return Err(EntrypointError::Setting(format!(
            "HACKSTREAM_URL is for Firefox; give {} its address as an argument",
            program.to_string_lossy()
        )));
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], arguments: &[&str]) -> Result<Settings, String> {
        let variables = variables.iter().map(|(n, v)| (n.into(), v.into()));
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        Settings::read(variables, &arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_set_is_firefox_that_is_forgotten_behind_a_token() {
        let settings = read(&[("PATH", "/bin"), ("HACKSTREAM_URL", "")], &[]).unwrap();
        assert_eq!(settings.command, ["firefox-esr"]);
        assert_eq!(settings.profile, Profile::Ephemeral);
        assert_eq!(settings.auth, Auth::Token);
        assert!(settings.options.is_empty());
    }

    #[test]
    fn the_program_and_its_page_are_chosen() {
        let page = ("HACKSTREAM_URL", "https://example.org/?a=b");
        let command =
            |variables: &[_], arguments: &[&str]| read(variables, arguments).unwrap().command;
        assert_eq!(command(&[page], &[]), ["firefox-esr", page.1]);
        let app = ("HACKSTREAM_APP", "xterm -e  top");
        assert_eq!(command(&[app], &[]), ["xterm", "-e", "top"]);
        assert_eq!(command(&[], &["mpv", "a b.mkv"]), ["mpv", "a b.mkv"]);
        assert!(read(&[app], &["mpv"]).unwrap_err().contains("twice"));
        assert!(read(&[app, page], &[]).unwrap_err().contains("xterm"));
        assert!(read(&[("HACKSTREAM_APP", " ")], &[]).is_err());
    }

    #[test]
    fn a_page_is_no_option_of_the_browser() {
        for page in [
            "--remote-debugging-port",
            "example.org",
            "javascript:x",
            "https://a b",
        ] {
            let error = read(&[("HACKSTREAM_URL", page)], &[]).unwrap_err();
            assert!(error.contains("https://example.org"), "{error}");
        }
    }

    #[test]
    fn what_kubernetes_says_of_a_service_called_like_us_is_no_setting() {
        let links = [
            ("HACKSTREAM_SERVICE_HOST", "10.0.0.1"),
            ("HACKSTREAM_SERVICE_PORT_STREAM", "14500"),
            ("HACKSTREAM_PORT", "udp://10.0.0.1:14500"),
            ("HACKSTREAM_WEB_PORT_443_TCP_ADDR", "10.0.0.2"),
        ];
        assert!(read(&links, &[]).is_ok());
        assert!(read(&[("HACKSTREAM_PORT", "14500")], &[]).is_err());
    }

    #[test]
    fn what_the_session_around_says_is_no_setting() {
        for name in session::VARIABLES {
            assert!(read(&[(name, "/run/somewhere")], &[]).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_not_known_is_named_together_with_what_is() {
        let error = read(&[("HACKSTREAM_SIEZ", "1x1")], &[]).unwrap_err();
        assert!(
            error.contains("HACKSTREAM_SIEZ") && error.contains(" SIZE,"),
            "{error}"
        );
        let error = read(&[("HACKSTREAM_TOKEN", "secret-secret-secret")], &[]).unwrap_err();
        assert!(
            error.contains("TOKEN_FILE") && !error.contains("secret"),
            "{error}"
        );
        for (name, value) in [("PROFILE", "forever"), ("AUTH", "no"), ("TOKEN_FILE", "")] {
            let name = format!("{PREFIX}{name}");
            let error = read(&[(&name, value)], &[]).unwrap_err();
            assert!(error.contains(&name), "{error}");
        }
    }
}
