//! All figures of a link.

use crate::results::{Detail, Kind, LinkFacts, Results};
use crate::units::bytes_text;

const HEADINGS: &str = "\
| work | peer | p50 ms | p95 | p99 | max | frames/s | SSIM, PSNR dB | down | up | CPU ms server, viewer | PSS MiB server, viewer | peak MiB server, viewer |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";
const APPLICATION_HEADINGS: &str = "\
Real applications; times from the last change, but for the last of them:

| work | peer | exact | exact p50 ms | p95 | close p50 ms | p95 | key to close p50 ms | down | up | CPU ms server, viewer | PSS MiB server, viewer |
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
    let kinds = [Kind::Actions, Kind::Film, Kind::Idle];
    let rows = rows(results, name, &kinds, row);
    if !rows.is_empty() {
        text.push_str(HEADINGS);
        text.push_str(&rows);
    }
    let applications = self::rows(results, name, &[Kind::Settling], application_row);
    if !applications.is_empty() {
        text.push_str(if rows.is_empty() { "" } else { "\n" });
        text.push_str(APPLICATION_HEADINGS);
        text.push_str(&applications);
    }
    text
}

/// The rows of all works of these kinds.
fn rows(
    results: &Results,
    link: &str,
    kinds: &[Kind],
    row: fn(&str, &str, &Detail) -> String,
) -> String {
    let works = kinds.iter().flat_map(|kind| results.works(link, *kind));
    let of_work = |work| {
        let measured = results.measured(link, work);
        measured
            .map(move |(peer, detail)| row(work, peer, detail))
            .collect::<String>()
    };
    works.map(of_work).collect()
}

fn application_row(work: &str, peer: &str, detail: &Detail) -> String {
    let reached = format!(
        "{} of {}",
        detail.samples_ms.len(),
        detail.actions.unwrap_or(0)
    );
    let times = [
        detail.percentile_ms(50),
        detail.percentile_ms(95),
        detail.close_ms(50),
        detail.close_ms(95),
        detail.whole_ms(50),
    ];
    let columns = [
        work.to_owned(),
        peer.to_owned(),
        reached,
        times.map(one).join(" | "),
        bytes(detail),
        two(detail.cpu_ms(), 1),
        two(detail.pss_mib(), 1),
    ];
    format!("| {} |\n", columns.join(" | "))
}

fn row(work: &str, peer: &str, detail: &Detail) -> String {
    let times = [50, 95, 99, 100].map(|percent| one(detail.percentile_ms(percent)));
    let columns = [
        work.to_owned(),
        peer.to_owned(),
        times.join(" | "),
        frames(detail),
        likeness(detail),
        bytes(detail),
        two(detail.cpu_ms(), 2),
        two(detail.pss_mib(), 1),
        two(detail.peak_mib(), 1),
    ];
    format!("| {} |\n", columns.join(" | "))
}

/// Two columns: down and up.
fn bytes(detail: &Detail) -> String {
    let columns = match detail.bytes_both_ways() {
        Some(bytes) => [format!("{} both ways", bytes_text(bytes)), String::new()],
        None => [detail.bytes_down(), detail.bytes_up()]
            .map(|bytes| bytes.map_or_else(String::new, bytes_text)),
    };
    columns.join(" | ")
}

fn frames(detail: &Detail) -> String {
    let rates = detail
        .frames_per_second
        .zip(detail.frames_shown_per_second());
    rates.map_or_else(String::new, |(seen, shown)| {
        format!("{seen:.1} of {shown:.1}")
    })
}

fn likeness(detail: &Detail) -> String {
    let values = detail.ssim.zip(detail.psnr_db);
    values.map_or_else(String::new, |(ssim, psnr)| format!("{ssim:.3}, {psnr:.1}"))
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
