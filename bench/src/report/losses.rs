//! What an emulated link did to packets, for people and for programs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::network::{Losses, OneWayLosses};

/// One line.
pub(super) fn text(losses: &Losses) -> String {
    let way = |name: &str, way: &OneWayLosses| {
        format!(
            "{name} {} of {} packets dropped by the queue, {} lost, {:.0} ms in the queue at most",
            way.dropped,
            way.packets,
            way.lost,
            milliseconds(way.longest_wait)
        )
    };
    let (down, up) = (way("down", &losses.down), way("up", &losses.up));
    format!("{down}; {up}")
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
