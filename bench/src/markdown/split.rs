//! Where the time of HackStream's frames goes.

use crate::results::{CellResult, Results};
use crate::split::Split;

const HEAD: &str = "\
## Where the time goes

Mean milliseconds for each frame of HackStream, from the change of a pixel to the window, as its
viewer tells (`hackstream-view --stats-json`). *wait* is from the first change until its pixels were
read, because the congestion window was full or the server busy; *queue* is the time on the way
beyond the quickest frame, so it holds what a frame's size takes on a thin link; *network* is half of
the least round trip; *answer* is from sending a key until a frame made after it was presented. The
verdict names the largest part if it is worth 16 ms.

";

/// A row for each cell that tells; `None` if none does.
pub(super) fn section(results: &Results) -> Option<String> {
    let cells = results.cells.iter();
    let told: Vec<(&CellResult, &Split)> = cells
        .filter_map(|cell| Some((cell, cell.detail()?.split.as_ref()?)))
        .collect();
    let (_, first) = told.first()?;
    let headings = first.stages().map(|(heading, _)| heading).join(" | ");
    let mut text = format!(
        "{HEAD}| link | work | frames | {headings} | answer | verdict |\n|---|---|--:|{}--:|---|\n",
        "--:|".repeat(first.stages().len())
    );
    for (cell, split) in told {
        text.push_str(&row(cell, split));
    }
    Some(text)
}

fn row(cell: &CellResult, split: &Split) -> String {
    let stages = split.stages().map(|(_, time)| format!("{time:.2}"));
    let answer = split.input_to_frame_ms;
    format!(
        "| {} | {} | {} | {} | {} | {} |\n",
        cell.link,
        cell.work,
        split.frames,
        stages.join(" | "),
        answer.map_or_else(String::new, |time| format!("{time:.1}")),
        split.verdict
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::SAMPLE;
    use crate::split::tests::line;

    #[test]
    fn cells_that_tell_have_a_row_with_all_columns() {
        let mut results = Results::parse(SAMPLE).unwrap();
        assert_eq!(section(&results), None, "nobody told");
        let split = Split::of(&[line(1.0, 7, 2.5, "null")]);
        let text = serde_json::to_string(&split).unwrap();
        let usage = r#""usage": {"seconds": 1.0, "bytes_down": 1, "bytes_up": 1}"#;
        let cell = format!(
            r#"{{"peer": "hackstream", "link": "lan", "work": "key", "outcome": "measured",
            "detail": {{"samples_ms": [1.0], "split": {text}, {usage}}}}}"#
        );
        results.cells.push(serde_json::from_str(&cell).unwrap());
        let text = section(&results).unwrap();
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 3, "{text}");
        let columns = |row: &str| row.matches('|').count();
        assert!(
            rows.iter().all(|row| columns(row) == columns(rows[0])),
            "{text}"
        );
        assert!(rows[2].starts_with("| lan | key | 7 | 0.00 | "), "{text}");
        assert!(
            rows[2].contains(" | 2.50 | 0.00 | 0.00 |  | it is 2.5 |"),
            "{text}"
        );
    }
}
