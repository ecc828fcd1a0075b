//! Columns that line up.

/// The rows below their head, each column as wide as its widest cell. Texts of others are made harmless.
#[must_use]
pub fn render<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| super::out::harmless(cell)))
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut lines = vec![line(&head.map(str::to_owned), &widths)];
    lines.extend(rows.iter().map(|row| line(row, &widths)));
    lines.join("\n")
}

fn line<const N: usize>(cells: &[String; N], widths: &[usize; N]) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"));
    let line = padded.collect::<Vec<_>>().join("  ");
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            ["ann".to_owned(), "admin".to_owned()],
            ["bö".to_owned(), "user\x1b[2J".to_owned()],
        ];
        assert_eq!(
            render(["NAME", "ROLE"], &rows),
            "NAME  ROLE\nann   admin\nbö    user\u{fffd}[2J"
        );
    }
}
