//! What an emulated link did to packets, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::network::{Losses, OneWayLosses};

/// One line: dropped by the queue, lost on the way, the longest wait in the queue.
pub(super) fn text(losses: &Losses) -> String {
    let way = |name: &str, way: &OneWayLosses| {
        format!(
            "{name} {}: {} dropped, {} lost, queue {:.0} ms",
            way.packets,
            way.dropped,
            way.lost,
            milliseconds(way.longest_wait)
        )
    };
    let (down, up) = (way("down", &losses.down), way("up", &losses.up));
    format!("packets {down}; {up}")
}

pub(super) fn value(losses: &Losses) -> Value {
    let way = |way: &OneWayLosses| {
        json!({
            "packets": way.packets,
            "dropped_by_queue": way.dropped,
            "lost_on_the_way": way.lost,
            "longest_queue_wait_ms": milliseconds(way.longest_wait),
        })
    };
    json!({ "down": way(&losses.down), "up": way(&losses.up) })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
