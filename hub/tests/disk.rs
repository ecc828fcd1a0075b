//! A disk without room, and one that can only be read: the program says so, and nothing that it
//! acknowledged is lost. Needs root, for a file system of its own that nobody else sees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs::{self, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Running, SERVE, hackstreamd, log_in, new_folder};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Enough for the database and its log, which grows to some megabytes.
const SIZE: &str = "size=24m,mode=700";

/// Writes that may still find room on a full disk: less than one page is free.
const LUCKY: usize = 200;

/// Only keeps the test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Mounts the file system, says so, and keeps it until its input ends.
const HOLD: &str = "mount -t tmpfs -o \"$1\" tmpfs \"$0\" && echo mounted && exec cat";

/// A small file system, in a namespace that lives as long as the process that holds it.
struct Disk {
    holder: Child,
    point: TempDir,
}

impl Disk {
    /// One on which `root` has a hub that does not run.
    fn new() -> Self {
        let point = TempDir::new().unwrap();
        let mut unshare = Command::new("unshare");
        unshare.args(["--mount", "--propagation", "private", "sh", "-c", HOLD]);
        unshare.arg(point.path()).arg(SIZE);
        unshare.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut holder = unshare.spawn().unwrap();
        let mut line = String::new();
        let said = holder.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut line).unwrap();
        assert_eq!(line, "mounted\n", "this needs root");
        let disk = Self { holder, point };
        for file in fs::read_dir(new_folder().path()).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), disk.file(file.file_name())).unwrap();
        }
        disk
    }

    /// A file on it, as it is seen from outside.
    fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        let inside = self.point.path().strip_prefix("/").unwrap();
        root.join(inside).join(name)
    }

    /// A command that sees it.
    fn inside(&self, command: &Command) -> Command {
        let mut nsenter = Command::new("nsenter");
        nsenter.arg(format!("--mount=/proc/{}/ns/mnt", self.holder.id()));
        nsenter.arg(command.get_program()).args(command.get_args());
        let variables = command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        nsenter.envs(variables);
        nsenter
    }

    fn hackstreamd(&self, arguments: &[&str]) -> Command {
        self.inside(&hackstreamd(self.point.path(), arguments))
    }

    fn start(&self) -> Running {
        let log = TempDir::new().unwrap();
        let certificate = self.file("tls.crt.pem");
        Running::start_as(self.hackstreamd(SERVE), log, certificate)
    }

    /// Takes all the room that there is.
    fn fill(&self) {
        let filler = self.file("filler");
        let mut filler = OpenOptions::new()
            .create(true)
            .append(true)
            .open(filler)
            .unwrap();
        for piece in [1 << 20, 4096, 1] {
            while filler.write_all(&vec![b'x'; piece]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.file("filler")).unwrap();
    }

    fn remount(&self, how: &str) {
        let mut mount = Command::new("mount");
        mount.arg("-o").arg(format!("remount,{how}"));
        let done = self.inside(mount.arg(self.point.path())).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Somebody who adds applications, and keeps what they were told.
struct Writer {
    token: String,
    next: usize,
    acknowledged: Vec<String>,
    refused: Vec<String>,
}

impl Writer {
    fn new(hub: &Running) -> Self {
        Self {
            token: log_in(hub)["access_token"].as_str().unwrap().to_owned(),
            next: 0,
            acknowledged: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Adds one more; false if the hub could not.
    fn add(&mut self, hub: &Running) -> bool {
        let id = format!("app-{}", self.next);
        self.next += 1;
        let app = json!({ "id": id, "title": "An application", "roles": ["admin"] });
        let told = hub.tell("PUT", &format!("/v1/apps/{id}"), &self.token, &app);
        if told.status == 200 {
            self.acknowledged.push(id);
            return true;
        }
        assert_refused(&told);
        self.refused.push(id);
        false
    }

    /// Adds until the hub cannot any more.
    fn add_until_refused(&mut self, hub: &Running) {
        let added = (0..LUCKY).take_while(|_| self.add(hub)).count();
        assert!(added < LUCKY, "the disk is not full");
    }

    /// Everything that was acknowledged is there, and nothing that was refused.
    fn check(&self, hub: &Running) {
        let (status, list) = hub.ask("GET", "/v1/apps", &self.token, &Value::Null);
        assert_eq!(status, 200, "{list}");
        let list = list.as_array().unwrap();
        let is_there = |id: &&String| list.iter().any(|app| app["id"] == **id);
        let lost: Vec<_> = self
            .acknowledged
            .iter()
            .filter(|id| !is_there(id))
            .collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
        let kept: Vec<_> = self.refused.iter().filter(is_there).collect();
        assert!(kept.is_empty(), "refused and kept: {kept:?}");
        let (_, verdict) = hub.ask("GET", "/v1/audit/verify", &self.token, &Value::Null);
        assert_eq!(verdict["ok"], true, "{verdict}");
    }
}

fn assert_refused(told: &common::Told) {
    assert_eq!(told.status, 503, "{told:?}");
    assert_eq!(told.body["code"], "store_unavailable", "{told:?}");
    assert_eq!(told.retry_after, "5", "{told:?}");
}

/// Whether the hub says that it can write. It remembers for a moment.
fn wait_until_store_is(hub: &Running, good: bool) {
    let give_up = Instant::now() + PATIENCE;
    loop {
        let (status, health) = hub.ask("GET", "/health/ready", "", &Value::Null);
        // There is no node: it is never quite ready.
        assert_eq!(status, 503, "{health}");
        if health["store"] == good {
            return;
        }
        assert!(Instant::now() < give_up, "{health}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn verify(disk: &Disk) {
    let verified = disk.hackstreamd(&["audit", "verify"]).output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_full_disk_is_told_and_loses_nothing() {
    let disk = Disk::new();
    let hub = disk.start();
    let mut writer = Writer::new(&hub);
    assert!((0..5).all(|_| writer.add(&hub)));
    wait_until_store_is(&hub, true);

    disk.fill();
    writer.add_until_refused(&hub);
    wait_until_store_is(&hub, false);
    assert_eq!(hub.ask("GET", "/health/live", "", &Value::Null).0, 204);
    // Who only looks does not notice; who would have to be written down does.
    writer.check(&hub);
    let body = json!({ "username": "root", "password": common::PASSWORD });
    assert_refused(&hub.tell("POST", "/v1/login", "", &body));
    writer.add_until_refused(&hub);

    disk.free();
    assert!((0..5).all(|_| writer.add(&hub)));
    wait_until_store_is(&hub, true);
    log_in(&hub);
    writer.check(&hub);

    // And however it ends while there is no room.
    disk.fill();
    writer.add_until_refused(&hub);
    drop(hub);
    disk.free();
    verify(&disk);
    let hub = disk.start();
    writer.check(&hub);
    assert!(writer.add(&hub));
    assert!(writer.acknowledged.len() > 10);
}

#[test]
fn a_disk_that_can_only_be_read_keeps_the_hub_from_starting() {
    let disk = Disk::new();
    let mut writer = {
        let hub = disk.start();
        let mut writer = Writer::new(&hub);
        assert!(writer.add(&hub));
        hub.end();
        writer
    };
    disk.remount("ro");
    let mut serve = disk.hackstreamd(SERVE);
    let mut refused = serve
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut log = refused.stderr.take().unwrap();
    log.read_to_string(&mut said).unwrap();
    assert_eq!(refused.wait().unwrap().code(), Some(73), "{said}");
    assert!(said.contains("the store cannot be used"), "{said}");

    disk.remount("rw");
    let hub = disk.start();
    writer.check(&hub);
    assert!(writer.add(&hub));
    hub.end();
    verify(&disk);
}
