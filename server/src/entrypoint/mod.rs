//! `hackstream-server entrypoint`: what a container runs first.
//!
//! Reads the [settings] from the environment, makes the folders that a session needs, and becomes
//! `hackstream-server run`. All that can be wrong is said before that, in the words of the
//! environment.

mod error;
mod places;
pub mod settings;

use std::convert::Infallible;
use std::env;
use std::ffi::OsString;
use std::net::{IpAddr, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Parser;

pub use error::EntrypointError;
use places::Places;
use settings::{Auth, PREFIX, Profile, Settings};

use crate::config::checked::Task;
use crate::config::raw::{Cli, DEFAULT_PORT, Entrypoint};

/// Who we are on a command line.
const PROGRAM: &str = "hackstream-server";

/// The beginning of 2026, in seconds since 1970. No certificate of a web site is valid before.
const EARLIEST_CLOCK: u64 = 1_767_225_600;

/// Somewhere beyond this machine's network, to ask the routing table which address is ours; nothing
/// is sent there. Reserved for documentation (RFC 5737).
const FAR_AWAY: &str = "192.0.2.1:9";

/// Becomes the server of a session.
///
/// # Errors
/// [`EntrypointError`]; if all is well it does not return.
pub fn run(entrypoint: &Entrypoint) -> Result<Infallible, EntrypointError> {
    let settings = Settings::read(env::vars_os(), &entrypoint.command)?;
    let arguments = arguments(&settings, own_address)?;
    check(&arguments)?;
    let home = env::var_os("HOME").map(PathBuf::from);
    let places = places::prepare(&entrypoint.work_dir, settings.profile, home)?;
    warn_of(&settings, &places);
    Err(EntrypointError::Exec(server(&arguments, &places).exec()))
}

/// The words after the server's name.
fn arguments(
    settings: &Settings,
    own_address: impl FnOnce() -> std::io::Result<IpAddr>,
) -> Result<Vec<OsString>, EntrypointError> {
    let mut words: Vec<OsString> = vec!["run".into()];
    if settings.auth == Auth::Nobody {
        words.push("--no-auth".into());
        if !settings.has("--listen") {
            // Everybody is let in only where it is plain that not everybody can come.
            let address = own_address().map_err(|source| EntrypointError::NoAddress { source })?;
            let listen = std::net::SocketAddr::new(address, DEFAULT_PORT);
            words.extend(["--listen".into(), listen.to_string().into()]);
        }
    }
    for (option, value) in &settings.options {
        // One word: the value may begin with a dash.
        let mut word = OsString::from(format!("{option}="));
        word.push(value);
        words.push(word);
    }
    words.push("--".into());
    words.extend(settings.command.iter().cloned());
    Ok(words)
}

/// Which address this machine has in its own network.
fn own_address() -> std::io::Result<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.connect(FAR_AWAY)?;
    Ok(socket.local_addr()?.ip())
}

/// Finds out what `run` will say of its options, and says it in the words of the environment.
fn check(arguments: &[OsString]) -> Result<(), EntrypointError> {
    let words = std::iter::once(OsString::from(PROGRAM)).chain(arguments.iter().cloned());
    let checked = match Cli::try_parse_from(words) {
        Ok(cli) => {
            let task = Task::new(cli.action, |name| env::var_os(name));
            task.map(drop).map_err(|error| error.to_string())
        }
        Err(error) => Err(first_lines(&error.to_string())),
    };
    checked.map_err(|error| EntrypointError::Setting(settings::in_words_of_environment(&error)))
}

/// What clap says before it tells of the usage, as one line.
fn first_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

