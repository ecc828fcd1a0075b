//! What was measured, for programs: every sample, nothing rounded away.

use std::time::Duration;

use serde_json::{Value, json};

use super::measure::Measured;
use super::outcome::{Figures, Outcome, verdict};

/// Raised whenever a field changes its meaning.
const FORMAT: u32 = 1;

pub(super) fn report(measured: &Measured) -> Value {
    let (bottleneck, sentence) = verdict(&measured.outcomes);
    let facts = measured.facts;
    let rtt = facts.and_then(|facts| facts.rtt_ms);
    json!({
        "format": FORMAT,
        "bench": env!("CARGO_PKG_VERSION"),
        "server": measured.server,
        "screen": facts.map(|facts| facts.size.to_string()),
        "is_complete": facts.is_some(),
        "display": measured.display,
        "bytes_are": "UDP payload as the viewer counts it",
        "least_rtt_ms": rtt.map(|[least, _]| least),
        "rtt_ms": rtt.map(|[_, now]| now),
        "viewer_pss_bytes": facts.and_then(|facts| facts.viewer_pss_bytes),
        "works": measured.outcomes.iter().map(work).collect::<Vec<_>>(),
        "bottleneck": bottleneck,
        "verdict": sentence,
    })
}

fn work(outcome: &Outcome) -> Value {
    let (cpu, elapsed) = outcome.cpu;
    let traffic = outcome.traffic;
    let mut value = json!({
        "work": outcome.work.name(),
        "seconds": elapsed.as_secs_f64(),
        "viewer_cpu_seconds": cpu.as_secs_f64(),
        "bytes_down": traffic.bytes_down,
        "bytes_up": traffic.bytes_up,
        "bytes_counted_seconds": traffic.seconds,
        "packets_sent": traffic.packets_sent,
        "packets_lost": traffic.packets_lost,
        "frames_overtaken": traffic.frames_overtaken,
        "split": outcome.split,
    });
    let summary = outcome.summary().map(|times| {
        json!({
            "p50": milliseconds(times.p50),
            "p95": milliseconds(times.p95),
            "p99": milliseconds(times.p99),
            "max": milliseconds(times.max),
        })
    });
    match &outcome.figures {
        Figures::Answers(samples) => {
            value["latency_ms"] = json!(summary);
            value["samples_ms"] = samples.iter().copied().map(milliseconds).collect();
        }
        Figures::Spacings(samples) => {
            value["spacing_ms"] = json!(summary);
            value["samples_ms"] = samples.iter().copied().map(milliseconds).collect();
            value["frames_per_second"] = json!(outcome.frame_rate());
            value["megabits_per_second"] = json!(outcome.megabits_per_second());
        }
    }
    value
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
