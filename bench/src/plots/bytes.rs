//! Bytes from server to viewer: a group of bars for each work, a bar for each peer.

use anyhow::Result;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::chart::ChartBuilder;
use plotters::coord::combinators::IntoLogRange;
use plotters::element::{Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor, WHITE};

use super::canvas::{Area, Chart, draw_on_both, failed};
use super::head;
use super::style::{GRID, INK, LABEL_SIZE, color_of, text};
use crate::results::{Kind, Results};
use crate::units::bytes_text;

/// Of a group's width; the rest is the gap to the next.
const FILLED: f64 = 0.8;
/// Of a bar's place; the rest tells it from its neighbour.
const BAR: f64 = 0.94;
const VALUE_SIZE: u32 = 11;

/// A work's name with its unit, and bytes of each peer.
type Group = (String, Vec<(String, f64)>);

/// One bar; a group is 1 wide.
struct Shape {
    left: f64,
    right: f64,
    value: f64,
    color: RGBColor,
}

/// All works of a link.
pub(super) struct Bars {
    link: String,
    groups: Vec<Group>,
    peers: Vec<String>,
}

impl Bars {
    /// `None` when nothing on that link was measured in bytes.
    pub(super) fn of(results: &Results, link: &str) -> Option<Self> {
        let mut groups = Vec::new();
        for (kind, unit) in [
            (Kind::Actions, "per key"),
            (Kind::Settling, "per action"),
            (Kind::Film, "per second"),
            (Kind::Idle, "per second"),
        ] {
            for work in results.works(link, kind) {
                let bars: Vec<(String, f64)> = results
                    .measured(link, work)
                    .filter_map(|(peer, detail)| Some((peer.to_owned(), detail.bytes_down()?)))
                    .collect();
                if !bars.is_empty() {
                    groups.push((format!("{work}\n{unit}"), bars));
                }
            }
        }
        let mut peers: Vec<String> = Vec::new();
        for (peer, _) in groups.iter().flat_map(|(_, bars)| bars) {
            if !peers.contains(peer) {
                peers.push(peer.clone());
            }
        }
        let link = link.to_owned();
        (!groups.is_empty()).then_some(Self {
            link,
            groups,
            peers,
        })
    }

    /// Whole decades around all values, so that the gridlines are round numbers.
    fn range(&self) -> std::ops::Range<f64> {
        let values = || {
            self.groups
                .iter()
                .flat_map(|(_, bars)| bars)
                .map(|bar| bar.1.max(1.0))
        };
        let lowest = values().fold(f64::INFINITY, f64::min);
        let highest = values().fold(10.0, f64::max);
        10f64.powf(lowest.log10().floor())..10f64.powf((highest * 2.0).log10().ceil())
    }

    fn draw<Medium: DrawingBackend>(&self, area: &Area<Medium>) -> Result<()> {
        let range = self.range();
        let floor = range.start;
        let groups = self.groups.len();
        let entry = |peer: &String| (peer.clone(), color_of(peer));
        let entries: Vec<head::Entry> = self.peers.iter().map(entry).collect();
        let body = head::draw(area, &self.title(), &entries)?;
        let mut chart = ChartBuilder::on(&body)
            .margin(16)
            .margin_top(4)
            .x_label_area_size(48)
            .y_label_area_size(84)
            .build_cartesian_2d(0.0..groups as f64, range.log_scale())
            .map_err(failed)?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(0)
            .y_desc("bytes to the viewer (logarithmic)")
            .axis_desc_style(text(LABEL_SIZE))
            .label_style(text(LABEL_SIZE))
            .y_label_formatter(&|value| bytes_text(*value))
            .bold_line_style(GRID)
            .light_line_style(WHITE)
            .axis_style(INK)
            .draw()
            .map_err(failed)?;
        let shapes = self.shapes();
        let rectangles = shapes.iter().map(|bar| {
            let corners = [(bar.left, floor), (bar.right, bar.value)];
            Rectangle::new(corners, bar.color.filled())
        });
        chart.draw_series(rectangles).map_err(failed)?;
        let above = text(VALUE_SIZE).pos(Pos::new(HPos::Center, VPos::Bottom));
        let values = shapes.iter().map(|bar| {
            let top = ((bar.left + bar.right) / 2.0, bar.value);
            Text::new(bytes_text(bar.value), top, above.clone())
        });
        chart.draw_series(values).map_err(failed)?;
        self.name_groups(area, |group| {
            chart.backend_coord(&(group as f64 + 0.5, floor))
        })
    }

    /// Group by group; a peer has the same place in each, also where others have no bar.
    fn shapes(&self) -> Vec<Shape> {
        let width = FILLED / self.peers.len() as f64;
        let mut shapes = Vec::new();
        for (group, (_, bars)) in self.groups.iter().enumerate() {
            let start = group as f64 + (1.0 - FILLED) / 2.0;
            for (peer, value) in bars {
                let place = self.peers.iter().position(|other| other == peer);
                let left = start + place.unwrap_or(0) as f64 * width;
                shapes.push(Shape {
                    left,
                    right: left + width * BAR,
                    // A logarithmic axis has no zero.
                    value: value.max(1.0),
                    color: color_of(peer),
                });
            }
        }
        shapes
    }

    /// Below the axis, in two lines each.
    fn name_groups<Medium: DrawingBackend>(
        &self,
        area: &Area<Medium>,
        place: impl Fn(usize) -> (i32, i32),
    ) -> Result<()> {
        let style = text(LABEL_SIZE).pos(Pos::new(HPos::Center, VPos::Top));
        for (group, (name, _)) in self.groups.iter().enumerate() {
            let (x, y) = place(group);
            for (row, line) in (0..).zip(name.lines()) {
                let y = y + 8 + row * (LABEL_SIZE as i32 + 2);
                area.draw(&Text::new(line.to_owned(), (x, y), style.clone()))
                    .map_err(failed)?;
            }
        }
        Ok(())
    }
}

impl Chart for Bars {
    fn name(&self) -> String {
        format!("bytes-{}", self.link)
    }

    fn title(&self) -> String {
        format!(
            "Bytes from server to viewer, with all headers: {}",
            self.link
        )
    }

    draw_on_both!();
}