/// Things that work worse than they look.
fn warn_of(settings: &Settings, places: &Places) {
    let warn = |what: &str| eprintln!("{PROGRAM}: warning: {what}");
    if settings.auth == Auth::Nobody {
        warn(
            "HACKSTREAM_AUTH=none: whoever reaches the port can see the session and type into it; \
             for trusted networks only",
        );
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    if now.map_or(0, |since| since.as_secs()) < EARLIEST_CLOCK {
        warn(
            "the clock is years behind: web sites will be refused, their certificates seem not to be valid yet",
        );
    }
    if !Path::new("/dev/shm").is_dir() {
        warn(
            "there is no /dev/shm: some programs need it; start the container with --shm-size 256m",
        );
    }
    if settings.profile == Profile::Persist && is_of_the_container(&places.home) {
        warn("HACKSTREAM_PROFILE=persist, but the home is no volume: it ends with the container");
    }
}

/// Whether the folder lies in the container's own file system.
fn is_of_the_container(folder: &Path) -> bool {
    let device = |path: &Path| path.metadata().map(|found| found.dev()).ok();
    device(folder).is_some_and(|own| device(Path::new("/")) == Some(own))
}

/// The same program again, which keeps its process.
fn server(arguments: &[OsString], places: &Places) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0(PROGRAM).args(arguments);
    for (name, _) in env::vars_os() {
        // They have done their work. Programs of the session need not know.
        if name.to_string_lossy().starts_with(PREFIX) {
            command.env_remove(&name);
        }
    }
    command
        .env("HOME", &places.home)
        .env("XDG_STATE_HOME", &places.state_home)
        .env("XDG_RUNTIME_DIR", &places.runtime)
        .current_dir(&places.home);
    // Mesa, for one, takes the home of the list of users otherwise, which may be for reading only.
    command.env("XDG_CACHE_HOME", places.home.join(".cache"));
    for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    fn words(variables: &[(&str, &str)]) -> Vec<String> {
        let variables = variables.iter().map(|(n, v)| (n.into(), v.into()));
        let settings = Settings::read(variables, &[]).unwrap();
        let words = arguments(&settings, || Ok([172, 17, 0, 2].into())).unwrap();
        words
            .into_iter()
            .map(|w| w.into_string().unwrap())
            .collect()
    }

    #[test]
    fn settings_become_options() {
        let plain = words(&[]);
        assert_eq!(plain, ["run", "--", "firefox-esr"]);
        let words = words(&[("HACKSTREAM_SIZE", "800x600"), ("HACKSTREAM_APP", "xterm")]);
        assert_eq!(words, ["run", "--size=800x600", "--", "xterm"]);
    }

    #[test]
    fn without_a_token_it_listens_on_its_own_address_only() {
        let open = ("HACKSTREAM_AUTH", "none");
        let listen = words(&[open]).join(" ");
        assert!(
            listen.contains("--no-auth --listen 172.17.0.2:14500"),
            "{listen}"
        );
        let listen = words(&[open, ("HACKSTREAM_LISTEN", "127.0.0.1:5")]).join(" ");
        assert!(
            listen.contains("--no-auth --listen=127.0.0.1:5"),
            "{listen}"
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_the_environment() {
        let said = |name: &str, value: &str| {
            let words = words(&[(name, value)]);
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            check(&words).unwrap_err().to_string()
        };
        for (name, value, fragment) in [
            ("HACKSTREAM_SIZE", "big", "1920x1080"),
            ("HACKSTREAM_QUALITY", "best", "low, auto, high"),
            ("HACKSTREAM_MAX_BITRATE", "fast", "800k"),
            ("HACKSTREAM_MAX_VIEWERS", "many", "many"),
            ("HACKSTREAM_LISTEN", "-1", "14500"),
        ] {
            let error = said(name, value);
            let is_line = !error.contains('\n') && !error.contains("--");
            assert!(
                error.contains(name) && error.contains(fragment) && is_line,
                "{error}"
            );
        }
        let error = said("HACKSTREAM_FILES_DIR", "/x");
        assert!(error.contains("HACKSTREAM_ENABLE"), "{error}");
    }

    #[test]
    fn every_option_of_run_has_a_variable() {
        // Numbers of displays and folders are the container's own affair; the rest has its own words.
        let others = [
            "display",
            "listen-fd",
            "status-fd",
            "sockets-from",
            "fresh-key",
            "state-dir",
            "no-auth",
            "view-token",
            "help",
            "version",
        ];
        let cli = Cli::command();
        let run = cli.find_subcommand("run").unwrap();
        let options = run
            .get_arguments()
            .filter_map(|argument| argument.get_long());
        let options: BTreeSet<_> = options.filter(|o| !others.contains(o)).collect();
        let known: BTreeSet<_> = settings::options().map(|o| &o[2..]).collect();
        assert_eq!(options, known);
    }

    #[test]
    fn the_readme_of_the_image_tells_of_every_variable() {
        let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/image/README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        let rows = readme
            .lines()
            .filter_map(|line| line.strip_prefix("| `HACKSTREAM_"));
        let told: BTreeSet<_> = rows
            .filter_map(|row| Some(row.split_once('`')?.0))
            .collect();
        assert_eq!(told, settings::names().collect());
    }
}
