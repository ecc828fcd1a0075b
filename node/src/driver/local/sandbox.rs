//! What a session sees of the machine: the arguments of bubblewrap.
//!
//! `/usr`, fonts and certificates to read; a home, `/tmp` and the like in memory, of bounded size. It
//! can write nowhere else. No other process, user, device, network or file. Nothing in it has a capability, nor can
//! get one: no set-user-id program works. Whether a program may make user namespaces, for a sandbox of
//! its own, the specification says.

use std::ffi::OsString;
use std::fs;
use std::os::fd::RawFd;
use std::path::{Path, PathBuf};

use hackstream_control_api::policy::Egress;

use super::network::NAME_SERVER;
use crate::driver::command::{self, Inside};
use crate::folder::Folder;
use crate::spec::SessionSpec;
use crate::{NodeError, files};

/// Who the session's programs are, as they see it.
const USER: &str = "1000";
const HOME: &str = "/home/session";
const RUNTIME: &str = "/run/user/1000";
/// Where the session sees its `run`, and the server's program.
const RUN: &str = "/run/hackstream";
const SERVER: &str = "/opt/hackstream/hackstream-server";
const KEYS: &str = "/etc/hackstream/hub.pub";

/// Bytes of what is in memory: the most that a session can fill where the host keeps no limits.
const HOME_BYTES: &str = "1073741824";
const TMP_BYTES: &str = "536870912";
const RUN_BYTES: &str = "268435456";

/// What programs may read of the machine's `/etc`, where it is there: no users, no secrets, no hosts.
const ETC: [&str; 22] = [
    "X11",
    "alternatives",
    "ca-certificates",
    "chromium",
    "dconf",
    "firefox",
    "firefox-esr",
    "fonts",
    "gtk-2.0",
    "gtk-3.0",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "localtime",
    "mime.types",
    "protocols",
    "pulse",
    "services",
    "ssl",
    "terminfo",
    "xdg",
];

/// What the session is given beside its specification.
#[derive(Debug)]
pub struct Given<'a> {
    /// The session's folder.
    pub folder: &'a Folder,
    /// The server's program.
    pub server: &'a Path,
    /// The descriptor of the server's UDP socket.
    pub socket: RawFd,
    /// The descriptor of the socket on which it says how it is.
    pub status: RawFd,
    /// The descriptor on which bubblewrap tells what it started.
    pub info: RawFd,
    /// The descriptor from which it reads which calls of the kernel are denied.
    pub filter: RawFd,
}

/// Writes the files that stand in the session's `/etc`.
///
/// # Errors
/// [`NodeError::File`].
pub fn write_etc(folder: &Folder, spec: &SessionSpec) -> Result<(), NodeError> {
    let etc = folder.join("etc");
    files::make_folder(&etc, 0o755)?;
    // Of a session's name the last sixteen characters are random.
    let name = spec.session.to_string();
    let hex: String = name
        .bytes()
        .rev()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let machine_id = format!("{hex}\n");
    let resolv = match spec.egress {
        Egress::None => String::new(),
        Egress::Internet => format!("nameserver {NAME_SERVER}\n"),
    };
    for (name, text) in [
        (
            "passwd",
            format!("session:x:{USER}:{USER}::{HOME}:/bin/sh\n"),
        ),
        ("group", format!("session:x:{USER}:\n")),
        (
            "hosts",
            "127.0.0.1 localhost session\n::1 localhost\n".to_owned(),
        ),
        (
            "nsswitch.conf",
            "passwd: files\ngroup: files\nhosts: files dns\n".to_owned(),
        ),
        ("machine-id", machine_id),
        ("resolv.conf", resolv),
        ("hub.pub", spec.ticket_keys.clone()),
    ] {
        files::write(&etc.join(name), text.as_bytes(), 0o644)?;
    }
    Ok(())
}

/// What bubblewrap is told.
#[derive(Debug)]
pub struct Sandbox {
    /// Its arguments, which tell of the machine and hold what is the application's secret.
    pub arguments: Vec<OsString>,
    /// What runs in it.
    pub command: Vec<OsString>,
}

