//! Text that fits a terminal: aligned columns, wrapped lines.

/// What stands for a figure that there is not.
pub(super) const NOTHING: &str = "-";
const INDENT: &str = "  ";
/// Of wrapped lines, in characters.
const WIDTH: usize = 88;

/// A title and [`columns`].
pub(super) fn block<const COLUMNS: usize>(title: &str, rows: &[[String; COLUMNS]]) -> String {
    format!("{title}\n{}", columns(rows))
}

/// Aligned rows, of which the first are headings. Columns without figures are left out.
pub(crate) fn columns<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let has_figures = |column: &usize| rows.iter().skip(1).any(|row| row[*column] != NOTHING);
    let columns: Vec<usize> = (0..COLUMNS).filter(has_figures).collect();
    let width = |column: usize| {
        let lengths = rows.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let mut text = String::new();
    for row in rows {
        let cells = columns.iter().map(|column| {
            let (cell, width) = (&row[*column], width(*column));
            format!("{cell:<width$}")
        });
        let line = cells.collect::<Vec<_>>().join(INDENT);
        text.push_str(&format!("{INDENT}{}\n", line.trim_end()));
    }
    text
}

/// The words in lines of some 90 characters; `indent` goes before all but the first.
pub(crate) fn wrapped(words: &str, indent: &str) -> String {
    let (mut text, mut length) = (String::new(), 0);
    for word in words.split_whitespace() {
        let added = word.chars().count() + 1;
        if length > 0 && length + added > WIDTH {
            text.push('\n');
            text.push_str(indent);
            length = indent.chars().count();
        } else if length > 0 {
            text.push(' ');
        }
        text.push_str(word);
        length += added;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let rows = [["a", "fps", "bb"], ["ccc", "-", "×"]].map(|row| row.map(str::to_owned));
        assert_eq!(block("t", &rows), "t\n  a    bb\n  ccc  ×\n");
    }

    #[test]
    fn long_lines_are_wrapped_between_words() {
        let text = wrapped(&"word ".repeat(40), "  ");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        assert!(lines[1].starts_with("  word") && !lines[0].ends_with(' '));
        assert_eq!(wrapped("short", "  "), "short");
    }
}
