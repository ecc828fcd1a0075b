//! Everything that a person can get wrong: the documented exit code and one clear line.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::Permissions;
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use hackstream_e2e::folder::Folder;
use hackstream_e2e::process::{Ended, Process};
use hackstream_e2e::server::Server;
use hackstream_e2e::terminal::terminal;
use hackstream_e2e::{program, viewer};

/// Runs `hackstream-server` to its end.
fn serve(folder: &Folder, arguments: &[&str], change: impl FnOnce(&mut Command)) -> Ended {
    let mut command = Command::new(program("hackstream-server"));
    folder.use_in(&mut command);
    command.args(arguments);
    change(&mut command);
    Process::start(&mut command).wait()
}

/// Runs `hackstream-view` to its end.
fn view(folder: &Folder, arguments: &[&str]) -> Ended {
    let mut command = Command::new(program("hackstream-view"));
    folder.use_in(&mut command);
    Process::start(command.args(arguments)).wait()
}

/// Lines of the programs that a session consists of, and of the log, are not the program's own.
fn assert_failure(who: &str, ended: &Ended, code: i32, fragments: &[&str]) {
    assert_eq!(ended.code, Some(code), "{ended:#?}");
    assert!(ended.stdout.is_empty(), "{ended:#?}");
    let all = ended.stderr.join("\n");
    assert!(!all.contains("panicked"), "{all}");
    let start = format!("{who}: ");
    let lines = ended.stderr.iter();
    let own: Vec<&String> = lines.filter(|line| line.starts_with(&start)).collect();
    assert_eq!(own.len(), 1, "{all}");
    for fragment in fragments {
        assert!(
            own[0].contains(fragment),
            "no \"{fragment}\" in: {}",
            own[0]
        );
    }
}

fn assert_server_failure(ended: &Ended, code: i32, fragments: &[&str]) {
    assert_failure("hackstream-server", ended, code, fragments);
}

fn assert_viewer_failure(ended: &Ended, code: i32, fragments: &[&str]) {
    assert_failure("hackstream-view", ended, code, fragments);
    assert_eq!(ended.stderr.len(), 1, "{ended:#?}");
}

const RUN: [&str; 5] = ["run", "--listen", "127.0.0.1:0", "--size", "320x240"];

fn run<'a>(options: &[&'a str], command: &[&'a str]) -> Vec<&'a str> {
    [&RUN, options, &["--"], command].concat()
}

/// A directory in which, besides what is in `PATH` now, some programs are missing.
fn path_without(folder: &Folder, missing: &[&str]) -> PathBuf {
    let directory = folder.path("bin");
    std::fs::create_dir(&directory).unwrap();
    for name in ["sh", "sleep", "Xvfb", "xkbcomp", "openbox"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|dir| dir.join(name))
            .find(|file| file.is_file());
        if !missing.contains(&name) {
            std::os::unix::fs::symlink(found.unwrap(), directory.join(name)).unwrap();
        }
    }
    directory
}

#[test]
fn the_exit_code_of_the_command_is_passed_on() {
    let folder = Folder::new();
    for (script, code) in [
        ("sleep 4; exit 7", 7),
        ("exit 0", 0),
        ("kill -TERM $$", 143),
    ] {
        let ended = serve(&folder, &run(&[], &["sh", "-c", script]), |_| {});
        assert_eq!(ended.code, Some(code), "{ended:#?}");
        assert!(!ended.stderr.join("\n").contains("panicked"), "{ended:#?}");
    }
    assert!(folder.sessions().is_empty());
}

#[test]
fn a_command_that_fails_at_once_is_explained() {
    let folder = Folder::new();
    let ended = serve(&folder, &run(&[], &["sh", "-c", "exit 5"]), |_| {});
    assert_eq!(ended.code, Some(5), "{ended:#?}");
    let says = |line: &&String| line.contains("the command failed at once (exit code 5)");
    assert_eq!(ended.stderr.iter().filter(says).count(), 1, "{ended:#?}");
}

#[test]
fn commands_that_cannot_be_started_are_explained() {
    let folder = Folder::new();
    let missing = serve(&folder, &run(&[], &["no-such-program"]), |_| {});
    assert_server_failure(&missing, 127, &["no-such-program"]);
    let unfit = serve(&folder, &run(&[], &["/etc/passwd"]), |_| {});
    assert_server_failure(&unfit, 126, &["/etc/passwd"]);
    assert!(folder.sessions().is_empty());
}

#[test]
fn missing_programs_of_the_session_are_explained() {
    for (name, package) in [
        ("Xvfb", "package xvfb"),
        ("openbox", "package openbox"),
        ("xkbcomp", "package x11-xkb-utils"),
    ] {
        let folder = Folder::new();
        let path = path_without(&folder, &[name]);
        let ended = serve(&folder, &run(&[], &["sleep", "9"]), |command| {
            command.env("PATH", path);
        });
        // Debian's Xvfb finds xkbcomp by its full path.
        if name == "xkbcomp" && ended.code == Some(0) {
            continue;
        }
        assert_server_failure(&ended, 71, &[name, package]);
        assert!(folder.sessions().is_empty());
    }
}

#[test]
fn displays_that_cannot_be_had_are_explained() {
    let folder = Folder::new();
    let attach = ["attach", "--listen", "127.0.0.1:0", "--display", ":4711"];
    let ended = serve(&folder, &attach, |_| {});
    assert_server_failure(&ended, 71, &[":4711"]);
    let server = Server::run(&terminal(&["cat"]));
    let taken = run(&["--display", &server.ready.display], &["sleep", "9"]).join(" ");
    let taken: Vec<&str> = taken.split(' ').collect();
    assert_server_failure(&serve(&folder, &taken, |_| {}), 71, &["X server"]);
}

