//! How long it takes from `hackstream launch browser` until the person sees the first frame, and the page:
//! a hub, a node and Firefox as they are, cold, from the warm pool, and many at once.
//!
//! `cargo run --release -p hackstream-e2e --example launch_times -- [COLD [WARM [AT_ONCE]]]`, after
//! `cargo build --release --workspace --bins`. Needs root, as the node does. Prints milliseconds.
//!
//! The viewer that the command starts is this program again; it writes down when it saw what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on fails, and prints what it found"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hackstream_e2e::person::Person;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::wait_until;
use hackstream_view::headless::Viewer;
use rustix::process::Pid;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// Where the viewer writes what it saw.
const RECORD: &str = "LAUNCH_TIMES_RECORD";

/// Far more than any launch takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The page's colour, which nothing else on the screen has.
const PAGE: u32 = 0x0000_c000;

/// The size of the pool.
const POOL: u64 = 3;

const BROWSER: &str = "mkdir -p ~/profile && printf %s \"$PREFERENCES\" > ~/profile/user.js && \
    printf '<title>p</title><body style=\"background:#00c000\">' > ~/page.html && \
    exec firefox-esr --no-remote --new-instance --profile ~/profile \"file://$HOME/page.html\"";

fn main() {
    if let Some(record) = std::env::var_os(RECORD) {
        return view(Path::new(&record));
    }
    let count = |place, otherwise| {
        let word: Option<String> = std::env::args().nth(place);
        word.map_or(otherwise, |word| word.parse().expect("a number"))
    };
    let (cold, warm, at_once) = (count(1, 10), count(2, 30), count(3, 10));
    let preferences = include_str!("../../docs/demo/user.js");
    let command = ["sh", "-c", BROWSER, "browser"];
    let plane = Plane::with_node(&Node {
        command: &command,
        environment: &[("PREFERENCES", preferences)],
        takes_url: true,
        own_sandbox: true,
        max_sessions: 20,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let quota = [
        "quotas",
        "set",
        "role:admin",
        "--max-sessions",
        "20",
        "--memory",
        "600M",
    ];
    let user = [
        "quotas",
        "set",
        "role:user",
        "--max-sessions",
        "20",
        "--memory",
        "600M",
    ];
    for words in [quota, user] {
        let set = admin.control(&words, "");
        assert_eq!(set.code, Some(0), "{set:?}");
    }
    let times: Vec<Times> = (0..cold).map(|_| launches(&admin, &plane, 1)[0]).collect();
    print("cold", &times);
    let size = POOL.to_string();
    let set = ["pool", "set", "browser", "--min", &size, "--max", &size];
    let set = admin.control(&set, "");
    assert_eq!(set.code, Some(0), "{set:?}");
    let mut times = Vec::new();
    for _ in 0..warm {
        wait_for_pool(&admin, POOL);
        times.extend(launches(&admin, &plane, 1));
    }
    print("from the pool", &times);
    wait_for_pool(&admin, POOL);
    let times = launches(&admin, &plane, at_once);
    print(&format!("{at_once} at once, {POOL} warm"), &times);
    let paused = admin.control(&["pool", "pause", "browser"], "");
    assert_eq!(paused.code, Some(0), "{paused:?}");
    steps(&plane);
    memory("hub", plane.hub.pid());
    memory("node agent", plane.node().pid());
    plane.wait_until_no_session_is_left();
}

/// Milliseconds from the command's start.
#[derive(Clone, Copy, Debug)]
struct Times {
    frame: u64,
    page: u64,
}

/// So many launches at once; each one's session ends when it has shown its page.
fn launches(person: &Person, plane: &Plane, count: usize) -> Vec<Times> {
    let begun: Vec<(u64, PathBuf, Child)> = (0..count)
        .map(|number| {
            let record = plane.path(&format!("seen-{number}"));
            let _ = fs::remove_file(&record);
            let begun = now();
            (begun, record.clone(), launch(person, &record))
        })
        .collect();
    let ended = begun.into_iter().map(|(begun, record, mut child)| {
        let status = child.wait().expect("an end");
        let said = fs::read_to_string(said_of(&record)).unwrap_or_default();
        assert!(status.success(), "a launch failed: {status}: {said}");
        let seen = fs::read_to_string(&record).expect("what the viewer saw");
        let mut seen = seen
            .lines()
            .map(|line| line.parse::<u64>().unwrap() - begun);
        Times {
            frame: seen.next().unwrap(),
            page: seen.next().unwrap(),
        }
    });
    ended.collect()
}

fn launch(person: &Person, record: &Path) -> Child {
    let words = ["launch", "browser", "--stop-on-exit", "--", "--headless"];
    let mut command: Command = person.command("hackstream", &words);
    let this = std::env::current_exe().expect("this program");
    command
        .env("HACKSTREAM_VIEWER", this)
        .env(RECORD, record)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(said_of(record)).expect("a file"));
    command.spawn().expect("hackstream")
}

/// Where it stands what a launch said to its person.
fn said_of(record: &Path) -> PathBuf {
    record.with_extension("said")
}

/// The viewer: leaves once it has seen the page.
fn view(record: &Path) {
    let options = hackstream_view::config::from_command_line().expect("options");
    let viewer = Viewer::connect(options).expect("a session");
    assert!(viewer.wait_for(|picture| picture.is_complete(), PATIENCE));
    let frame = now();
    let is_page = |pixels: &[u32]| {
        let green = pixels.iter().filter(|&&pixel| pixel & 0x00ff_ffff == PAGE);
        green.count() > pixels.len() / 2
    };
    wait_until("the page", || {
        let (_, pixels) = viewer.canvas_snapshot();
        is_page(&pixels).then_some(())
    });
    let page = now();
    let _ = viewer.close();
    fs::write(record, format!("{frame}\n{page}\n")).expect("a record");
}

fn wait_for_pool(admin: &Person, ready: u64) {
    wait_until("the pool to be full", || {
        let listed = admin.control(&["pool", "list", "--json"], "");
        let pools: Value = serde_json::from_str(&listed.said).unwrap();
        (pools[0]["ready"] == ready).then_some(())
    });
}

fn print(what: &str, times: &[Times]) {
    if times.is_empty() {
        return;
    }
    let of = |which: fn(&Times) -> u64| {
        let mut sorted: Vec<u64> = times.iter().map(which).collect();
        sorted.sort_unstable();
        let at = |part: f64| sorted[((sorted.len() - 1) as f64 * part).round() as usize];
        format!("p50 {} p95 {} most {}", at(0.5), at(0.95), at(1.0))
    };
    println!(
        "{what} ({}): first frame {} ms; page {} ms",
        times.len(),
        of(|times| times.frame),
        of(|times| times.page)
    );
}

/// Of what starts were made, as the hub's metrics tell it.
fn steps(plane: &Plane) {
    let login = json!({ "username": "admin", "password": PASSWORD });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().expect("a token");
    let metrics = plane.ok("GET", "/v1/metrics", token, &Value::Null);
    let metrics = metrics.as_str().expect("a text");
    for path in ["cold", "pool"] {
        let mean = |phase: &str| {
            let of = |end| {
                let series = format!(
                    "hackstream_session_phase_seconds_{end}\
                     {{app=\"browser\",path=\"{path}\",phase=\"{phase}\"}} "
                );
                let mut lines = metrics.lines();
                let value = lines.find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok());
                value.unwrap_or(0.0)
            };
            format!("{phase} {:.0}", 1000.0 * of("sum") / of("count").max(1.0))
        };
        let phases = ["hub", "sandbox", "display", "viewer", "first_frame"].map(mean);
        println!("{path}, mean ms of each phase: {}", phases.join(", "));
    }
}

/// What a process takes, and took at most.
fn memory(what: &str, process: Pid) {
    let path = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = fs::read_to_string(path).expect("a process");
    let lines = status.lines();
    let told: Vec<&str> = lines
        .filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"))
        .collect();
    println!("{what}: {}", told.join(", ").replace('\t', " "));
}

/// Milliseconds on the clock that all processes share.
fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    (now.tv_sec * 1000 + now.tv_nsec / 1_000_000).unsigned_abs()
}
