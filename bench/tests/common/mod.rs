//! Runs of the bench, and what they leave behind.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test uses a part of this; a panic is how a test fails"
)]

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Against hanging only.
const LIMIT: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(20);

/// `hackstream-bench compare ARGUMENTS…` on a small screen.
pub(crate) fn compare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hackstream-bench"));
    command
        .args(["compare", "--size", "640x480"])
        .args(arguments);
    command
}

/// An empty folder for one test.
pub(crate) fn empty_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A program of this workspace.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_hackstream-bench")).with_file_name(name);
    assert!(
        path.exists(),
        "there is no {}: use `cargo xtask test`, or run `cargo build --workspace --bins` before",
        path.display()
    );
    path
}

/// A folder with the real server and a viewer that is this shell script.
pub(crate) fn folder_with_viewer(name: &str, script: &str) -> PathBuf {
    let folder = empty_folder(name);
    let server = program("hackstream-server");
    std::os::unix::fs::symlink(server, folder.join("hackstream-server")).unwrap();
    let viewer = folder.join("hackstream-view");
    fs::write(&viewer, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&viewer, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn results(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Peer, work, and outcome of each cell.
pub(crate) fn outcomes(results: &Value) -> Vec<[String; 3]> {
    let cells = results["cells"].as_array().unwrap();
    let field = |cell: &Value, name: &str| cell[name].as_str().unwrap().to_owned();
    cells
        .iter()
        .map(|cell| ["peer", "work", "outcome"].map(|name| field(cell, name)))
        .collect()
}

/// Why cell `index` has no figures.
pub(crate) fn reason(results: &Value, index: usize) -> String {
    let detail = &results["cells"][index]["detail"];
    detail.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn wait_until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(start.elapsed() < LIMIT, "waited in vain: {what}");
        std::thread::sleep(STEP);
    }
}

/// A bench in the middle of its work.
pub(crate) struct Run {
    bench: Child,
    folder: PathBuf,
}

impl Run {
    /// Starts it with `--out FOLDER`.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = compare(arguments);
        command.arg("--out").arg(folder);
        let bench = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let folder = folder.to_owned();
        Self { bench, folder }
    }

    /// Until so many cells are in results.json.
    pub(crate) fn wait_for_cells(&mut self, count: usize) {
        wait_until("for cells to be measured", || {
            assert!(self.bench.try_wait().unwrap().is_none(), "the bench ended");
            let text = fs::read_to_string(self.folder.join("results.json")).ok()?;
            let results: Value = serde_json::from_str(&text).unwrap();
            (results["cells"].as_array().unwrap().len() >= count).then_some(())
        });
    }

    /// Until a program of this name (its first 15 bytes) runs; its process id.
    pub(crate) fn wait_for_program(&self, name: &str) -> u32 {
        wait_until(name, || {
            let mut processes = self.processes().into_iter();
            processes.find(|pid| {
                fs::read_to_string(format!("/proc/{pid}/comm"))
                    .is_ok_and(|comm| comm.trim() == name)
            })
        })
    }

    /// Until the program on the remote display has shown so many frames of a film.
    pub(crate) fn wait_for_frames(&self, count: usize) {
        wait_until("for the film", || {
            let journal = self.workspaces().first()?.join("journal");
            let text = fs::read_to_string(journal).unwrap_or_default();
            let frames = text.lines().filter(|line| line.starts_with("frame"));
            (frames.count() >= count).then_some(())
        });
    }

    /// All descendants, and those that lost their parents but live in its folder.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let all = all_processes();
        let mut found = vec![self.bench.id()];
        loop {
            let before = found.len();
            for (pid, parent) in &all {
                if found.contains(parent) && !found.contains(pid) {
                    found.push(*pid);
                }
            }
            if found.len() == before {
                break;
            }
        }
        let folder = format!("hackstream-bench-{}-", self.bench.id());
        let lives_in_folder = |pid: u32| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            text(&environment).contains(&folder)
        };
        found.extend(
            all.iter()
                .map(|(pid, _)| *pid)
                .filter(|pid| lives_in_folder(*pid)),
        );
        found.retain(|pid| *pid != self.bench.id());
        found
    }

    /// The folders of its cells.
    pub(crate) fn workspaces(&self) -> Vec<PathBuf> {
        let prefix = format!("hackstream-bench-{}-", self.bench.id());
        let entries = fs::read_dir("/dev/shm").unwrap().flatten();
        entries
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            .map(|entry| entry.path())
            .collect()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.bench.id(), name);
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Output {
        let status = wait_until("for the bench to end", || self.bench.try_wait().unwrap());
        // What it says fits into the pipes.
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let (mut out, mut err) = (self.bench.stdout.take(), self.bench.stderr.take());
        out.as_mut().unwrap().read_to_end(&mut stdout).unwrap();
        err.as_mut().unwrap().read_to_end(&mut stderr).unwrap();
        Output {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Run {
    /// A test that failed leaves nothing, either.
    fn drop(&mut self) {
        let _ = self.bench.kill();
        let _ = self.bench.wait();
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until none of them runs any more.
pub(crate) fn assert_gone(processes: &[u32]) {
    wait_until("for processes to end", || {
        processes.iter().all(|pid| !runs(*pid)).then_some(())
    });
}

/// A zombie does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z' && state != 'X')
}

/// Process ids, each with its parent's.
fn all_processes() -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
        Some((pid, parent))
    })
    .collect()
}
