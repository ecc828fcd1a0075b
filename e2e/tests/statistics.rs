//! What a viewer tells of itself with `--stats-json` and `--stats`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::process::Process;
use hackstream_e2e::server::{SIZE, Server};
use hackstream_e2e::viewer;
use serde_json::Value;

/// The lines of a viewer that leaves as soon as it has the picture: sooner than a period, usually.
fn short_visit(option: &str) -> (Vec<String>, Vec<String>) {
    let server = Server::run(&["sleep", "1000"]);
    let mut command = viewer::command(&server);
    command.args([option, "--screenshot", "/dev/null", "--after", "0"]);
    let ended = Process::start(&mut command).wait();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    (ended.stdout, ended.stderr)
}

#[test]
fn a_short_visit_loses_no_frame_of_its_measurements() {
    let (lines, _) = short_visit("--stats-json");
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let sum = |name: &str| -> u64 { lines.iter().map(|l| l[name].as_u64().unwrap()).sum() };
    assert!(sum("frames") >= 1, "{lines:?}");
    assert!(sum("frame_bytes") > 0);
    // All of QUIC's own is among them: handshakes are padded to 1200 bytes.
    assert!(sum("udp_bytes_received") > sum("frame_bytes") + 1200);
    assert!(sum("udp_bytes_sent") > 1200 && sum("packets_sent") > 2);
    let last = lines.last().unwrap();
    assert_eq!(last["screen_width"], SIZE.width);
    assert_eq!(last["screen_height"], SIZE.height);
    for stage in ["capture_wait_ms", "encode_ms", "queue_ms", "decode_ms"] {
        let times = &last[stage];
        assert_eq!(times["count"], last["frames"], "{stage}: {last}");
        let [mean, longest] = ["mean", "max"].map(|name| times[name].as_f64().unwrap());
        assert!(mean >= 0.0 && mean <= longest + 1e-3, "{stage}: {last}");
    }
    assert!(last["encode_ms"]["mean"].as_f64().unwrap() > 0.0, "{last}");
    assert!(last["present_ms"].is_null(), "there is no window");
    assert!(!last["verdict"].as_str().unwrap().is_empty());
}

#[test]
fn people_get_one_line_with_the_same() {
    let (stdout, stderr) = short_visit("--stats");
    assert!(stdout.is_empty(), "{stdout:?}");
    let told = stderr.iter().any(|line| {
        ["rtt ", " frames/s", "; per frame: wait ", ", encode "]
            .iter()
            .all(|part| line.contains(part))
    });
    assert!(told, "{stderr:?}");
}
