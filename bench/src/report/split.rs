//! Where the time of HackStream's frames went, for people at the terminal.

use super::table::align;
use super::{Cell, Report};
use crate::split::Split;

const EXPLANATION: &str = "\
Mean ms per frame (present: per presentation), as the viewer tells; wait: from the first change \
until its\npixels were read; queue: beyond the quickest frame; network: half of the least round \
trip. answer: from\nsending a key until a frame made after it was presented.\n";

/// A table of the cells that tell; empty if none does.
pub(super) fn render(report: &Report) -> String {
    let cells = report.cells.iter();
    let told: Vec<(&Cell, &Split)> = cells
        .filter_map(|cell| Some((cell, cell.split.as_ref()?)))
        .collect();
    let Some((_, first)) = told.first() else {
        return String::new();
    };
    let [a, b, c, d, e, f, g, h] = first.stages().map(|(heading, _)| heading);
    let headings = [
        "link", "work", "frames", a, b, c, d, e, f, g, h, "answer", "verdict",
    ];
    let mut rows = vec![headings.map(str::to_owned)];
    rows.extend(told.into_iter().map(|(cell, split)| row(cell, split)));
    format!("\nWhere the time goes\n{}{EXPLANATION}", align(&rows))
}

fn row(cell: &Cell, split: &Split) -> [String; 13] {
    let [a, b, c, d, e, f, g, h] = split.stages().map(|(_, time)| format!("{time:.2}"));
    let answer = split.input_to_frame_ms;
    [
        cell.link.name().to_owned(),
        cell.work.name().to_owned(),
        split.frames.to_string(),
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        answer.map_or_else(|| "-".to_owned(), |time| format!("{time:.1}")),
        split.verdict.clone(),
    ]
}