#[test]
fn ports_that_cannot_be_had_are_explained() {
    let folder = Folder::new();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let taken = socket.local_addr().unwrap().to_string();
    let arguments = ["run", "--listen", &taken, "--", "sleep", "9"];
    assert_server_failure(&serve(&folder, &arguments, |_| {}), 72, &[&taken, "in use"]);
    let foreign = ["run", "--listen", "192.0.2.1:0", "--", "sleep", "9"];
    assert_server_failure(&serve(&folder, &foreign, |_| {}), 72, &["192.0.2.1"]);
}

#[test]
fn open_doors_are_refused() {
    let folder = Folder::new();
    for listen in ["0.0.0.0:0", "[::]:0", "8.8.8.8:0"] {
        let arguments = ["run", "--no-auth", "--listen", listen, "--", "sleep", "9"];
        let ended = serve(&folder, &arguments, |_| {});
        assert_server_failure(&ended, 2, &["--no-auth", listen]);
    }
}

#[test]
fn token_files_that_cannot_be_used_are_explained() {
    let folder = Folder::new();
    let file = folder.path("secret");
    let path = file.to_str().unwrap();
    let arguments = run(&["--token-file", path], &["sleep", "9"]);
    let with = |contents: &str, mode| {
        std::fs::write(&file, contents).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        serve(&folder, &arguments, |_| {})
    };
    assert_server_failure(
        &serve(&folder, &arguments, |_| {}),
        73,
        &[path, "No such file"],
    );
    assert_server_failure(&with("0123456789abcdef", 0o644), 73, &[path, "chmod 600"]);
    assert_server_failure(&with("short", 0o600), 73, &[path, "5 characters"]);
}

#[test]
fn state_directories_that_cannot_be_used_are_explained() {
    let folder = Folder::new();
    let arguments = run(&["--state-dir", "/proc/nowhere"], &["sleep", "9"]);
    let ended = serve(&folder, &arguments, |_| {});
    assert_server_failure(&ended, 73, &["/proc/nowhere", "--state-dir"]);
}

#[test]
fn viewers_with_the_wrong_papers_are_told_what_to_do() {
    let server = Server::run(&terminal(&["cat"]));
    let folder = server.folder();
    let fingerprint = server.ready.fingerprint.to_string();
    let address = server.ready.listen.as_str();
    let pinned = [address, "--headless", "--fingerprint", &fingerprint];
    let token = String::from_utf8(server.token.clone()).unwrap();

    let no_token = view(folder, &pinned);
    assert_viewer_failure(&no_token, 4, &["token", "--token-file"]);
    let wrong = view(
        folder,
        &[&pinned[..], &["--token", "0123456789abcdef"]].concat(),
    );
    assert_viewer_failure(&wrong, 4, &["token", address]);

    let other = format!("sha256:{}", "0".repeat(64));
    let arguments = [
        address,
        "--headless",
        "--fingerprint",
        &other,
        "--token",
        &token,
    ];
    let wrong_server = view(folder, &arguments);
    assert_viewer_failure(&wrong_server, 5, &[&fingerprint, &other]);
    let unknown = view(folder, &[address, "--headless", "--token", &token]);
    assert_viewer_failure(&unknown, 5, &[&fingerprint, "--accept-new"]);
    assert_eq!(viewer::joined(&server), 0);
    a_changed_server_is_refused(&server, folder, &token);
}

fn a_changed_server_is_refused(server: &Server, folder: &Folder, token: &str) {
    let known = folder.path("state/hackstream/known_hosts");
    let line = format!("{} sha256:{}\n", server.ready.listen, "1".repeat(64));
    std::fs::write(&known, line).unwrap();
    for options in [&["--accept-new"][..], &[]] {
        let arguments = [
            &[&server.ready.listen, "--headless", "--token", token],
            options,
        ]
        .concat();
        let ended = view(folder, &arguments);
        assert_viewer_failure(&ended, 5, &["CHANGED", known.to_str().unwrap()]);
    }
}

#[test]
fn a_viewer_without_a_display_says_what_to_do_and_joins_nothing() {
    let server = Server::run(&terminal(&["cat"]));
    let fingerprint = server.ready.fingerprint.to_string();
    let arguments = [&server.ready.listen, "--fingerprint", &fingerprint];
    let ended = view(server.folder(), &arguments);
    assert_viewer_failure(&ended, 7, &["DISPLAY", "--headless"]);
    assert_eq!(viewer::joined(&server), 0);
}

#[test]
fn a_server_that_does_not_answer_is_explained() {
    let folder = Folder::new();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let silent = socket.local_addr().unwrap().to_string();
    let arguments = [&silent, "--headless", "--accept-new"];
    assert_viewer_failure(&view(&folder, &arguments), 3, &[&silent, "cannot reach"]);
    let nameless = ["no-such-host.invalid", "--headless", "--accept-new"];
    assert_viewer_failure(&view(&folder, &nameless), 3, &["no-such-host.invalid"]);
}

#[test]
fn nonsense_on_the_command_line_of_the_viewer_is_explained() {
    let folder = Folder::new();
    let missing = folder.path("missing");
    let missing = missing.to_str().unwrap();
    for (arguments, fragment) in [
        (&["host:0", "--headless"][..], "HOST:PORT"),
        (&["host", "--headless", "--token-file", missing], missing),
        (
            &["host", "--headless", "--fingerprint", "sha256:12"],
            "fingerprint",
        ),
    ] {
        assert_viewer_failure(&view(&folder, arguments), 2, &[fragment]);
    }
    let nothing = view(&folder, &[]);
    assert_eq!(nothing.code, Some(2), "{nothing:#?}");
}
