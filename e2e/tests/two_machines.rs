//! `hackstream-bench serve` and `measure`, which are meant for two machines, on one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::program;
use hackstream_e2e::server::Server;
use hackstream_protocol::geometry::Size;
use rustix::process::Signal;
use serde_json::Value;

/// Far more than any of these takes; only keeps a broken test from hanging.
const SECONDS: &str = "300";

/// A running `serve`, and what it told.
struct Served {
    process: Process,
    port: String,
    fingerprint: String,
    token_file: PathBuf,
}

fn serve(folder: &Folder) -> Served {
    let mut command = bound_command(program("hackstream-bench"));
    folder.use_in(&mut command);
    command.args(["serve", "--listen", "127.0.0.1:0", "--size", "800x600"]);
    let process = Process::start(&mut command);
    let words = |line: &str| -> Vec<String> { line.split(' ').map(str::to_owned).collect() };
    let advice = process.stdout.wait_for("advice", |line| {
        line.contains("hackstream-bench measure")
            .then(|| words(line.trim()))
    });
    let after = |option: &str| {
        let place = advice.iter().position(|word| word == option).unwrap();
        advice[place + 1].clone()
    };
    let server = after("measure");
    let token_file = process.stdout.wait_for("the place of the token", |line| {
        let (_, rest) = line.split_once("a copy of ")?;
        Some(PathBuf::from(rest.split(' ').next()?))
    });
    Served {
        port: server.rsplit(':').next().unwrap().to_owned(),
        fingerprint: after("--fingerprint"),
        token_file,
        process,
    }
}

/// Measures what is served, as its own words say.
fn measure_served(folder: &Folder, served: &Served, arguments: &[&str]) -> Output {
    let server = format!("127.0.0.1:{}", served.port);
    let token_file = served.token_file.to_str().unwrap();
    let admission = [
        "--fingerprint",
        &served.fingerprint,
        "--token-file",
        token_file,
    ];
    measure(folder, &[&[&*server], &admission[..], arguments].concat())
}

fn measure(folder: &Folder, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    folder.use_in(&mut command);
    command
        .arg(SECONDS)
        .arg(program("hackstream-bench"))
        .arg("measure")
        .args(arguments);
    command.output().expect("timeout is there")
}

/// The last line of what a failed run said.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines().last().unwrap_or_default().to_owned()
}

fn assert_plausible(work: &Value, name: &str, runs: usize) {
    assert_eq!(work["work"], name);
    let samples = work["samples_ms"].as_array().unwrap();
    if name == "video" {
        // A loaded machine may miss most of the 90 frames, but not nearly all.
        assert!(samples.len() >= 3, "{work}");
        assert!(work["frames_per_second"].as_f64().unwrap() > 0.5, "{work}");
    } else {
        assert_eq!(samples.len(), runs, "{work}");
        assert!(work["latency_ms"]["p50"].as_f64().unwrap() > 0.0, "{work}");
        // Each answer is seen in a presented frame, or is being timed when the next key comes.
        let answer = work["split"]["input_to_frame_ms"].as_f64().unwrap();
        assert!(answer > 0.0, "{work}");
    }
    for bytes in ["bytes_down", "bytes_up"] {
        assert!(work[bytes].as_u64().unwrap() > 0, "{work}");
    }
    assert!(work["split"]["frames"].as_u64().unwrap() > 0, "{work}");
    for stage in ["encode_ms", "decode_ms", "present_ms"] {
        assert!(work["split"][stage].as_f64().unwrap() > 0.0, "{work}");
    }
}

#[test]
fn every_work_is_measured_and_nothing_is_left() {
    let folder = Folder::new();
    let mut served = serve(&folder);
    let results = folder.path("home/measured.json");
    let output = measure_served(
        &folder,
        &served,
        &[
            "--runs",
            "2",
            "--seconds",
            "3",
            "--json",
            results.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("\nVerdict: "), "{table}");
    let results: Value = serde_json::from_slice(&std::fs::read(results).unwrap()).unwrap();
    assert_eq!(results["screen"], "800x600");
    assert!(results["least_rtt_ms"].as_f64().unwrap() > 0.0);
    assert!(results["viewer_pss_bytes"].as_u64().unwrap() > 1 << 20);
    let works = results["works"].as_array().unwrap();
    let names = ["key", "scroll", "redraw-scroll", "repaint", "video"];
    assert_eq!(works.len(), names.len());
    for (work, name) in works.iter().zip(names) {
        assert_plausible(work, name, 2);
    }
    let token = std::fs::read_to_string(&served.token_file).unwrap();
    served.process.signal(Signal::INT);
    let ended = served.process.wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let said = [ended.stdout.join(""), ended.stderr.join("")].concat();
    assert!(!said.contains(token.trim()), "the token is a secret");
    let workspace = served.token_file.ancestors().nth(2).unwrap();
    assert!(!Path::new(workspace).exists());
}

/// A person's display: larger than the session, so that its picture lies in the middle, and read
/// through the X server.
#[test]
fn a_display_that_is_there_already_can_be_used() {
    let folder = Folder::new();
    let served = serve(&folder);
    let idle = ["sleep", "1000"].map(str::to_owned);
    let display = Display::start(Size::new(1024, 768), Folder::new(), &idle);
    let results = folder.path("home/measured.json");
    let output = measure_served(
        &folder,
        &served,
        &[
            "--display",
            display.name(),
            "--works",
            "key,video",
            "--runs",
            "2",
            "--seconds",
            "3",
            "--json",
            results.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let results: Value = serde_json::from_slice(&std::fs::read(results).unwrap()).unwrap();
    assert_eq!(results["display"], display.name());
    assert_plausible(&results["works"][0], "key", 2);
    assert_plausible(&results["works"][1], "video", 0);
}

#[test]
fn a_port_without_an_answer_is_one_clear_line() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap().to_string();
    let output = measure(&Folder::new(), &[&server, "--accept-new"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let line = complaint(&output);
    assert!(line.contains(&format!("cannot reach {server}: ")), "{line}");
}

#[test]
fn a_session_without_the_stimulus_is_one_clear_line() {
    let server = Server::run(&["sleep", "1000"]);
    let folder = Folder::new();
    let token = folder.path("home/token");
    std::fs::write(&token, &server.token).unwrap();
    let fingerprint = server.ready.fingerprint.to_string();
    let output = measure(
        &folder,
        &[
            &server.ready.listen,
            "--fingerprint",
            &fingerprint,
            "--token-file",
            token.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    let line = complaint(&output);
    assert!(line.contains("`hackstream-bench serve`"), "{line}");
}
