//! The results for people.

use std::time::Duration;

use super::{Cell, Outcome, Report, layout, losses};
use crate::measure::{
    FilmFigures, Findings, LatencyFigures, SettlingFigures, Summary, Usage, Work,
};
use crate::network::{Link, Traffic};
use crate::peers::PeerName;
use crate::units::bytes_text;
use layout::NOTHING;

/// The peer that others are compared with.
const REFERENCE: PeerName = PeerName::TigerVnc;
const HEADINGS: [&str; 8] = [
    "peer",
    "p50 / p95 / p99 / max ms",
    "fps / exact",
    "down",
    "up",
    "CPU ms",
    "PSS MiB",
    "vs tigervnc",
];
const LEGEND: &str = "\
Times run from key to pixel; of films they are ages of frames; of applications they run
from the last change to the exact picture (close: mean difference below 1 of 255). Bytes,
with all headers, and CPU are per action (films: per second; idle: in all). CPU and PSS
are of server / viewer; a server's CPU contains its X server's. vs tigervnc: time
(applications: from the key to the close picture), bytes; below 1 is better.
";

const LINK_LEGEND: &str = "\
Of packets: dropped by a full queue, lost on the way; the longest wait in the queue.
";

/// One line about a cell, while the run goes on.
pub(super) fn brief(findings: &Findings) -> String {
    let [times, rate, down, up, ..] = figures(findings);
    let parts = [times, rate, down, up]
        .into_iter()
        .filter(|part| part != "-");
    parts.collect::<Vec<_>>().join("  ")
}

/// A block for each link and work, then what has no figures.
pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    let mut done: Vec<(Link, Work)> = Vec::new();
    for cell in report.cells.iter().filter(|cell| cell.findings().is_some()) {
        if !done.contains(&(cell.link, cell.work)) {
            done.push((cell.link, cell.work));
            text.push_str(&group(cell.link, cell.work, &report.cells));
        }
    }
    text.push_str(if done.is_empty() {
        "Nothing was measured.\n"
    } else {
        LEGEND
    });
    if report.cells.iter().any(has_losses) {
        text.push_str(LINK_LEGEND);
    }
    let gaps = report.cells.iter().filter_map(gap);
    gaps.for_each(|line| text.push_str(&line));
    text
}

fn has_losses(cell: &Cell) -> bool {
    cell.findings()
        .is_some_and(|findings| findings.usage().losses.is_some())
}

fn group(link: Link, work: Work, all: &[Cell]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let mut notes = String::new();
    for cell in all
        .iter()
        .filter(|cell| (cell.link, cell.work) == (link, work))
    {
        let Some(findings) = cell.findings() else {
            continue;
        };
        rows.push(row(cell, findings, all));
        if let Some(losses) = &findings.usage().losses {
            notes.push_str(&format!(
                "    {}: {}\n",
                cell.peer.name(),
                losses::text(losses)
            ));
        }
    }
    let title = format!("{}, {}", link.name(), work.name());
    layout::block(&title, &rows) + &notes + "\n"
}

fn gap(cell: &Cell) -> Option<String> {
    let (what, reason) = match &cell.outcome {
        Outcome::Measured(_) => return None,
        Outcome::Failed(reason) => ("failed", reason),
        Outcome::Skipped(reason) => ("skipped", reason),
    };
    let (link, work, peer) = (cell.link.name(), cell.work.name(), cell.peer.name());
    let line = format!("{what}: {link}, {work}, {peer}: {reason}");
    Some(layout::wrapped(&line, "    ") + "\n")
}

fn row(cell: &Cell, findings: &Findings, all: &[Cell]) -> [String; 8] {
    let [times, rate, down, up, cpu, memory] = figures(findings);
    let reference = all.iter().find(|other| {
        other.peer == REFERENCE && other.link == cell.link && other.work == cell.work
    });
    let ratio = match reference.and_then(Cell::findings) {
        Some(reference) if cell.peer != REFERENCE => ratios(findings, reference),
        _ => "-".to_owned(),
    };
    let peer = cell.peer.name().to_owned();
    [peer, times, rate, down, up, cpu, memory, ratio]
}

