//! Sessions with their real programs, ended in every way there is.
//!
//! This file is its own harness, because a session starts the running program again as its
//! supervisor. It also plays two parts itself: an application with a window, and a server that
//! gets killed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "this whole crate is a test"
)]

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use hackstream_capture::{Capture, CaptureError, PixelAccess};
use hackstream_protocol::geometry::Size;
use hackstream_server::session::{
    Outcome, Session, SessionConfig, SessionEnd, SessionError, Sound, WindowManager,
    run_if_supervisor,
};
use libtest_mimic::{Arguments, Trial};
use rustix::process::{Pid, Signal, kill_process};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt, CreateWindowAux, EventMask, WindowClass};

/// Far more than anything here takes; only keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(30);

const SIZE: Size = Size::new(640, 480);
const LARGEST: Size = Size::new(1024, 768);

/// An application that resists: it ignores the wish to end, and has a descendant that does so
/// too, in a session of its own and without a living parent.
const STUBBORN: &str = "trap '' TERM; (setsid sh -c \"trap '' TERM; sleep 100; sleep 100\" &); \
     echo running; sleep 100; sleep 100";

fn main() -> ExitCode {
    if let Some(code) = run_if_supervisor() {
        return code;
    }
    match std::env::args().nth(1).as_deref() {
        Some("play-application") => return application(),
        Some("play-server") => return server(),
        _ => {}
    }
    let tests = vec![
        test("the_window_fills_the_screen", the_window_fills_the_screen),
        test("strangers_cannot_connect", strangers_cannot_connect),
        test(
            "a_dropped_session_leaves_nothing",
            a_dropped_session_leaves_nothing,
        ),
        test(
            "a_killed_server_leaves_nothing",
            a_killed_server_leaves_nothing,
        ),
        test(
            "a_killed_supervisor_ends_the_session",
            a_killed_supervisor_ends_the_session,
        ),
        test(
            "a_killed_display_ends_the_session",
            a_killed_display_ends_the_session,
        ),
        test(
            "commands_fail_with_their_reason",
            commands_fail_with_their_reason,
        ),
        test(
            "impossible_displays_are_refused",
            impossible_displays_are_refused,
        ),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

fn test(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

fn config(command: &[&str]) -> SessionConfig {
    SessionConfig {
        display: None,
        size: SIZE,
        largest: LARGEST,
        sound: Sound::On,
        window_manager: WindowManager::Openbox,
        command: command.iter().map(OsString::from).collect(),
        bases: vec!["/dev/shm".into(), std::env::temp_dir()],
        desktop: None,
    }
}

fn start(config: &SessionConfig) -> (Session, Receiver<SessionEnd>) {
    let (sender, ends) = channel();
    let session = Session::start(config, move |end| sender.send(end).unwrap()).unwrap();
    (session, ends)
}

fn this_program() -> String {
    std::env::current_exe()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// Processes that mention `directory` in their arguments or environment: all of a session.
fn processes_of(directory: &Path) -> Vec<(Pid, String)> {
    let needle = directory.to_str().unwrap().to_owned();
    let mut found = Vec::new();
    for item in std::fs::read_dir("/proc").unwrap().flatten() {
        let number = item.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(process) = number.and_then(Pid::from_raw) else {
            continue;
        };
        let read = |file| {
            let bytes = std::fs::read(item.path().join(file)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let arguments = read("cmdline");
        if arguments.contains(&needle) || read("environ").contains(&needle) {
            found.push((process, arguments));
        }
    }
    found
}

fn process_named(directory: &Path, name: &str) -> Pid {
    let all = processes_of(directory);
    let found = all
        .iter()
        .find(|(_, arguments)| arguments.starts_with(name));
    found.unwrap_or_else(|| panic!("no {name} in {all:?}")).0
}

/// Looks until what is seen is as wanted.
fn wait_until<T: std::fmt::Debug>(look: impl Fn() -> T, wanted: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look();
        if wanted(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "{seen:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Maps a small window, waits until the window manager has made it as large as the screen, and
/// exits with 42.
fn application() -> ExitCode {
    let (connection, screen) = x11rb::connect(None).unwrap();
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id().unwrap();
    let listen = CreateWindowAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    let class = WindowClass::INPUT_OUTPUT;
    connection
        .create_window(24, window, root, 5, 5, 100, 100, 0, class, 0, &listen)
        .unwrap();
    connection.map_window(window).unwrap();
    connection.flush().unwrap();
    loop {
        if let Event::ConfigureNotify(at) = connection.wait_for_event().unwrap() {
            let size = Size::new(at.width.into(), at.height.into());
            if size == SIZE {
                return ExitCode::from(42);
            }
        }
    }
}

/// Runs a session with a stubborn application; says where it is and how it ended.
fn server() -> ExitCode {
    let (session, ends) = start(&config(&["sh", "-c", STUBBORN]));
    println!("{}", session.directory().display());
    println!("{}", ends.recv().unwrap());
    ExitCode::SUCCESS
}

/// A server in a process of its own, its session's directory, and its further output.
struct Played {
    process: Child,
    directory: PathBuf,
    output: BufReader<std::process::ChildStdout>,
}

impl Played {
    fn start() -> Self {
        let mut process = Command::new(this_program())
            .arg("play-server")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        // The directory, and "running" from the application, in whichever order.
        let mut lines = [String::new(), String::new()];
        for line in &mut lines {
            output.read_line(line).unwrap();
        }
        let directory = lines.iter().find(|line| line.starts_with('/')).unwrap();
        let directory = PathBuf::from(directory.trim());
        // Supervisor, display, window manager, two shells and what they sleep in.
        wait_until(|| processes_of(&directory), |all| all.len() >= 7);
        Self {
            process,
            directory,
            output,
        }
    }
}

fn the_window_fills_the_screen() {
    let program = this_program();
    let (session, ends) = start(&config(&[&program, "play-application"]));
    assert_eq!(session.capture().size(), SIZE);
    match ends.recv_timeout(PATIENCE).unwrap() {
        SessionEnd::Command { outcome, .. } => assert_eq!(outcome, Outcome::Exited(42)),
        end => panic!("{end}"),
    }
}

fn strangers_cannot_connect() {
    let (session, _ends) = start(&config(&["sleep", "600"]));
    let refused = Capture::open(session.display(), PixelAccess::SharedMemory);
    assert!(matches!(refused, Err(CaptureError::Connect { .. })));
    let mode = std::fs::metadata(session.xauthority()).unwrap();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777,
        0o600
    );
}

fn a_dropped_session_leaves_nothing() {
    let (session, ends) = start(&config(&["sh", "-c", STUBBORN]));
    let directory = session.directory().clone();
    drop(session);
    // Not waited for: a drop returns when all is done.
    assert!(processes_of(&directory).is_empty());
    assert!(!directory.exists());
    assert!(
        ends.recv().is_err(),
        "an end that was asked for is not news"
    );
}

fn a_killed_server_leaves_nothing() {
    let mut server = Played::start();
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    wait_until(
        || (processes_of(&server.directory), server.directory.exists()),
        |(processes, exists)| processes.is_empty() && !exists,
    );
}

fn a_killed_supervisor_ends_the_session() {
    let mut server = Played::start();
    let supervisor = process_named(&server.directory, "hackstream-session");
    kill_process(supervisor, Signal::KILL).unwrap();
    let mut told = String::new();
    server.output.read_line(&mut told).unwrap();
    assert_eq!(told.trim(), SessionEnd::Supervisor.to_string());
    server.process.wait().unwrap();
    // The descendants that hid from everyone are beyond reach without the supervisor.
    let is_hidden = |arguments: &str| arguments.starts_with("sh") || arguments.starts_with("sleep");
    let left = wait_until(
        || processes_of(&server.directory),
        |left| left.iter().all(|(_, arguments)| is_hidden(arguments)),
    );
    for (process, _) in left {
        let _ = kill_process(process, Signal::KILL);
    }
    std::fs::remove_dir_all(&server.directory).unwrap();
}

fn a_killed_display_ends_the_session() {
    let (session, ends) = start(&config(&["sleep", "600"]));
    let display = process_named(session.directory(), "Xvfb");
    kill_process(display, Signal::KILL).unwrap();
    // The window manager goes with it, the command has no window and stays.
    let end = ends.recv_timeout(PATIENCE).unwrap();
    assert_eq!(end, SessionEnd::Display(Outcome::Killed(9)));
}

fn commands_fail_with_their_reason() {
    let refused = |command: &[&str]| Session::start(&config(command), |_| ()).err().unwrap();
    assert!(matches!(
        refused(&["no-such-program-anywhere"]),
        SessionError::CommandNotFound { .. }
    ));
    assert!(matches!(
        refused(&["/etc/passwd"]),
        SessionError::CommandNotRunnable { .. }
    ));
    assert!(matches!(refused(&[]), SessionError::NoCommand));
    let mut without_manager = config(&["sh", "-c", "exit 3"]);
    without_manager.window_manager = WindowManager::None;
    let (_session, ends) = start(&without_manager);
    let end = ends.recv_timeout(PATIENCE).unwrap();
    assert!(end.is_failed_start());
    assert_eq!(end.to_string(), "the command failed at once (exit code 3)");
}

fn impossible_displays_are_refused() {
    let mut wrong = config(&["true"]);
    wrong.size = Size::new(LARGEST.width + 1, 10);
    let refused = Session::start(&wrong, |_| ()).err().unwrap();
    assert!(matches!(refused, SessionError::ImpossibleSize { .. }));

    let (first, _ends) = start(&config(&["sleep", "600"]));
    let mut taken = config(&["true"]);
    taken.display = Some(first.display()[1..].parse().unwrap());
    let refused = Session::start(&taken, |_| ()).err().unwrap();
    assert!(matches!(
        refused,
        SessionError::DisplayFailed {
            outcome: Some(Outcome::Exited(_))
        }
    ));
}
