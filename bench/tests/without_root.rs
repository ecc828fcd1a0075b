//! What somebody without root gets.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::*;

/// Runs a copy of the bench as nobody; as whoever runs the test unless that is root.
fn compare_as_nobody(folder: &Path, arguments: &[&str]) -> Output {
    let bench = folder.join("hackstream-bench");
    let is_root = rustix::process::geteuid().is_root();
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
        command.arg("--").arg(bench);
        command
    } else {
        Command::new(bench)
    };
    command.args([
        "compare", "--size", "640x480", "--works", "key", "--runs", "2",
    ]);
    command.args(arguments).arg("--out").arg(folder.join("out"));
    command
        .env("HOME", "/nonexistent")
        .current_dir("/")
        .output()
        .unwrap()
}

/// The programs where everybody may read them, and a folder that everybody may write. The test's
/// own folder may lie in somebody's home.
struct Public(PathBuf);

impl Public {
    fn folder(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(folder.join("out")).unwrap();
        for (path, mode) in [(folder.clone(), 0o755), (folder.join("out"), 0o777)] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
        for name in ["hackstream-bench", "hackstream-server", "hackstream-view"] {
            fs::copy(program(name), folder.join(name)).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Public {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn without_root_it_measures_over_loopback_and_says_what_is_left_out() {
    let public = Public::folder("bench-loopback");
    let output = compare_as_nobody(&public.0, &["--peers", "floor,hackstream"]);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    assert!(message.contains("measuring over loopback"), "{message}");
    assert!(message.contains("MTU 65536"), "{message}");
    let results = results(&public.0.join("out"));
    let expected = [
        ["floor", "key", "measured"],
        ["hackstream", "key", "measured"],
    ];
    assert_eq!(outcomes(&results), expected, "{message}");
    let usage = &results["cells"][1]["detail"]["usage"];
    assert!(usage["bytes_both_ways"].as_u64().unwrap() > 100, "{usage}");
    assert!(usage["bytes_down"].is_null() && usage["link_losses"].is_null());
    assert!(results["links"][0]["notes"].as_array().unwrap().len() > 3);
    let report = Command::new(public.0.join("hackstream-bench"))
        .arg("report")
        .arg(public.0.join("out/results.json"))
        .output()
        .unwrap();
    let document = text(&report.stdout);
    assert!(document.contains("## Link `loopback`"), "{document}");
    assert!(document.contains("MTU 65536"), "{document}");
    assert!(document.contains(" both ways |"), "{document}");
}

#[test]
fn links_that_need_root_are_skipped_with_what_to_do() {
    if !rustix::process::geteuid().is_root() {
        // Some systems let everybody make network namespaces.
        eprintln!("SKIPPED: only root can become nobody");
        return;
    }
    let public = Public::folder("bench-no-links");
    let links = ["--peers", "floor,hackstream", "--links", "dsl"];
    let output = compare_as_nobody(&public.0, &links);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{message}");
    let results = results(&public.0.join("out"));
    let expected = [
        ["floor", "key", "measured"],
        ["hackstream", "key", "skipped"],
    ];
    assert_eq!(outcomes(&results), expected, "{message}");
    let reason = reason(&results, 1);
    assert!(reason.contains("run as root"), "{reason}");
    assert!(reason.contains("--links loopback"), "{reason}");
}
