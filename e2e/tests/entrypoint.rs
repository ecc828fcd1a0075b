//! What a container runs first, without a container: `hackstream-server entrypoint`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::process::{Ended, Process};
use hackstream_e2e::program;
use hackstream_e2e::server::Ready;
use hackstream_view::config::{Options, Token, TrustPolicy};
use hackstream_view::headless::Viewer;
use rustix::process::Signal;

/// Enough for all sessions here.
const ADDRESS: (&str, &str) = ("HACKSTREAM_LISTEN", "127.0.0.1:0");
const SIZE: (&str, &str) = ("HACKSTREAM_SIZE", "320x240");

fn command(folder: &Folder, variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    command_in(folder, &folder.path("work"), variables, arguments)
}

fn command_in(
    folder: &Folder,
    work: &Path,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Command {
    let mut command = Command::new(program("hackstream-server"));
    folder.use_in(&mut command);
    command.args(["entrypoint", "--work-dir"]).arg(work);
    command.args(arguments).envs(variables.iter().copied());
    command
}

fn failure(folder: &Folder, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    failure_of(&mut command(folder, variables, arguments))
}

/// The exit code of what fails, and the one line that it says.
fn failure_of(command: &mut Command) -> (i32, String) {
    let Ended {
        code,
        stdout,
        stderr,
    } = Process::start(command).wait();
    assert!(stdout.is_empty(), "{stdout:?}");
    let own = stderr
        .iter()
        .filter(|line| line.starts_with("hackstream-server: "));
    let own: Vec<&String> = own.filter(|line| !line.contains(": warning: ")).collect();
    assert_eq!(own.len(), 1, "{stderr:#?}");
    (code.expect("an exit code"), own[0].clone())
}

fn start(command: &mut Command) -> (Process, Ready) {
    let process = Process::start(command);
    let ready = process.stdout.wait_for("readiness", Ready::parse);
    (process, ready)
}

fn status(folder: &Folder, options: &[&str]) -> Ended {
    let mut status = Command::new(program("hackstream-server"));
    folder.use_in(&mut status);
    status.env("XDG_STATE_HOME", folder.path("work/state"));
    Process::start(status.arg("status").args(options)).wait()
}

fn can_connect(ready: &Ready, token: &Path) {
    let token = std::fs::read(token).unwrap().trim_ascii().to_vec();
    let options = Options::headless(
        ready.listen.parse().unwrap(),
        Token::new(token).unwrap(),
        TrustPolicy::Pinned(ready.fingerprint),
    );
    let viewer = Viewer::connect(options).unwrap();
    let patience = hackstream_e2e::PATIENCE;
    assert!(viewer.wait_for(|picture| picture.is_complete(), patience));
    viewer.close().unwrap();
}

/// A program that says what it finds in its environment, and stays.
fn curious(folder: &Folder) -> Vec<String> {
    let script = format!(
        "env > {0}.new; mv {0}.new {0}; sleep 600",
        folder.path("env").display()
    );
    ["sh", "-c", &script].map(str::to_owned).to_vec()
}

fn environment_in(folder: &Folder) -> Vec<String> {
    let file = folder.path("env");
    let said = hackstream_e2e::wait_until("the program's environment", || {
        std::fs::read_to_string(&file).ok()
    });
    said.lines().map(str::to_owned).collect()
}

#[test]
fn the_environment_becomes_a_session_that_ends_when_told_to() {
    let folder = Folder::new();
    let words = curious(&folder);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let variables = [ADDRESS, SIZE, ("HACKSTREAM_QUALITY", "low")];
    let (mut server, ready) = start(&mut command(&folder, &variables, &words));

    let environment = environment_in(&folder);
    let has = |line: String| environment.contains(&line);
    assert!(has(format!("HOME={}", folder.path("work/home").display())));
    assert!(has(format!("PWD={}", folder.path("work/home").display())));
    assert!(
        !environment
            .iter()
            .any(|line| line.starts_with("HACKSTREAM_"))
    );

    let ended = status(&folder, &["--wait-ready", "0"]);
    let said = ended.stdout.join("\n");
    assert!(
        ended.code == Some(0) && said.contains("screen 320x240"),
        "{said}"
    );
    can_connect(&ready, &folder.path("work/state/hackstream/token"));

    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    wait_until_nothing_is_left(&folder);
    let ended = status(&folder, &["--wait-ready", "0"]);
    assert_eq!(ended.code, Some(70), "{ended:?}");
}

#[test]
fn whoever_waits_is_told_when_the_session_is_ready() {
    let folder = Folder::new();
    // The other way round: first somebody waits, then there is something to wait for.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| status(&folder, &["--wait-ready"]));
        let app = ("HACKSTREAM_APP", "sleep 600");
        let (_server, _) = start(&mut command(&folder, &[ADDRESS, SIZE, app], &[]));
        waiting.join().unwrap()
    });
    assert_eq!(waiting.code, Some(0), "{waiting:?}");
}

