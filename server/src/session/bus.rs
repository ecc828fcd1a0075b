//! The session's message bus: a `dbus-daemon` of its own, so that its programs talk to each other and
//! to us, and not to a desktop of the user who runs the server.

use std::ffi::OsString;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tracing::{info, warn};

use super::directory::write_private;
use super::error::SessionError;
use super::keeper::{Keeper, Launched, Reports};
use super::messages::{Launch, Role};
use super::programs::{Environment, Program};

const DBUS_DAEMON: Program = Program {
    name: "dbus-daemon",
    package: "dbus-daemon",
};

/// In the session's directory: the bus's files.
const DIRECTORY: &str = "bus";
const SOCKET: &str = "socket";
const CONFIG: &str = "bus.conf";

/// Longest message in bytes: programs pass each other files, not their contents, and we read those
/// for us whole.
const MOST_MESSAGE_BYTES: usize = 8 << 20;

/// Starts it for programs that have this `environment`; its address for `DBUS_SESSION_BUS_ADDRESS`.
/// `None`, and a line in the log, if that is not possible: a session without is better than none.
pub(super) fn start(
    dir: &Path,
    environment: Environment,
    keeper: &mut Keeper,
    reports: &mut Reports,
) -> Option<String> {
    if let Err(error) = prepare(dir) {
        warn!(%error, "no notifications: the files of the session's bus cannot be written");
        return None;
    }
    match keeper.launch(&launch(dir, environment), reports) {
        // It writes its address once it listens.
        Launched::Running(ready) if !ready.is_empty() => Some(address(dir)),
        Launched::Running(_) => {
            warn!("no notifications: the session's bus did not start");
            None
        }
        Launched::Refused(error) if error.kind() == io::ErrorKind::NotFound => {
            let package = DBUS_DAEMON.package;
            info!("no notifications: there is no dbus-daemon (package {package})");
            None
        }
        Launched::Refused(error) | Launched::NoAnswer(error) => {
            warn!(%error, "no notifications: the session's bus cannot be started");
            None
        }
    }
}

/// The address as D-Bus writes it: what is not plain is escaped.
fn address(dir: &Path) -> String {
    let mut address = String::from("unix:path=");
    let socket = dir.join(DIRECTORY).join(SOCKET);
    for &byte in socket.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_/.".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02x}"));
        }
    }
    address
}

fn prepare(dir: &Path) -> Result<(), SessionError> {
    let own = dir.join(DIRECTORY);
    let made = DirBuilder::new().mode(0o700).create(&own);
    made.map_err(|source| SessionError::Write {
        path: own.clone(),
        source,
    })?;
    write_private(&own.join(CONFIG), config(&address(dir)).as_bytes())
}

/// As the configuration for sessions that D-Bus comes with, but for the limit, the address, and what
/// the machine's operator may have added for desktops.
fn config(address: &str) -> String {
    format!(
        "<busconfig>\n\
         <type>session</type>\n\
         <listen>{address}</listen>\n\
         <auth>EXTERNAL</auth>\n\
         <standard_session_servicedirs/>\n\
         <policy context=\"default\">\n\
         <allow send_destination=\"*\" eavesdrop=\"true\"/>\n\
         <allow eavesdrop=\"true\"/>\n\
         <allow own=\"*\"/>\n\
         </policy>\n\
         <limit name=\"max_message_size\">{MOST_MESSAGE_BYTES}</limit>\n\
         </busconfig>\n"
    )
}

/// Programs that it starts by itself, for others that call them, are on the session's display.
fn launch(dir: &Path, environment: Environment) -> Launch {
    let mut config = OsString::from("--config-file=");
    config.push(dir.join(DIRECTORY).join(CONFIG));
    Launch {
        role: Role::Bus,
        program: DBUS_DAEMON.name.into(),
        arguments: vec![
            config,
            "--nofork".into(),
            "--nopidfile".into(),
            "--nosyslog".into(),
        ],
        environment,
        ready_option: Some("--print-address".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_in_the_address_is_escaped() {
        let address = address(Path::new("/run/a <b>,é"));
        assert_eq!(address, "unix:path=/run/a%20%3cb%3e%2c%c3%a9/bus/socket");
        assert!(config(&address).contains(&format!("<listen>{address}</listen>")));
    }
}
