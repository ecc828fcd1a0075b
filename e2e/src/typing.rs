//! How long keys take from a viewer to the changed picture.

use std::thread;
use std::time::{Duration, Instant};

use hackstream_protocol::wire::input::KeyCode;
use hackstream_view::headless::Viewer;

use crate::PATIENCE;
use crate::keyboard::press;

/// Between two keys: the one before has long been seen.
const PAUSE: Duration = Duration::from_millis(50);

/// `KEY_A`.
const KEY: KeyCode = KeyCode(30);

/// Types at a terminal as long as `go_on` says, told how many keys it were: from each key to the next
/// picture.
///
/// # Panics
/// If a key is not answered.
pub fn type_while(viewer: &Viewer, mut go_on: impl FnMut(usize) -> bool) -> Vec<Duration> {
    let mut times = Vec::new();
    while go_on(times.len()) {
        let before = viewer.frames_applied();
        let begun = Instant::now();
        press(viewer, KEY);
        let seen = viewer.wait_for(|picture| picture.frames_applied() > before, PATIENCE);
        assert!(seen, "a key was not answered");
        times.push(begun.elapsed());
        thread::sleep(PAUSE);
    }
    times
}

/// How the times are spread, in milliseconds, for a person.
///
/// # Panics
/// If there are none.
#[must_use]
pub fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    let millis = |part| at(part).as_secs_f64() * 1000.0;
    format!(
        "({}): p50 {:.1} p95 {:.1} most {:.1} ms",
        times.len(),
        millis(0.5),
        millis(0.95),
        millis(1.0)
    )
}