/// The sandbox of a session. Its network is the one that bubblewrap is started in.
#[must_use]
pub fn sandbox(spec: &SessionSpec, given: &Given<'_>) -> Sandbox {
    let mut arguments = Arguments::default();
    arguments.words(&[
        "--unshare-user",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
    ]);
    arguments.words(&["--unshare-cgroup-try", "--die-with-parent", "--new-session"]);
    arguments.words(&["--uid", USER, "--gid", USER, "--hostname", "session"]);
    arguments.words(&["--cap-drop", "ALL"]);
    if !spec.own_sandbox {
        arguments.words(&["--disable-userns"]);
    }
    machine(&mut arguments);
    own(&mut arguments, given);
    environment(&mut arguments, spec);
    arguments.words(&["--info-fd", &given.info.to_string()]);
    arguments.words(&["--seccomp", &given.filter.to_string()]);
    Sandbox {
        arguments: arguments.0,
        command: command(spec, given),
    }
}

#[derive(Default)]
struct Arguments(Vec<OsString>);

impl Arguments {
    fn words(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }

    /// Shows `from`, a path of the machine, as `to`.
    fn show(&mut self, how: &str, from: PathBuf, to: &str) {
        self.words(&[how]);
        self.0.push(from.into());
        self.words(&[to]);
    }
}

/// What it sees of the machine.
fn machine(arguments: &mut Arguments) {
    arguments.words(&["--ro-bind", "/usr", "/usr"]);
    for name in ["bin", "sbin", "lib", "lib32", "lib64"] {
        let path = Path::new("/").join(name);
        match fs::read_link(&path) {
            Ok(target) => arguments.show("--symlink", target, &format!("/{name}")),
            Err(_) => arguments.show("--ro-bind-try", path, &format!("/{name}")),
        }
    }
    for name in ETC {
        let path = format!("/etc/{name}");
        arguments.words(&["--ro-bind-try", &path, &path]);
    }
    let fonts = "/var/cache/fontconfig";
    arguments.words(&["--ro-bind-try", fonts, fonts]);
}

/// What is its own.
fn own(arguments: &mut Arguments, given: &Given<'_>) {
    let etc = given.folder.join("etc");
    for name in [
        "passwd",
        "group",
        "hosts",
        "nsswitch.conf",
        "machine-id",
        "resolv.conf",
    ] {
        arguments.show("--ro-bind", etc.join(name), &format!("/etc/{name}"));
    }
    arguments.show("--ro-bind", etc.join("hub.pub"), KEYS);
    arguments.show("--ro-bind", given.server.to_owned(), SERVER);
    arguments.words(&["--proc", "/proc", "--dev", "/dev"]);
    for (bytes, folder) in [
        (TMP_BYTES, "/dev/shm"),
        (TMP_BYTES, "/tmp"),
        (RUN_BYTES, "/run"),
        (HOME_BYTES, HOME),
    ] {
        let mode = if folder == HOME { "0700" } else { "1777" };
        arguments.words(&["--perms", mode, "--size", bytes, "--tmpfs", folder]);
    }
    arguments.words(&["--perms", "0700", "--dir", RUNTIME]);
    arguments.words(&["--perms", "0700", "--dir", RUN]);
    // Both are memory that nothing limits.
    arguments.words(&["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", HOME]);
}

fn environment(arguments: &mut Arguments, spec: &SessionSpec) {
    arguments.words(&["--clearenv"]);
    for (name, value) in [
        ("HOME", HOME),
        ("USER", "session"),
        ("LOGNAME", "session"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/games"),
        ("LANG", "C.UTF-8"),
        ("XDG_RUNTIME_DIR", RUNTIME),
    ] {
        arguments.words(&["--setenv", name, value]);
    }
    for (name, value) in &spec.environment {
        arguments.words(&["--setenv", name, value]);
    }
}

/// The server and the application in it.
fn command(spec: &SessionSpec, given: &Given<'_>) -> Vec<OsString> {
    let (socket, status) = (given.socket.to_string(), given.status.to_string());
    let inside = Inside {
        server: SERVER,
        sockets: &["--listen-fd", &socket, "--status-fd", &status],
        state: RUN,
        keys: KEYS,
    };
    command::command(spec, &inside)
}
