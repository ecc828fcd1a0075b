//! How long a key takes from the viewer to the changed picture: while the hub rests, while it is flooded
//! with log-ins, and after it was killed.
//!
//! `cargo run --release -p hackstream-e2e --example key_beside_hub -- [KEYS]`, after `cargo build --release
//! --workspace --bins`. Needs root, as the node does. Prints milliseconds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on fails, and prints what it found"
)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, Plane};
use hackstream_e2e::typing::{spread, type_while};
use hackstream_view::headless::Viewer;
use rustix::process::{Signal, setpriority_process};
use serde_json::json;

/// Who try to log in at the same time.
const CROWD: usize = 8;

fn main() {
    let keys = std::env::args().nth(1);
    let keys = keys.map_or(100, |keys| keys.parse().expect("a number"));
    let mut plane = Plane::with_node(&Node::default());
    let viewer = viewer(&plane);
    // The terminal's shell, and its first words.
    thread::sleep(Duration::from_secs(2));
    print("the hub rests", type_while(&viewer, |typed| typed < keys));
    let (stop, asked) = (AtomicBool::new(false), AtomicU64::new(0));
    let flooded = thread::scope(|scope| {
        for _ in 0..CROWD {
            scope.spawn(|| {
                // They stand for other machines: whose work this is must not count here.
                setpriority_process(None, 19).unwrap();
                let wrong = json!({ "username": "admin", "password": "wrong wrong wrong" });
                while !stop.load(Ordering::Relaxed) {
                    let _ = plane.ask("POST", "/v1/login", "", &wrong);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let flooded = type_while(&viewer, |typed| typed < keys);
        stop.store(true, Ordering::Relaxed);
        flooded
    });
    let asked = asked.into_inner();
    print(&format!("beside {asked} tries to log in"), flooded);
    plane.hub.signal(Signal::KILL);
    let _ = plane.hub.wait();
    print("the hub is gone", type_while(&viewer, |typed| typed < keys));
    let _ = viewer.close();
}

/// A session of xterm, as the hub sends somebody there.
fn viewer(plane: &Plane) -> Viewer {
    let token = plane.log_in();
    let launched = plane.ok("POST", "/v1/sessions", &token, &json!({ "app": "browser" }));
    let session = launched["session_id"].as_str().unwrap();
    plane.session(session, "claimed", &token);
    Invitation::ask(plane, session, &token).follow(None)
}

fn print(what: &str, times: Vec<Duration>) {
    println!("{what} {}", spread(times));
}