/// Times, frames per second, bytes down, bytes up, CPU, memory.
fn figures(findings: &Findings) -> [String; 6] {
    let usage = findings.usage();
    let memory = memory(usage);
    match findings {
        Findings::Latency(LatencyFigures { samples, .. }) => {
            let (down, up, cpu) = costs(usage, samples.len() as f64);
            [times(samples), "-".to_owned(), down, up, cpu, memory]
        }
        Findings::Film(film) => {
            let (down, up, cpu) = costs(usage, usage.elapsed.as_secs_f64());
            let down = match down.as_str() {
                "-" => down,
                _ => format!("{:.1} Mbit/s", film.megabits_per_second()),
            };
            [times(&film.ages()), frame_rate(film), down, up, cpu, memory]
        }
        Findings::Settling(figures) => {
            let (down, up, cpu) = costs(usage, figures.actions as f64);
            [
                times(&figures.exact),
                exactness(figures),
                down,
                up,
                cpu,
                memory,
            ]
        }
        Findings::Idle(_) => {
            let (down, up, cpu) = costs(usage, 1.0);
            let down = format!("{down}, packets: {}", usage.traffic.to_viewer().packets);
            ["-".to_owned(), "-".to_owned(), down, up, cpu, memory]
        }
    }
}

fn frame_rate(film: &FilmFigures) -> String {
    let shown = film.shown as f64 / film.usage.elapsed.as_secs_f64().max(1e-9);
    let likeness = film.likeness.map_or_else(String::new, |likeness| {
        format!(", SSIM {:.3}", likeness.ssim)
    });
    format!("{:.1} of {shown:.1}{likeness}", film.rate())
}

/// How often the picture became exact, and how soon it is close.
fn exactness(figures: &SettlingFigures) -> String {
    let close = Summary::of(&figures.close).map_or_else(
        || "never close".to_owned(),
        |close| format!("close {} ms", milliseconds(close.p50)),
    );
    format!("{} of {}, {close}", figures.exact.len(), figures.actions)
}

fn times(samples: &[Duration]) -> String {
    Summary::of(samples).map_or_else(
        || "-".to_owned(),
        |summary| {
            [summary.p50, summary.p95, summary.p99, summary.max]
                .map(milliseconds)
                .join(" / ")
        },
    )
}

/// Bytes down, bytes up and CPU, divided by `parts`.
fn costs(usage: &Usage, parts: f64) -> (String, String, String) {
    let Some(used) = usage.processes else {
        return ("-".to_owned(), "-".to_owned(), "-".to_owned());
    };
    let share = |bytes: u64| bytes_text(bytes as f64 / parts);
    let cpu = [used.server_cpu, used.viewer_cpu]
        .map(|time| format!("{:.1}", time.as_secs_f64() * 1000.0 / parts));
    let cpu = cpu.join(" / ");
    match usage.traffic {
        Traffic::Apart { down, up } => (share(down.bytes), share(up.bytes), cpu),
        Traffic::Together(flow) => (share(flow.bytes), "(in it)".to_owned(), cpu),
    }
}

fn memory(usage: &Usage) -> String {
    let Some(used) = usage.processes else {
        return "-".to_owned();
    };
    let part = |bytes: Option<u64>| {
        bytes.map_or_else(
            || "?".to_owned(),
            |bytes| format!("{:.1}", bytes as f64 / 1048576.0),
        )
    };
    let parts = [used.server_pss_bytes, used.viewer_pss_bytes].map(part);
    parts.join(" / ")
}

fn ratios(findings: &Findings, reference: &Findings) -> String {
    let time = |findings: &Findings| match findings {
        Findings::Latency(figures) => Summary::of(&figures.samples).map(|summary| summary.p50),
        Findings::Film(figures) => Summary::of(&figures.ages()).map(|summary| summary.p50),
        Findings::Settling(figures) => Summary::of(&figures.whole).map(|summary| summary.p50),
        Findings::Idle(_) => None,
    };
    let ratio = |ours: Option<f64>, theirs: Option<f64>| match ours.zip(theirs) {
        Some((ours, theirs)) if theirs > 0.0 => format!("{:.2}×", ours / theirs),
        _ => "-".to_owned(),
    };
    let seconds = |findings: &Findings| time(findings).map(|time| time.as_secs_f64());
    // Per action or second: a cell may have run longer than its reference.
    let bytes = |findings: &Findings| {
        let usage = findings.usage();
        let parts = match findings {
            Findings::Latency(figures) => figures.samples.len() as f64,
            Findings::Settling(figures) => figures.actions as f64,
            Findings::Film(_) | Findings::Idle(_) => usage.elapsed.as_secs_f64(),
        };
        usage
            .processes
            .map(|_| usage.traffic.to_viewer().bytes as f64 / parts)
    };
    let (time, bytes) = (
        ratio(seconds(findings), seconds(reference)),
        ratio(bytes(findings), bytes(reference)),
    );
    match (time.as_str(), bytes.as_str()) {
        (NOTHING, NOTHING) => time,
        _ => format!("{time}, {bytes}"),
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}
