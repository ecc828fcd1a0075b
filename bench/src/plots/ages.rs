//! How old the frames of a film are when they are seen, over the time of the film.

use std::ops::Range;

use anyhow::Result;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::chart::ChartBuilder;
use plotters::coord::combinators::{BindKeyPoints, IntoLogRange};
use plotters::element::Circle;
use plotters::series::LineSeries;
use plotters::style::{Color, WHITE};

use super::canvas::{Area, Chart, draw_on_both, failed};
use super::head;
use super::style::{GRID, INK, LABEL_SIZE, color_of, logarithmic_points, text, tick};
use crate::results::{Detail, Results};

const DOT_RADIUS: u32 = 2;
/// Milliseconds; younger frames are drawn as this old.
const YOUNGEST: f64 = 0.1;

/// The frames of one peer.
struct Track {
    peer: String,
    rate: Option<f64>,
    /// (second, milliseconds).
    points: Vec<(f64, f64)>,
}

/// The frames of all peers.
pub(super) struct OverTime {
    link: String,
    work: String,
    tracks: Vec<Track>,
}

impl Track {
    fn entry(&self) -> head::Entry {
        let color = color_of(&self.peer);
        match self.rate {
            Some(rate) => (format!("{}, {rate:.1} frames/s", self.peer), color),
            None => (self.peer.clone(), color),
        }
    }
}

impl OverTime {
    pub(super) fn of(results: &Results, link: &str, work: &str) -> Self {
        let track = |(peer, detail): (&str, &Detail)| {
            let seen = detail.seen_at_seconds.iter().copied();
            // A logarithmic axis has no zero.
            let ages = detail.samples_ms.iter().map(|age| age.max(YOUNGEST));
            Track {
                peer: peer.to_owned(),
                rate: detail.frames_per_second,
                points: seen.zip(ages).collect(),
            }
        };
        Self {
            link: link.to_owned(),
            work: work.to_owned(),
            tracks: results.measured(link, work).map(track).collect(),
        }
    }

    /// Up to the last frame, and from the youngest to the oldest, with some room.
    fn ranges(&self) -> (Range<f64>, Range<f64>) {
        let points = || self.tracks.iter().flat_map(|track| &track.points);
        let last = points().map(|point| point.0).fold(0.1, f64::max);
        let oldest = points()
            .map(|point| point.1)
            .fold(YOUNGEST * 10.0, f64::max);
        let youngest = points().map(|point| point.1).fold(oldest, f64::min);
        (0.0..last, youngest * 0.8..oldest * 1.25)
    }

    fn draw<Medium: DrawingBackend>(&self, area: &Area<Medium>) -> Result<()> {
        let entries: Vec<head::Entry> = self.tracks.iter().map(Track::entry).collect();
        let body = head::draw(area, &self.title(), &entries)?;
        let (times, ages) = self.ranges();
        let points = logarithmic_points(&ages);
        let mut chart = ChartBuilder::on(&body)
            .margin(16)
            .margin_top(4)
            .x_label_area_size(48)
            .y_label_area_size(64)
            .build_cartesian_2d(times, ages.log_scale().with_key_points(points))
            .map_err(failed)?;
        chart
            .configure_mesh()
            .x_desc("time of the film, s")
            .y_desc("age of the frame when seen, ms (logarithmic)")
            .axis_desc_style(text(LABEL_SIZE))
            .label_style(text(LABEL_SIZE))
            .x_label_formatter(&|value| tick(*value))
            .y_label_formatter(&|value| tick(*value))
            .bold_line_style(GRID)
            .light_line_style(WHITE)
            .axis_style(INK)
            .draw()
            .map_err(failed)?;
        for Track { peer, points, .. } in &self.tracks {
            let color = color_of(peer);
            let line = LineSeries::new(points.iter().copied(), color.mix(0.4).stroke_width(1));
            chart.draw_series(line).map_err(failed)?;
            let dots = points
                .iter()
                .map(|&point| Circle::new(point, DOT_RADIUS, color.filled()));
            chart.draw_series(dots).map_err(failed)?;
        }
        Ok(())
    }
}

impl Chart for OverTime {
    fn name(&self) -> String {
        format!("age-{}-{}", self.link, self.work)
    }

    fn title(&self) -> String {
        format!("Age of frames over time: {}, {}", self.work, self.link)
    }

    draw_on_both!();
}