#[test]
fn a_profile_that_persists_keeps_files_and_the_servers_key() {
    let folder = Folder::new();
    let variables = [ADDRESS, SIZE, ("HACKSTREAM_PROFILE", "persist")];
    let script = "echo more >> notes; sleep 600";
    let run = || start(&mut command(&folder, &variables, &["sh", "-c", script]));
    let notes = folder.path("home/notes");
    let lines = |count| {
        hackstream_e2e::wait_until("what the program wrote", || {
            let text = std::fs::read_to_string(&notes).ok()?;
            (text.lines().count() == count).then_some(())
        });
    };
    let (mut server, first) = run();
    lines(1);
    server.signal(Signal::TERM);
    server.wait();
    let (_server, second) = run();
    lines(2);
    assert_eq!(first.fingerprint, second.fingerprint);
}

/// A file that only its owner can read.
fn secret(folder: &Folder, name: &str, content: &str) -> String {
    let file = folder.path(name);
    std::fs::write(&file, content).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn every_setting_reaches_the_server_which_takes_it() {
    let folder = Folder::new();
    let token = secret(&folder, "token", "a token that is long enough");
    let watching = secret(&folder, "watching", "another that is long enough");
    let files = folder.path("files").to_str().unwrap().to_owned();
    let settings = [
        ("SIZE", "320x240", "--size"),
        ("MAX_SIZE", "640x480", "--max-size"),
        ("QUALITY", "auto", "--quality"),
        ("TOKEN_FILE", &token, "--token-file"),
        ("VIEW_TOKEN_FILE", &watching, "--view-token-file"),
        ("MAX_VIEWERS", "3", "--max-viewers"),
        ("MAX_BITRATE", "5M", "--max-bitrate"),
        ("MAX_DATA_PER_HOUR", "2G", "--max-data-per-hour"),
        ("DISABLE", "audio,bell", "--disable"),
        ("ENABLE", "file-transfer", "--enable"),
        ("FILES_DIR", &files, "--files-dir"),
        ("MAX_FILE_SIZE", "50M", "--max-file-size"),
        ("METRICS", "0", "--metrics"),
        ("LOG_FORMAT", "json", "--log-format"),
    ];
    let names = settings.map(|(name, value, _)| (format!("HACKSTREAM_{name}"), value));
    let mut variables = vec![ADDRESS];
    variables.extend(names.iter().map(|(name, value)| (name.as_str(), *value)));
    let (server, ready) = start(&mut command(&folder, &variables, &["sleep", "600"]));
    let words = std::fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
    let words = String::from_utf8(words).unwrap().replace('\0', " ");
    for (_, value, option) in settings {
        let is_given =
            [' ', '='].map(|between| words.contains(&format!("{option}{between}{value}")));
        assert!(is_given.contains(&true), "{option}: {words}");
    }
    can_connect(&ready, Path::new(&token));
    can_connect(&ready, Path::new(&watching));
    let said = server.stderr.all();
    let of_the_server = said.iter().filter(|line| line.contains("\"level\""));
    let is_json = |line: &&String| serde_json::from_str::<serde_json::Value>(line).is_ok();
    assert!(of_the_server.clone().count() > 0 && of_the_server.clone().all(|line| is_json(&line)));
}

#[test]
fn with_tickets_or_without_anything_no_token_is_made() {
    let key = "ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
    let folder = Folder::new();
    let key = secret(&folder, "hub.pub", key);
    let session = "01JDXW6YB2X6A7K4R7Q1ZV3N5M";
    let tickets = [
        ("HACKSTREAM_TICKET_KEY", key.as_str()),
        ("HACKSTREAM_SESSION_ID", session),
        ("HACKSTREAM_NODE_ID", "attic"),
    ];
    let nothing = [("HACKSTREAM_AUTH", "none")];
    for settings in [&tickets[..], &nothing[..]] {
        let folder = Folder::new();
        let variables = [&[ADDRESS, SIZE], settings].concat();
        let (_server, _) = start(&mut command(&folder, &variables, &["sleep", "600"]));
        assert!(!folder.path("work/state/hackstream/token").exists());
    }
}

/// Hears no request to end, nor does what it started.
const STUBBORN: &str = "trap '' TERM HUP; (setsid sh -c \"trap '' TERM; sleep 100; sleep 100\" &); \
    sleep 100; sleep 100";

#[test]
fn all_is_over_five_seconds_after_the_word_though_nobody_listens() {
    let folder = Folder::new();
    let token = secret(&folder, "token", "a token that is long enough");
    let variables = [ADDRESS, SIZE, ("HACKSTREAM_TOKEN_FILE", &token)];
    let (mut server, ready) = start(&mut command(&folder, &variables, &["sh", "-c", STUBBORN]));
    let mut viewer = Command::new(program("hackstream-view"));
    viewer.args([
        &ready.listen,
        "--headless",
        "--mute",
        "--token-file",
        &token,
    ]);
    viewer.args(["--fingerprint", &ready.fingerprint.to_string()]);
    let viewer = Process::start(viewer.env("HOME", folder.path("viewer")));
    server.stderr.wait_for("the viewer", |line| {
        line.contains("viewer joined").then_some(())
    });
    viewer.signal(Signal::STOP);
    let told = Instant::now();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code, Some(0));
    // What containers promise: those who end them wait for ten seconds, and then use force.
    assert!(
        told.elapsed() < Duration::from_secs(5),
        "{:?}",
        told.elapsed()
    );
    drop(viewer);
    wait_until_nothing_is_left(&folder);
}

