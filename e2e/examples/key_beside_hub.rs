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
use std::time::{Duration, Instant};

use hackstream_e2e::keyboard::press;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::{PATIENCE, wait_until};
use hackstream_protocol::wire::input::KeyCode;
use hackstream_ticket::ClientKey;
use hackstream_view::config::{Options, Ticket, Token, TrustPolicy};
use hackstream_view::headless::Viewer;
use rustix::process::{Signal, setpriority_process};
use serde_json::{Value, json};

/// Between two keys: the one before has long been seen.
const PAUSE: Duration = Duration::from_millis(50);

/// Who try to log in at the same time.
const CROWD: usize = 8;

/// `KEY_A`.
const KEY: KeyCode = KeyCode(30);

fn main() {
    let keys = std::env::args().nth(1);
    let keys = keys.map_or(100, |keys| keys.parse().expect("a number"));
    let mut plane = Plane::with_node(&Node::default());
    let viewer = viewer(&plane);
    // The terminal's shell, and its first words.
    thread::sleep(Duration::from_secs(2));
    print("the hub rests", type_keys(&viewer, keys));
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
        let flooded = type_keys(&viewer, keys);
        stop.store(true, Ordering::Relaxed);
        flooded
    });
    let asked = asked.into_inner();
    print(&format!("beside {asked} tries to log in"), flooded);
    plane.hub.signal(Signal::KILL);
    let _ = plane.hub.wait();
    print("the hub is gone", type_keys(&viewer, keys));
    let _ = viewer.close();
}

/// A session of xterm, as the hub sends somebody there.
fn viewer(plane: &Plane) -> Viewer {
    let login = json!({ "username": "admin", "password": PASSWORD });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().unwrap();
    let launched = plane.ok("POST", "/v1/sessions", token, &json!({ "app": "browser" }));
    let path = format!("/v1/sessions/{}", launched["session_id"].as_str().unwrap());
    wait_until("the session", || {
        let session = plane.ok("GET", &path, token, &Value::Null);
        (session["state"] == "claimed").then_some(())
    });
    let key = ClientKey::from_seed(&[9; 32]).unwrap();
    let wish = json!({ "client_key": key.public().hash().to_string() });
    let goal = plane.ok("POST", &format!("{path}/connect"), token, &wish);
    let text = |name: &str| goal[name].as_str().unwrap().to_owned();
    let address = format!("{}:{}", text("host"), goal["port"]);
    let fingerprint = format!("sha256:{}", text("server_spki"));
    let trust = TrustPolicy::Pinned(fingerprint.parse().unwrap());
    let options = Options {
        ticket: Some(Ticket::new(text("token"), key)),
        ..Options::headless(address.parse().unwrap(), Token::default(), trust)
    };
    let viewer = Viewer::connect(options).unwrap();
    assert!(viewer.wait_for(|picture| picture.is_complete(), PATIENCE));
    viewer
}

/// From each key to the next picture.
fn type_keys(viewer: &Viewer, keys: usize) -> Vec<Duration> {
    let times = (0..keys).map(|_| {
        let before = viewer.frames_applied();
        let begun = Instant::now();
        press(viewer, KEY);
        let seen = viewer.wait_for(|picture| picture.frames_applied() > before, PATIENCE);
        assert!(seen, "a key was not answered");
        let took = begun.elapsed();
        thread::sleep(PAUSE);
        took
    });
    times.collect()
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    let millis = |part| at(part).as_secs_f64() * 1000.0;
    println!(
        "{what} ({}): p50 {:.1} p95 {:.1} most {:.1} ms",
        times.len(),
        millis(0.5),
        millis(0.95),
        millis(1.0)
    );
}
