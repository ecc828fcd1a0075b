//! The results for people.

use std::time::Duration;

use super::{Cell, Outcome, Report};
use crate::measure::{FilmFigures, Findings, LatencyFigures, Summary, Usage};
use crate::peers::PeerName;
use crate::units::bytes_text;

/// The peer that others are compared with.
const REFERENCE: PeerName = PeerName::TigerVnc;
const HEADINGS: [&str; 10] = [
    "link",
    "work",
    "peer",
    "p50 / p95 / p99 / max ms",
    "fps",
    "down",
    "up",
    "CPU srv / view",
    "PSS (peak) srv / view",
    "vs tigervnc",
];

/// One line about a cell, while the run goes on.
pub(super) fn brief(findings: &Findings) -> String {
    let [times, rate, down, up, ..] = figures(findings);
    let parts = [times, rate, down, up]
        .into_iter()
        .filter(|part| part != "-");
    parts.collect::<Vec<_>>().join("  ")
}

pub(super) fn render(report: &Report) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    let mut notes = Vec::new();
    for cell in &report.cells {
        match &cell.outcome {
            Outcome::Measured(findings) => rows.push(row(cell, findings, &report.cells)),
            Outcome::Failed(reason) => notes.push(note(cell, "failed", reason)),
            Outcome::Skipped(reason) => notes.push(note(cell, "skipped", reason)),
        }
    }
    let mut text = align(&rows);
    text.push_str(
        "Times are from key to pixel (video: age of a frame). Bytes and CPU are per action \
         (video: per second;\nidle: in all) with all headers; CPU of a server includes its X server. \
         Peak: largest resident set, shared pages in full.\nvs: time, bytes; below 1 is better.\n",
    );
    notes.into_iter().for_each(|line| text.push_str(&line));
    text
}

fn note(cell: &Cell, what: &str, reason: &str) -> String {
    let (link, work, peer) = (cell.link.name(), cell.work.name(), cell.peer.name());
    format!("{what}: {link} {work} {peer}: {reason}\n")
}

fn row(cell: &Cell, findings: &Findings, all: &[Cell]) -> [String; 10] {
    let [times, rate, down, up, cpu, memory] = figures(findings);
    let reference = all.iter().find(|other| {
        other.peer == REFERENCE && other.link == cell.link && other.work == cell.work
    });
    let ratio = match reference.and_then(Cell::findings) {
        Some(reference) if cell.peer != REFERENCE => ratios(findings, reference),
        _ => "-".to_owned(),
    };
    let [link, work, peer] =
        [cell.link.name(), cell.work.name(), cell.peer.name()].map(str::to_owned);
    [link, work, peer, times, rate, down, up, cpu, memory, ratio]
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
        Findings::Idle(_) => {
            let (down, up, cpu) = costs(usage, 1.0);
            let down = format!("{down} in {} packets", usage.traffic.packets_down);
            ["-".to_owned(), "-".to_owned(), down, up, cpu, memory]
        }
    }
}

fn frame_rate(film: &FilmFigures) -> String {
    let shown = film.shown as f64 / film.usage.elapsed.as_secs_f64().max(1e-9);
    format!("{:.1} of {shown:.1}", film.rate())
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
    let cpu = format!("{} ms", cpu.join(" / "));
    (
        share(usage.traffic.bytes_down),
        share(usage.traffic.bytes_up),
        cpu,
    )
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
    format!(
        "{} / {} ({} / {}) MiB",
        part(used.server_pss_bytes),
        part(used.viewer_pss_bytes),
        part(used.server_peak_bytes),
        part(used.viewer_peak_bytes)
    )
}

fn ratios(findings: &Findings, reference: &Findings) -> String {
    let time = |findings: &Findings| match findings {
        Findings::Latency(figures) => Summary::of(&figures.samples).map(|summary| summary.p50),
        Findings::Film(figures) => Summary::of(&figures.ages()).map(|summary| summary.p50),
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
            Findings::Film(_) | Findings::Idle(_) => usage.elapsed.as_secs_f64(),
        };
        usage
            .processes
            .map(|_| usage.traffic.bytes_down as f64 / parts)
    };
    let (time, bytes) = (
        ratio(seconds(findings), seconds(reference)),
        ratio(bytes(findings), bytes(reference)),
    );
    format!("{time}, {bytes}")
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}

/// Columns as wide as their widest entry.
pub(crate) fn align<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [["a", "bb"], ["ccc", "×"]].map(|row| row.map(str::to_owned));
        assert_eq!(align(&rows), "a    bb\nccc  ×\n");
    }
}
