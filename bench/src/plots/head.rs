//! Title and legend above a chart, where they cover no data.

use anyhow::Result;
use plotters::backend::DrawingBackend;
use plotters::element::{Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::canvas::{Area, failed};
use super::style::{LABEL_SIZE, TITLE_SIZE, text};

/// Pixels of all of it.
const HEIGHT: u32 = 78;
const TITLE_MIDDLE: i32 = 26;
const LEGEND_MIDDLE: i32 = 60;
/// Of a colour's sample.
const SAMPLE: (i32, i32) = (22, 10);
/// Between a sample and its word, and between entries.
const GAPS: (i32, i32) = (8, 28);

/// A word of the legend and its colour.
pub(super) type Entry = (String, RGBColor);

/// Draws both and returns what is left of the area.
pub(super) fn draw<Medium: DrawingBackend>(
    area: &Area<Medium>,
    title: &str,
    entries: &[Entry],
) -> Result<Area<Medium>> {
    let (head, body) = area.split_vertically(HEIGHT);
    let middle = head.dim_in_pixel().0 as i32 / 2;
    let centered = text(TITLE_SIZE).pos(Pos::new(HPos::Center, VPos::Center));
    head.draw(&Text::new(
        title.to_owned(),
        (middle, TITLE_MIDDLE),
        centered,
    ))
    .map_err(failed)?;
    let style = text(LABEL_SIZE).pos(Pos::new(HPos::Left, VPos::Center));
    let widths = entries
        .iter()
        .map(|(word, _)| Ok(head.estimate_text_size(word, &style).map_err(failed)?.0 as i32))
        .collect::<Result<Vec<i32>>>()?;
    let whole: i32 = widths
        .iter()
        .map(|width| SAMPLE.0 + GAPS.0 + width + GAPS.1)
        .sum();
    let mut x = middle - (whole - GAPS.1) / 2;
    for ((word, color), width) in entries.iter().zip(widths) {
        let y = LEGEND_MIDDLE;
        let corners = [(x, y - SAMPLE.1 / 2), (x + SAMPLE.0, y + SAMPLE.1 / 2)];
        head.draw(&Rectangle::new(corners, color.filled()))
            .map_err(failed)?;
        x += SAMPLE.0 + GAPS.0;
        head.draw(&Text::new(word.clone(), (x, y), style.clone()))
            .map_err(failed)?;
        x += width + GAPS.1;
    }
    Ok(body)
}
