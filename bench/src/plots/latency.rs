//! How many answers came within a time: an empirical distribution for each peer.

use anyhow::Result;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::chart::ChartBuilder;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::series::LineSeries;
use plotters::style::WHITE;

use super::canvas::{Area, Chart, draw_on_both, failed};
use super::head;
use super::style::{GRID, INK, LABEL_SIZE, color_of, line_of, logarithmic_points, text, tick};
use crate::results::{Detail, Results};

/// The samples of each peer in ascending order.
pub(super) struct Distribution {
    link: String,
    work: String,
    times: Times,
    peers: Vec<(String, Vec<f64>)>,
}

/// Which times are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// From a key to the pixels it causes.
    KeyToPixel,
    /// From a key or the wheel until an application's picture is close, its own time included.
    KeyToClose,
}

impl Times {
    fn of(self, detail: &Detail) -> Vec<f64> {
        match self {
            Self::KeyToPixel => detail.sorted_ms(),
            Self::KeyToClose => detail.sorted_whole_ms(),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::KeyToPixel => "key to pixel",
            Self::KeyToClose => "key to close picture",
        }
    }
}

impl Distribution {
    pub(super) fn of(results: &Results, link: &str, work: &str, times: Times) -> Self {
        let sorted = |(peer, detail): (&str, &Detail)| (peer.to_owned(), times.of(detail));
        Self {
            link: link.to_owned(),
            work: work.to_owned(),
            times,
            peers: results.measured(link, work).map(sorted).collect(),
        }
    }

    /// Milliseconds from a little below the fastest sample to a little above the slowest.
    fn range(&self) -> std::ops::Range<f64> {
        let samples = || self.peers.iter().flat_map(|(_, sorted)| sorted);
        let lowest = samples().copied().fold(f64::INFINITY, f64::min);
        let highest = samples().copied().fold(0.0, f64::max);
        if highest <= 0.0 {
            return 0.1..1.0;
        }
        lowest.max(0.01) * 0.8..highest * 1.25
    }

    fn draw<Medium: DrawingBackend>(&self, area: &Area<Medium>) -> Result<()> {
        let entry = |(peer, _): &(String, Vec<f64>)| (peer.clone(), color_of(peer));
        let entries: Vec<head::Entry> = self.peers.iter().map(entry).collect();
        let body = head::draw(area, &self.title(), &entries)?;
        let range = self.range();
        let points = logarithmic_points(&range);
        let mut chart = ChartBuilder::on(&body)
            .margin(16)
            .margin_top(4)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d(range.log_scale().with_key_points(points), 0.0..100.0)
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc(format!("time from {}, ms (logarithmic)", self.times.name()))
            .y_desc("answers within that time, %")
            .axis_desc_style(text(LABEL_SIZE))
            .label_style(text(LABEL_SIZE))
            .x_label_formatter(&|value| tick(*value))
            .y_label_formatter(&|value| tick(*value))
            .bold_line_style(GRID)
            .light_line_style(WHITE)
            .axis_style(INK)
            .draw()
            .map_err(failed)?;
        for (peer, sorted) in &self.peers {
            chart
                .draw_series(LineSeries::new(steps(sorted), line_of(peer)))
                .map_err(failed)?;
        }
        Ok(())
    }
}

/// A staircase: at each sample it rises to the share of samples that are not larger.
fn steps(sorted: &[f64]) -> Vec<(f64, f64)> {
    let share = |count: usize| 100.0 * count as f64 / sorted.len() as f64;
    let stairs = sorted.iter().enumerate();
    stairs
        .flat_map(|(index, &value)| [(value, share(index)), (value, share(index + 1))])
        .collect()
}

impl Chart for Distribution {
    fn name(&self) -> String {
        format!("latency-{}-{}", self.link, self.work)
    }

    fn title(&self) -> String {
        let times = self.times.name();
        format!("Time from {times}: {}, {}", self.work, self.link)
    }

    draw_on_both!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_staircase_ends_at_all_samples() {
        let expected = [(1.0, 0.0), (1.0, 50.0), (3.0, 50.0), (3.0, 100.0)];
        assert_eq!(steps(&[1.0, 3.0]), expected);
        assert_eq!(steps(&[]), []);
    }
}
