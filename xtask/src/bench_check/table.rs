//! The comparison, for a person.

use super::verdict::{Comparison, Row, Verdict, change};

/// Prints a line for each case, and what to know about all of them.
pub(super) fn show(comparison: &Comparison) {
    let width = comparison.rows.iter().map(|row| row.case.len()).max();
    let width = width.unwrap_or(0);
    eprintln!(
        "{:width$} {:>13} {:>13} {:>7} {:>9} {:>7}",
        "case", "baseline", "now", "change", "bytes", "change"
    );
    for row in &comparison.rows {
        eprintln!("{}", line(row, width));
    }
    if !comparison.differences.is_empty() {
        eprintln!(
            "The baseline was made with other tools, so counts may move: {}.",
            comparison.differences.join("; ")
        );
    }
    eprintln!(
        "Numbers are instructions; up to {} % more or less is not taken for a change.",
        comparison.tolerance
    );
}

fn line(row: &Row, width: usize) -> String {
    let Row {
        case,
        before,
        now,
        verdict,
    } = row;
    let instructions = |cost: &Option<super::baseline::Cost>| {
        cost.map_or_else(String::new, |cost| grouped(cost.instructions))
    };
    let bytes = now.filter(|cost| cost.bytes > 0);
    let bytes = bytes.map_or_else(String::new, |cost| grouped(cost.bytes));
    let (in_instructions, in_bytes) = match (before, now) {
        (Some(before), Some(now)) => (
            percent(change(before.instructions, now.instructions)),
            percent(change(before.bytes, now.bytes)),
        ),
        _ => (String::new(), String::new()),
    };
    let line = format!(
        "{case:width$} {:>13} {:>13} {in_instructions:>7} {bytes:>9} {in_bytes:>7}{}",
        instructions(before),
        instructions(now),
        remark(*verdict)
    );
    line.trim_end().to_owned()
}

const fn remark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Alike => "",
        Verdict::Worse => "  WORSE",
        Verdict::Better => "  better",
        Verdict::New => "  NEW",
        Verdict::Gone => "  GONE",
    }
}

/// Nothing where there is nothing to see.
fn percent(change: f64) -> String {
    if change.abs() < 0.05 {
        String::new()
    } else {
        format!("{change:+.1}%")
    }
}

/// The number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_check::baseline::Cost;

    #[test]
    fn digits_are_grouped() {
        let grouped_of = [0, 999, 1000, 1_234_567].map(grouped);
        assert_eq!(grouped_of, ["0", "999", "1 000", "1 234 567"]);
    }

    #[test]
    fn a_line_says_what_changed() {
        let cost = |instructions, bytes| {
            Some(Cost {
                instructions,
                bytes,
            })
        };
        let row = |before, now, verdict| Row {
            case: "a".to_owned(),
            before,
            now,
            verdict,
        };
        let words = |row: &Row| -> Vec<String> {
            line(row, 3).split_whitespace().map(str::to_owned).collect()
        };
        let worse = row(cost(100, 10), cost(110, 10), Verdict::Worse);
        assert_eq!(words(&worse), ["a", "100", "110", "+10.0%", "10", "WORSE"]);
        let gone = row(cost(100, 0), None, Verdict::Gone);
        assert_eq!(words(&gone), ["a", "100", "GONE"]);
    }
}
