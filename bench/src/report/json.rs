//! The results for programs: every sample, nothing rounded away.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Cell, Outcome, Report, losses, machine};
use crate::measure::{Findings, Summary, Usage};
use crate::network::{Flow, Traffic};

/// Raised whenever a field changes its meaning.
pub(crate) const FORMAT: u32 = 2;

/// All of a run.
pub(super) fn report(report: &Report) -> Value {
    let facts = &report.facts;
    let peers: Vec<Value> = facts
        .peers
        .iter()
        .map(|peer| {
            json!({
                "peer": peer.name,
                "version": peer.version,
                "server_pss_is_of": peer.memory,
                "remark": peer.remark,
            })
        })
        .collect();
    let links: Vec<Value> = facts
        .links
        .iter()
        .map(|link| json!({ "link": link.name, "figures": link.figures, "notes": link.notes }))
        .collect();
    json!({
        "format": FORMAT,
        "bench": env!("CARGO_PKG_VERSION"),
        "machine": machine::describe(),
        "peers": peers,
        "links": links,
        "seed": facts.seed,
        "screen": facts.size.to_string(),
        "runs": facts.runs,
        "seconds": facts.duration.as_secs(),
        "bytes_are": "on the link with all headers from Ethernet's upwards, pauses included",
        "cells_planned": facts.planned,
        "cells": report.cells.iter().map(cell).collect::<Vec<_>>(),
    })
}

fn cell(cell: &Cell) -> Value {
    let (peer, link, work) = (cell.peer.name(), cell.link.name(), cell.work.name());
    let (outcome, detail) = match &cell.outcome {
        Outcome::Measured(measured) => {
            let mut detail = findings(measured);
            detail["split"] = json!(cell.split);
            ("measured", detail)
        }
        Outcome::Failed(reason) => ("failed", json!(reason)),
        Outcome::Skipped(reason) => ("skipped", json!(reason)),
    };
    json!({ "peer": peer, "link": link, "work": work, "outcome": outcome, "detail": detail })
}

fn findings(findings: &Findings) -> Value {
    let cost = usage(findings.usage());
    match findings {
        Findings::Latency(figures) => json!({
            "latency_ms": summary(&figures.samples),
            "samples_ms": milliseconds_of(&figures.samples),
            "usage": cost,
        }),
        Findings::Film(figures) => json!({
            "frames_per_second": figures.rate(),
            "megabits_per_second": figures.megabits_per_second(),
            "frames_shown_by_stimulus": figures.shown,
            "ssim": figures.likeness.map(|likeness| likeness.ssim),
            "psnr_db": figures.likeness.map(|likeness| likeness.psnr_db),
            "age_ms": summary(&figures.ages()),
            "samples_ms": milliseconds_of(&figures.ages()),
            "seen_at_seconds": figures.frames.iter().map(|frame| frame.at.as_secs_f64()).collect::<Vec<_>>(),
            "usage": cost,
        }),
        Findings::Settling(figures) => json!({
            "actions": figures.actions,
            "exact_ms": summary(&figures.exact),
            "close_ms": summary(&figures.close),
            "whole_ms": summary(&figures.whole),
            "samples_ms": milliseconds_of(&figures.exact),
            "close_samples_ms": milliseconds_of(&figures.close),
            "whole_samples_ms": milliseconds_of(&figures.whole),
            "usage": cost,
        }),
        Findings::Idle(_) => json!({ "usage": cost }),
    }
}

fn summary(samples: &[Duration]) -> Value {
    Summary::of(samples).map_or(Value::Null, |summary| {
        json!({
            "p50": milliseconds(summary.p50),
            "p95": milliseconds(summary.p95),
            "p99": milliseconds(summary.p99),
            "max": milliseconds(summary.max),
        })
    })
}

fn usage(usage: &Usage) -> Value {
    let (down, up, both) = match usage.traffic {
        Traffic::Apart { down, up } => (Some(down), Some(up), None),
        Traffic::Together(flow) => (None, None, Some(flow)),
    };
    let bytes = |flow: Option<Flow>| flow.map(|flow| flow.bytes);
    let packets = |flow: Option<Flow>| flow.map(|flow| flow.packets);
    json!({
        "seconds": usage.elapsed.as_secs_f64(),
        "bytes_down": bytes(down),
        "bytes_up": bytes(up),
        "bytes_both_ways": bytes(both),
        "packets_down": packets(down),
        "packets_up": packets(up),
        "packets_both_ways": packets(both),
        "link_losses": usage.losses.as_ref().map(losses::value),
        "server_cpu_seconds": usage.processes.map(|used| used.server_cpu.as_secs_f64()),
        "viewer_cpu_seconds": usage.processes.map(|used| used.viewer_cpu.as_secs_f64()),
        "server_pss_bytes": usage.processes.and_then(|used| used.server_pss_bytes),
        "viewer_pss_bytes": usage.processes.and_then(|used| used.viewer_pss_bytes),
        "server_peak_bytes": usage.processes.and_then(|used| used.server_peak_bytes),
        "viewer_peak_bytes": usage.processes.and_then(|used| used.viewer_peak_bytes),
    })
}

fn milliseconds_of(samples: &[Duration]) -> Vec<f64> {
    samples.iter().copied().map(milliseconds).collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
