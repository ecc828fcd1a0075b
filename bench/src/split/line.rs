//! One line of `hackstream-view --stats-json`.

use std::time::Duration;

use serde::Deserialize;

use crate::clock::Instant;
use crate::process::Said;

/// What the viewer tells about a period. Bytes are UDP payload; every byte and frame is in exactly
/// one line.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct StatsLine {
    pub(crate) seconds: f64,
    pub(crate) screen_width: u32,
    pub(crate) screen_height: u32,
    pub(crate) frames: u64,
    pub(crate) frames_overtaken: u64,
    pub(crate) udp_bytes_received: u64,
    pub(crate) udp_bytes_sent: u64,
    pub(crate) packets_sent: u64,
    pub(crate) packets_lost: u64,
    pub(crate) rtt_ms: f64,
    pub(crate) least_rtt_ms: f64,
    pub(crate) network_ms: f64,
    pub(crate) capture_wait_ms: Option<Times>,
    pub(crate) encode_ms: Option<Times>,
    pub(crate) queue_ms: Option<Times>,
    pub(crate) decode_wait_ms: Option<Times>,
    pub(crate) order_wait_ms: Option<Times>,
    pub(crate) decode_ms: Option<Times>,
    pub(crate) present_wait_ms: Option<Times>,
    pub(crate) present_ms: Option<Times>,
    pub(crate) input_to_frame_ms: Option<Times>,
    pub(crate) bottleneck: Option<String>,
    pub(crate) verdict: String,
}

/// Times of one stage in a period.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Times {
    pub(crate) count: u64,
    pub(crate) mean: f64,
}

/// A line and the period that it is about.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
    pub(crate) line: StatsLine,
}

impl Told {
    /// What a viewer said, if it is such a line. It is printed at the end of its period.
    pub(crate) fn of(said: &Said) -> Option<Self> {
        let line: StatsLine = serde_json::from_str(&said.text).ok()?;
        let period = Duration::try_from_secs_f64(line.seconds).ok()?;
        Some(Self {
            from: said.at.before(period),
            to: said.at,
            line,
        })
    }
}
