//! All figures of a link.

use crate::results::{Detail, Kind, LinkFacts, Results};
use crate::units::bytes_text;

const HEADINGS: &str = "\
| work | peer | p50 ms | p95 | p99 | max | frames/s | down | up | CPU ms server, viewer | PSS MiB server, viewer | peak MiB server, viewer |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// A row for each work and peer that has figures.
pub(super) fn section(results: &Results, link: &LinkFacts) -> String {
    let name = &link.name;
    let mut text = format!("## Link `{name}`\n\n");
    if let Some(figures) = &link.figures {
        text.push_str(&format!("{figures}.\n\n"));
    }
    if !link.notes.is_empty() {
        let notes = link.notes.iter().map(|note| format!("* {note}\n"));
        text.push_str(&format!("{}\n", notes.collect::<String>()));
    }
    text.push_str(HEADINGS);
    for kind in [Kind::Actions, Kind::Film, Kind::Idle] {
        for work in results.works(name, kind) {
            for (peer, detail) in results.measured(name, work) {
                text.push_str(&row(work, peer, detail));
            }
        }
    }
    text
}

fn row(work: &str, peer: &str, detail: &Detail) -> String {
    let times = [50, 95, 99, 100].map(|percent| one(detail.percentile_ms(percent)));
    let bytes = match detail.bytes_both_ways() {
        Some(bytes) => [format!("{} both ways", bytes_text(bytes)), String::new()],
        None => [detail.bytes_down(), detail.bytes_up()]
            .map(|bytes| bytes.map_or_else(String::new, bytes_text)),
    };
    let columns = [
        work.to_owned(),
        peer.to_owned(),
        times.join(" | "),
        frames(detail),
        bytes.join(" | "),
        two(detail.cpu_ms(), 2),
        two(detail.pss_mib(), 1),
        two(detail.peak_mib(), 1),
    ];
    format!("| {} |\n", columns.join(" | "))
}

fn frames(detail: &Detail) -> String {
    let rates = detail
        .frames_per_second
        .zip(detail.frames_shown_per_second());
    rates.map_or_else(String::new, |(seen, shown)| {
        format!("{seen:.1} of {shown:.1}")
    })
}

fn one(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.1}"))
}

fn two(values: Option<[f64; 2]>, digits: usize) -> String {
    values.map_or_else(String::new, |values| {
        values.map(|value| format!("{value:.digits$}")).join(", ")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::SAMPLE;

    #[test]
    fn every_row_has_all_columns() {
        let results = Results::parse(SAMPLE).unwrap();
        let text = section(&results, &results.links[0]);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        // Three peers with three works, two that idle, and the head.
        assert_eq!(rows.len(), 3 * 3 + 2 + 2, "{text}");
        let columns = |row: &str| row.matches('|').count();
        assert!(
            rows.iter().all(|row| columns(row) == columns(rows[0])),
            "{text}"
        );
    }
}
