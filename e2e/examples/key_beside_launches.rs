//! How long a key takes from the viewer to the changed picture in a session whose neighbours start:
//! while the machine rests, and while ten browsers are launched at once, three of them from the pool.
//!
//! `cargo run --release -p hackstream-e2e --example key_beside_launches -- [LAUNCHES [KEYS]]`, after
//! `cargo build --release --workspace --bins`. Needs root, as the node does. Prints milliseconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on fails, and prints what it found"
)]

use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_e2e::person::Person;
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::typing::{spread, type_while};
use hackstream_e2e::wait_until;
use hackstream_view::headless::Viewer;
use rustix::process::{Pid, setpriority_process};
use serde_json::{Value, json};

/// The size of the pool.
const POOL: u64 = 3;

/// When the last session is ready its browser still loads.
const LOADING: Duration = Duration::from_secs(10);

/// Where this is what to open, it is a terminal.
const TERMINAL: &str = "http://terminal.invalid/";

/// The page is there before Firefox, so that all of the start is its own.
const BROWSER: &str = "case \"$1\" in *terminal*) exec xterm ;; esac; \
    mkdir -p ~/profile && printf %s \"$PREFERENCES\" > ~/profile/user.js && \
    printf '<title>p</title><body style=\"background:#00c000\">' > ~/page.html && \
    exec firefox-esr --no-remote --new-instance --profile ~/profile \"file://$HOME/page.html\"";

fn main() {
    let count = |place, otherwise| {
        let word: Option<String> = std::env::args().nth(place);
        word.map_or(otherwise, |word| word.parse().expect("a number"))
    };
    let (launches, keys) = (count(1, 10), count(2, 200));
    let plane = Plane::with_node(&Node {
        command: &["sh", "-c", BROWSER, "browser"],
        environment: &[("PREFERENCES", include_str!("../../docs/demo/user.js"))],
        takes_url: true,
        own_sandbox: true,
        max_sessions: 20,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let most = ["--max-sessions", "20", "--memory", "600M"];
    control(
        &admin,
        &[&["quotas", "set", "role:admin"][..], &most[..]].concat(),
    );
    let viewer = terminal(&plane);
    let size = POOL.to_string();
    control(
        &admin,
        &["pool", "set", "browser", "--min", &size, "--max", &size],
    );
    wait_for_pool(&admin);
    // The last of them still loads.
    thread::sleep(Duration::from_secs(10));
    println!(
        "the neighbours rest {}",
        spread(type_while(&viewer, |typed| typed < keys))
    );
    let begun = Instant::now();
    let mut starting: Vec<Child> = (0..launches).map(|_| launch(&admin)).collect();
    let mut ready = None;
    let times = type_while(&viewer, |_| {
        starting.retain_mut(is_running);
        let ready = starting
            .is_empty()
            .then(|| ready.get_or_insert_with(Instant::now));
        ready.is_none_or(|since| since.elapsed() < LOADING)
    });
    let took = ready.expect("an end").duration_since(begun).as_secs_f64();
    println!(
        "{launches} neighbours start, ready in {took:.1} s {}",
        spread(times)
    );
    let _ = viewer.close();
    control(&admin, &["pool", "pause", "browser"]);
}

fn control(admin: &Person, words: &[&str]) {
    let went = admin.control(words, "");
    assert_eq!(went.code, Some(0), "{went:?}");
}

/// Somebody at a terminal, at another machine: whose work it is to show it does not count here.
fn terminal(plane: &Plane) -> Viewer {
    let token = plane.log_in();
    let wish = json!({ "app": "browser", "url": TERMINAL });
    let launched = plane.ok("POST", "/v1/sessions", &token, &wish);
    let session = launched["session_id"].as_str().unwrap();
    plane.session(session, "claimed", &token);
    setpriority_process(None, -20).expect("root");
    let viewer = Invitation::ask(plane, session, &token).follow(None);
    // The terminal's shell, and its first words.
    thread::sleep(Duration::from_secs(2));
    viewer
}

fn wait_for_pool(admin: &Person) {
    wait_until("the pool to be full", || {
        let listed = admin.control(&["pool", "list", "--json"], "");
        let pools: Value = serde_json::from_str(&listed.said).unwrap();
        (pools[0]["ready"] == POOL).then_some(())
    });
}

/// A launch of somebody who waits until it is ready. They too are at other machines.
fn launch(person: &Person) -> Child {
    let mut command = person.command("hackstream", &["launch", "browser", "--detach"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command.spawn().expect("hackstream");
    setpriority_process(Some(Pid::from_child(&child)), 19).expect("a process");
    child
}

fn is_running(launch: &mut Child) -> bool {
    match launch.try_wait().expect("a child") {
        None => true,
        Some(status) => {
            assert!(status.success(), "a launch failed: {status}");
            false
        }
    }
}