#[test]
fn settings_that_make_no_sense_are_told_by_their_names() {
    let folder = Folder::new();
    for (name, value, fragment) in [
        ("HACKSTREAM_SIEZ", "320x240", "SIZE"),
        ("HACKSTREAM_SIZE", "big", "HACKSTREAM_SIZE big"),
        ("HACKSTREAM_QUALITY", "best", "low, auto, high"),
        ("HACKSTREAM_TOKEN_FILE", "", "HACKSTREAM_TOKEN_FILE"),
        ("HACKSTREAM_URL", "--profile", "https://example.org"),
    ] {
        let (code, line) = failure(&folder, &[(name, value)], &[]);
        assert!(
            code == 2 && line.contains(name) && line.contains(fragment),
            "{code}: {line}"
        );
    }
    assert!(!folder.path("work").exists(), "nothing was begun");
}

#[test]
fn a_token_file_that_is_none_is_refused() {
    let folder = Folder::new();
    let file = folder.path("token");
    let path = file.to_str().unwrap();
    let variables = [ADDRESS, SIZE, ("HACKSTREAM_TOKEN_FILE", path)];
    let (code, line) = failure(&folder, &variables, &["sleep", "600"]);
    assert!(code == 73 && line.contains(path), "{code}: {line}");
    std::fs::write(&file, "a token that is long enough").unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let (code, line) = failure(&folder, &variables, &["sleep", "600"]);
    assert!(code == 73 && line.contains("chmod 600"), "{code}: {line}");
}

#[test]
fn a_program_that_is_not_installed_is_named() {
    let folder = Folder::new();
    let variables = [
        ADDRESS,
        SIZE,
        ("HACKSTREAM_APP", "no-such-program --at-all"),
    ];
    let (code, line) = failure(&folder, &variables, &[]);
    assert!(
        code == 127 && line.contains("no-such-program"),
        "{code}: {line}"
    );
}

