//! What an operator can know: `hackstream-server status` and the metrics.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use hackstream_e2e::compare::step;
use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::process::{Ended, Process};
use hackstream_e2e::server::{Run, Server};
use hackstream_e2e::terminal::{Board, terminal};
use hackstream_e2e::windows::Windows;
use hackstream_e2e::{PATIENCE, program, viewer, wait_until};
use hackstream_view::headless::Picture;
use rustix::process::Signal;
use serde_json::Value;

fn ask(folder: &Folder, options: &[&str]) -> Ended {
    let mut command = Command::new(program("hackstream-server"));
    folder.use_in(&mut command);
    Process::start(command.arg("status").args(options)).wait()
}

fn sessions(folder: &Folder) -> Vec<Value> {
    let ended = ask(folder, &["--format", "json"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let answer: Value = serde_json::from_str(&ended.stdout.join("\n")).unwrap();
    answer["sessions"].as_array().unwrap().clone()
}

fn get(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn metrics(server: &Server) -> String {
    let address = server.ready.metrics.as_deref().unwrap();
    let answer = get(address, "GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}", body.len())));
    body.to_owned()
}

fn sample(page: &str, name: &str) -> Option<f64> {
    let mut lines = page.lines();
    lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn with_metrics<T: AsRef<std::ffi::OsStr>>(folder: Folder, command: &[T]) -> Server {
    let run = Run {
        options: &["--metrics", "0"],
        ..Run::default()
    };
    Server::run_as(&run, folder, command)
}

#[test]
fn a_session_tells_of_itself_and_of_its_viewers() {
    let server = with_metrics(Folder::new(), &terminal(&["cat"]));
    let alone = &sessions(server.folder())[0];
    assert_eq!(alone["display"], server.ready.display.as_str());
    assert_eq!(alone["listen"], server.ready.listen.as_str());
    assert!(alone["command"].as_str().unwrap().starts_with("xterm"));
    assert_eq!(alone["screen"], "800x600");
    assert_eq!(alone["viewers"].as_array().unwrap().len(), 0);
    assert!(alone["last_input_seconds"].is_null());
    assert!(alone["pss_bytes"].as_u64().unwrap() > 1 << 20);

    let viewer = viewer::connect(&server);
    Windows::of_session(&server).wait_for_focus();
    step(&server, &[&viewer], "a letter", || type_text(&viewer, "a"));
    let session = &sessions(server.folder())[0];
    let visitor = &session["viewers"][0];
    assert_eq!(visitor["standing"], "in control");
    assert_eq!(visitor["leads"], true);
    assert!(visitor["frames"].as_u64().unwrap() >= viewer.frames_applied());
    assert!(visitor["rtt_ms"].as_f64().unwrap() > 0.0);
    assert!(visitor["encode_ms"].as_f64().unwrap() > 0.0);
    assert!(visitor["frame_bits_per_second"].as_u64().unwrap() > 0);
    assert!(
        visitor["agent"]
            .as_str()
            .unwrap()
            .starts_with("hackstream-view")
    );
    assert!(visitor["last_input_seconds"].as_f64().is_some());
    assert!(session["sent_bytes"].as_u64() >= visitor["sent_bytes"].as_u64());

    let page = metrics(&server);
    assert_eq!(
        sample(&page, "hackstream_viewers{standing=\"in control\"}"),
        Some(1.0)
    );
    assert_eq!(sample(&page, "hackstream_viewers_joined_total"), Some(1.0));
    let sent = sample(&page, "hackstream_sent_bytes_total").unwrap();
    let counted = sample(&page, "hackstream_frame_encode_seconds_count");
    assert_eq!(counted, sample(&page, "hackstream_frames_total"));
    assert!(counted.unwrap() >= 1.0 && sent > 1000.0);
    viewer.close().unwrap();
    wait_until("the viewer's series to end", || {
        let page = metrics(&server);
        // What was sent to it stays counted.
        assert!(sample(&page, "hackstream_sent_bytes_total").unwrap() >= sent);
        (!page.contains("viewer=")).then_some(())
    });
    let text = ask(server.folder(), &[]).stdout.join("\n");
    assert!(
        text.contains("0 of at most 32; 1 since the start"),
        "{text}"
    );
}

/// A film that plays to a viewer whose person is asleep is no input.
#[test]
fn idle_is_without_input_whatever_is_sent() {
    let folder = Folder::new();
    let board = Board::new(&folder);
    let server = with_metrics(folder, &board.command());
    let viewer = viewer::connect(&server);
    type_text(&viewer, " ");
    let idle = || sample(&metrics(&server), "hackstream_idle_seconds").unwrap();
    let last = || sample(&metrics(&server), "hackstream_last_input_seconds");
    wait_until("the key", last);
    let (before, frames) = (idle(), viewer.frames_applied());
    for line in 0..5 {
        let frames = viewer.frames_applied();
        board.write(&format!("line {line}\n"));
        let came = |picture: &Picture| picture.frames_applied() > frames;
        assert!(viewer.wait_for(came, PATIENCE));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(idle() >= before + 0.2 && viewer.frames_applied() >= frames + 5);
    let (rested, asked) = (idle(), Instant::now());
    type_text(&viewer, " ");
    wait_until("the next key", || {
        // Without it the session would have been idle for as long as then, and since.
        let since = asked.elapsed().as_secs_f64();
        (idle() < rested + since).then_some(())
    });
}

#[test]
fn sessions_of_one_user_are_told_apart_and_killed_ones_forgotten() {
    let folder = Folder::new();
    let state = folder.path("state/hackstream/sessions");
    let sockets = || {
        let entries = std::fs::read_dir(&state).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    assert_eq!(sessions(&folder), Vec::<Value>::new());
    let none = ask(&folder, &[]);
    assert!(none.stdout[0].starts_with("no sessions"), "{none:?}");

    let start = || {
        let mut command = hackstream_e2e::process::bound_command(program("hackstream-server"));
        folder.use_in(&mut command);
        command.args(["run", "--listen", "127.0.0.1:0", "--size", "640x480", "--"]);
        let process = Process::start(command.args(["sleep", "1000"]));
        let ready = |line: &str| line.starts_with("ready ").then_some(());
        process.stdout.wait_for("readiness", ready);
        process
    };
    let (first, second) = (start(), start());
    assert_eq!(sessions(&folder).len(), 2);
    for socket in sockets() {
        let mode = socket.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(
        state.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    second.signal(Signal::KILL);
    drop(second);
    assert_eq!(sockets().len(), 2, "it left its socket behind");
    assert_eq!(sessions(&folder).len(), 1);
    assert_eq!(sockets().len(), 1, "which is removed when nobody answers");
    drop(first);
    assert_eq!(sockets().len(), 0, "a server that ends cleans up");
    wait_until_nothing_is_left(&folder);
}

#[test]
fn nobody_who_asks_for_metrics_holds_them_up() {
    let server = with_metrics(Folder::new(), &["sleep", "1000"]);
    let address = server.ready.metrics.as_deref().unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let status = |request: &str| get(address, request).lines().next().unwrap().to_owned();
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 404 Not Found");
    assert_eq!(
        status("DELETE /metrics HTTP/1.1\r\n\r\n"),
        "HTTP/1.1 405 Method Not Allowed"
    );
    assert_eq!(
        status("\r\n\r\n\r\n\r\nnonsense\r\n\r\n"),
        "HTTP/1.1 400 Bad Request"
    );
    // Silent ones take the places, and are sent away after a while.
    let silent: Vec<_> = (0..20)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    wait_until("a place", || {
        let mut stream = TcpStream::connect(address).ok()?;
        let request = b"GET /metrics HTTP/1.1\r\n\r\n";
        stream.write_all(request).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.starts_with("HTTP/1.1 200").then_some(())
    });
    drop(silent);
}

#[test]
fn a_taken_port_is_an_error_that_says_which() {
    let folder = Folder::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = Command::new(program("hackstream-server"));
    folder.use_in(&mut command);
    command.args([
        "run",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        &address,
        "--",
    ]);
    let ended = Process::start(command.arg("sleep").arg("9")).wait();
    assert_eq!(ended.code, Some(72), "{ended:?}");
    let said = ended.stderr.join("\n");
    assert!(
        said.contains(&address) && said.contains("--metrics"),
        "{said}"
    );
}
