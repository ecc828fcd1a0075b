//! Pictures of results, each as SVG and as PNG.

mod ages;
mod bytes;
mod canvas;
mod font;
mod head;
mod latency;
mod style;

use std::path::Path;

use anyhow::{Context, Result};

use crate::results::{Kind, Results};
use canvas::Chart;
use latency::{Distribution, Times};

/// A picture that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plot {
    /// The file's name without `.svg` or `.png`.
    pub(crate) name: String,
    /// What it shows, for a person.
    pub(crate) caption: String,
}

/// Draws all that the results allow into a folder, made when missing.
///
/// # Errors
/// When no font is installed, or a file cannot be written.
pub(crate) fn draw(results: &Results, folder: &Path) -> Result<Vec<Plot>> {
    font::register()?;
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create {}", folder.display()))?;
    let mut plots = Vec::new();
    for chart in charts(results) {
        chart.write(folder)?;
        plots.push(Plot {
            name: chart.name(),
            caption: chart.title(),
        });
    }
    Ok(plots)
}

fn charts(results: &Results) -> Vec<Box<dyn Chart>> {
    let mut charts: Vec<Box<dyn Chart>> = Vec::new();
    for link in results.links.iter().map(|link| link.name.as_str()) {
        for work in results.works(link, Kind::Actions) {
            let times = Times::KeyToPixel;
            charts.push(Box::new(Distribution::of(results, link, work, times)));
        }
        for work in results.works(link, Kind::Settling) {
            let times = Times::KeyToClose;
            charts.push(Box::new(Distribution::of(results, link, work, times)));
        }
        for work in results.works(link, Kind::Film) {
            charts.push(Box::new(ages::OverTime::of(results, link, work)));
        }
        if let Some(bars) = bytes::Bars::of(results, link) {
            charts.push(Box::new(bars));
        }
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::SAMPLE;

    #[test]
    fn every_work_has_its_picture() {
        let results = Results::parse(SAMPLE).unwrap();
        let names: Vec<String> = charts(&results).iter().map(|chart| chart.name()).collect();
        let expected = [
            "latency-lan-key",
            "latency-lan-scroll",
            "age-lan-video",
            "bytes-lan",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn pictures_are_written_in_both_formats() {
        let results = Results::parse(SAMPLE).unwrap();
        let folder = std::env::temp_dir().join(format!("hackstream-plots-{}", std::process::id()));
        let plots = draw(&results, &folder).unwrap();
        for plot in &plots {
            let svg = std::fs::read_to_string(folder.join(&plot.name).with_extension("svg"));
            let svg = svg.unwrap();
            assert!(
                svg.contains("hackstream") && svg.contains("tigervnc"),
                "{}",
                plot.name
            );
            let png = std::fs::read(folder.join(&plot.name).with_extension("png")).unwrap();
            assert!(png.starts_with(b"\x89PNG"), "{}", plot.name);
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
