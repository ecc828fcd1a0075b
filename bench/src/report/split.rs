//! Where the time of HackStream's frames went, for people at the terminal.

use super::Report;
use super::layout::{NOTHING, block};
use crate::split::Split;

const EXPLANATION: &str = "\
Mean ms per frame (present: per presentation), as the viewer tells; wait: from the first change \
until its\npixels were read; queue: beyond the quickest frame; network: half of the least round \
trip; answer: from\nsending a key until a frame made after it was presented.\n";

/// A table of the cells that tell; empty if none does.
pub(super) fn render(report: &Report) -> String {
    let told = report.cells.iter().filter_map(|cell| {
        let label = format!("{}, {}", cell.link.name(), cell.work.name());
        Some((label, cell.split.as_ref()?))
    });
    table(&told.collect::<Vec<_>>())
}

/// A table with a label for each row; empty without rows.
pub(crate) fn table(rows: &[(String, &Split)]) -> String {
    let Some((_, first)) = rows.first() else {
        return String::new();
    };
    let [a, b, c, d, e, f, g, h] = first.stages().map(|(heading, _)| heading);
    let headings = [
        "work", "frames", a, b, c, d, e, f, g, h, "answer", "verdict",
    ];
    let mut lines = vec![headings.map(str::to_owned)];
    lines.extend(rows.iter().map(|(label, split)| row(label, split)));
    format!("\n{}{EXPLANATION}", block("Where the time goes", &lines))
}

fn row(label: &str, split: &Split) -> [String; 12] {
    let [a, b, c, d, e, f, g, h] = split.stages().map(|(_, time)| format!("{time:.2}"));
    let answer = split.input_to_frame_ms;
    let answer = answer.map_or_else(|| NOTHING.to_owned(), |time| format!("{time:.1}"));
    let (frames, verdict) = (split.frames.to_string(), split.verdict.clone());
    [
        label.to_owned(),
        frames,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        answer,
        verdict,
    ]
}
