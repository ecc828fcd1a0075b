//! The whole instrument without a remoting system, on a real Xvfb (Debian package xvfb).

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

fn run_floor(works: &str, folder: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
    let output = Command::new(env!("CARGO_BIN_EXE_hackstream-bench"))
        .args([
            "compare",
            "--peers",
            "floor",
            "--runs",
            "3",
            "--seconds",
            // Some of a film's frames must be seen whole, however busy the machine is.
            "4",
            "--works",
            works,
        ])
        .arg("--out")
        .arg(&folder)
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "is xvfb installed?\n{message}");
    let text = std::fs::read_to_string(folder.join("results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn ctrl_c_keeps_what_was_measured() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("floor-interrupted");
    let _ = std::fs::remove_dir_all(&folder);
    let mut bench = Command::new(env!("CARGO_BIN_EXE_hackstream-bench"))
        .args(["compare", "--peers", "floor", "--works", "key,video"])
        .args(["--links", "lan"])
        .args(["--runs", "1", "--seconds", "600", "--out"])
        .arg(&folder)
        .spawn()
        .unwrap();
    // Saved after the first cell; the second would last ten minutes.
    while !folder.join("results.json").exists() {
        assert!(bench.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let pid = bench.id().to_string();
    let sent = Command::new("kill").args(["-INT", &pid]).status().unwrap();
    assert!(sent.success());
    assert_eq!(bench.wait().unwrap().code(), Some(130));
    let text = std::fs::read_to_string(folder.join("results.json")).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(results["cells_planned"], 2);
    assert_eq!(results["cells"].as_array().unwrap().len(), 1);
    assert_eq!(samples(&results, 0), 1);
    assert!(folder.join("latency-lan-key.png").exists());
}

fn samples(results: &Value, cell: usize) -> usize {
    results["cells"][cell]["detail"]["samples_ms"]
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn every_action_reaches_the_pixels() {
    let results = run_floor("key,scroll,redraw-scroll,repaint", "floor-actions");
    for cell in 0..4 {
        assert_eq!(samples(&results, cell), 3);
        assert!(
            results["cells"][cell]["detail"]["latency_ms"]["p50"]
                .as_f64()
                .unwrap()
                > 0.0
        );
    }
}

#[test]
fn numbered_frames_are_recognized_and_exact() {
    let results = run_floor("video,motion", "floor-film");
    // 30 are shown; a loaded machine may miss some, but not nearly all.
    assert!(samples(&results, 0) >= 3, "{results}");
    let shown = results["cells"][0]["detail"]["frames_shown_by_stimulus"]
        .as_u64()
        .unwrap();
    assert!(samples(&results, 0) as u64 <= shown + 1);
    // What is checked against is what was drawn.
    for cell in 0..2 {
        let ssim = &results["cells"][cell]["detail"]["ssim"];
        assert_eq!(ssim.as_f64(), Some(1.0), "{results}");
    }
}

#[test]
fn applications_come_to_rest_and_are_the_same() {
    let results = run_floor("firefox-scroll,xterm-flood", "floor-applications");
    for cell in 0..2 {
        // Nothing lies between what is shown and what is seen.
        let detail = &results["cells"][cell]["detail"];
        assert_eq!(detail["actions"], 3, "{results}");
        assert_eq!(samples(&results, cell), 3, "{results}");
    }
}

#[test]
fn a_canvas_of_firefox_is_a_numbered_film() {
    let results = run_floor("firefox-canvas", "floor-canvas");
    assert!(samples(&results, 0) > 3, "{results}");
}