/// The same in a mount namespace of its own, after the script.
fn after(script: &str, command: &Command) -> Command {
    let mut outer = Command::new("unshare");
    let script = format!("{script} && exec \"$0\" \"$@\"");
    outer.args(["--mount", "sh", "-c", &script]);
    outer.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

/// Takes all the room that there is in a folder.
fn fill(folder: &str) -> String {
    format!("cat /dev/zero > {folder}/everything 2> /dev/null; true")
}

#[test]
fn a_home_that_cannot_be_used_is_explained() {
    let folder = Folder::new();
    let persist = [ADDRESS, SIZE, ("HACKSTREAM_PROFILE", "persist")];
    let home = folder.path("home").display().to_string();

    let session = command(&folder, &persist, &["sleep", "600"]);
    let foreign = format!("mount -t tmpfs -o uid=12345 tmpfs {home}");
    let (code, line) = failure_of(&mut after(&foreign, &session));
    assert!(
        code == 73 && line.contains("belongs to the user 12345"),
        "{code}: {line}"
    );

    let fixed = format!("mount -t tmpfs -o ro tmpfs {home}");
    let (code, line) = failure_of(&mut after(&fixed, &session));
    assert!(code == 73 && line.contains("Read-only"), "{code}: {line}");

    let full = format!("mount -t tmpfs -o size=64k tmpfs {home}; {}", fill(&home));
    let (code, line) = failure_of(&mut after(&full, &session));
    assert!(
        code == 73 && line.contains("No space left"),
        "{code}: {line}"
    );
}

#[test]
fn a_full_disk_for_what_ends_with_the_session_is_explained() {
    let folder = Folder::new();
    let work = folder.path("work").display().to_string();
    let full = format!(
        "mkdir -m 700 {work}; mount -t tmpfs -o size=64k,mode=700 tmpfs {work}; {}",
        fill(&work)
    );
    let session = command(&folder, &[ADDRESS, SIZE], &["sleep", "600"]);
    let (code, line) = failure_of(&mut after(&full, &session));
    assert!(
        code == 73 && line.contains("No space left"),
        "{code}: {line}"
    );
}

#[test]
fn without_shared_memory_it_warns_and_works() {
    let folder = Folder::new();
    // The usual folders of a test are in that memory.
    let disk = tempfile::tempdir().unwrap();
    let (work, devices) = (disk.path().join("work"), disk.path().join("devices"));
    std::fs::create_dir(&devices).unwrap();
    let hide = format!(
        "mount -t tmpfs tmpfs {0} && for name in null zero random urandom; do \
         touch {0}/$name && mount --bind /dev/$name {0}/$name || exit 9; done && \
         mount --rbind {0} /dev",
        devices.display()
    );
    let mut session = command_in(&folder, &work, &[ADDRESS, SIZE], &["sleep", "600"]);
    session.env("HOME", disk.path()).current_dir(disk.path());
    let (server, ready) = start(after(&hide, &session).current_dir(disk.path()));
    let warned = |line: &str| line.contains("there is no /dev/shm").then_some(());
    server.stderr.wait_for("a warning", warned);
    can_connect(&ready, &work.join("state/hackstream/token"));
}

/// The library that tells a program another time, from the package faketime.
fn false_clock() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut files = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    files
        .find(|file| file.exists())
        .expect("the package faketime")
}

#[test]
fn a_clock_that_is_far_off_does_not_keep_viewers_out() {
    for (clock, is_noticed) in [
        ("@2001-01-01 00:00:00", true),
        ("@2060-01-01 00:00:00", false),
    ] {
        let folder = Folder::new();
        let mut session = command(&folder, &[ADDRESS, SIZE], &["sleep", "600"]);
        session
            .env("LD_PRELOAD", false_clock())
            .env("FAKETIME", clock);
        session.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let (server, ready) = start(&mut session);
        can_connect(&ready, &folder.path("work/state/hackstream/token"));
        let said = server.stderr.all();
        let warned = said
            .iter()
            .any(|line| line.contains("the clock is years behind"));
        assert_eq!(warned, is_noticed, "{said:#?}");
    }
}
