//! A session's report in the text format of Prometheus, version 0.0.4.
//!
//! Labels have fixed or numeric values only, so nothing has to be escaped, and viewers that come and
//! go do not leave series behind but for their number.

use std::fmt::Write;

use super::report::{Histogram, SessionReport, ViewerReport};
use super::tally::ENCODING_BOUNDS;

/// What the answer is called in HTTP.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The kind of a metric.
#[derive(Clone, Copy)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// All metrics.
pub(super) fn of(report: &SessionReport) -> String {
    let mut page = Page(String::new());
    page.head("hackstream_info", Kind::Gauge, "The server's version.");
    let version = format!("version=\"{}\"", report.version);
    page.sample("hackstream_info", &version, 1.0);
    session(&mut page, report);
    page.histogram(
        "hackstream_frame_encode_seconds",
        "Time to read and encode a frame.",
        &report.encoding,
    );
    viewers(&mut page, &report.viewers);
    page.0
}

fn session(page: &mut Page, report: &SessionReport) {
    use Kind::{Counter, Gauge};
    let pss = report.pss_bytes.map(|bytes| bytes as f64);
    let rows: [(&str, Kind, Option<f64>, &str); 10] = [
        (
            "hackstream_uptime_seconds",
            Gauge,
            Some(report.uptime_seconds),
            "Time since the session was started.",
        ),
        (
            "hackstream_idle_seconds",
            Gauge,
            Some(report.idle_seconds),
            "Time since a person did something, or since the start.",
        ),
        (
            "hackstream_last_input_seconds",
            Gauge,
            report.last_input_seconds,
            "Time since a person did something; absent if nobody ever did.",
        ),
        (
            "hackstream_memory_pss_bytes",
            Gauge,
            pss,
            "Memory of the server's process.",
        ),
        (
            "hackstream_viewers_max",
            Gauge,
            Some(report.max_viewers as f64),
            "Most viewers at a time.",
        ),
        (
            "hackstream_viewers_joined_total",
            Counter,
            Some(report.viewers_joined as f64),
            "Visits of viewers.",
        ),
        (
            "hackstream_sent_bytes_total",
            Counter,
            Some(report.sent_bytes as f64),
            "UDP payload sent to viewers.",
        ),
        (
            "hackstream_received_bytes_total",
            Counter,
            Some(report.received_bytes as f64),
            "UDP payload received from viewers.",
        ),
        (
            "hackstream_frames_total",
            Counter,
            Some(report.frames as f64),
            "Frames sent.",
        ),
        (
            "hackstream_frame_bytes_total",
            Counter,
            Some(report.frame_bytes as f64),
            "Bytes of the frames sent.",
        ),
    ];
    for (name, kind, value, help) in rows {
        if let Some(value) = value {
            page.head(name, kind, help);
            page.sample(name, "", value);
        }
    }
}

fn viewers(page: &mut Page, viewers: &[ViewerReport]) {
    let name = "hackstream_viewers";
    page.head(
        name,
        Kind::Gauge,
        "Viewers that are there, by what they can do.",
    );
    for standing in ["view-only", "watching", "in control", "in control alone"] {
        let there = viewers.iter().filter(|v| v.standing == standing).count();
        page.sample(name, &format!("standing=\"{standing}\""), there as f64);
    }
    let seconds = |ms: f64| ms / 1e3;
    page.of_each(
        viewers,
        ("hackstream_viewer_rtt_seconds", Kind::Gauge),
        "Round-trip time to a viewer.",
        |viewer| seconds(viewer.rtt_ms),
    );
    page.of_each(
        viewers,
        ("hackstream_viewer_sent_bytes_total", Kind::Counter),
        "UDP payload sent to a viewer.",
        |viewer| viewer.sent_bytes as f64,
    );
    page.of_each(
        viewers,
        ("hackstream_viewer_frames_total", Kind::Counter),
        "Frames sent to a viewer.",
        |viewer| viewer.frames as f64,
    );
    page.of_each(
        viewers,
        ("hackstream_viewer_sent_packets_total", Kind::Counter),
        "Packets sent to a viewer.",
        |viewer| viewer.sent_packets as f64,
    );
    page.of_each(
        viewers,
        ("hackstream_viewer_lost_packets_total", Kind::Counter),
        "Packets to a viewer that were found to be lost.",
        |viewer| viewer.lost_packets as f64,
    );
}

/// The text as it grows. Writing to a string cannot fail.
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &str, value: f64) {
        let _ = match labels {
            "" => writeln!(self.0, "{name} {value}"),
            labels => writeln!(self.0, "{name}{{{labels}}} {value}"),
        };
    }

    fn of_each(
        &mut self,
        viewers: &[ViewerReport],
        (name, kind): (&str, Kind),
        help: &str,
        value: impl Fn(&ViewerReport) -> f64,
    ) {
        if viewers.is_empty() {
            return;
        }
        self.head(name, kind, help);
        for viewer in viewers {
            self.sample(name, &format!("viewer=\"{}\"", viewer.id), value(viewer));
        }
    }

    /// Classes are told as how many there are up to each bound.
    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, Kind::Histogram, help);
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (class, frames) in histogram.classes.iter().enumerate() {
            count += frames;
            let bound = ENCODING_BOUNDS
                .get(class)
                .map_or("+Inf".to_owned(), |micros| {
                    (*micros as f64 / 1e6).to_string()
                });
            self.sample(&bucket, &format!("le=\"{bound}\""), count as f64);
        }
        self.sample(&format!("{name}_sum"), "", histogram.sum_seconds);
        self.sample(&format!("{name}_count"), "", count as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_histogram_is_cumulative() {
        let mut page = Page(String::new());
        let histogram = Histogram {
            classes: [5, 2, 0, 0, 0, 0, 0, 0, 1],
            sum_seconds: 0.25,
        };
        page.histogram("h", "Times.", &histogram);
        let lines: Vec<_> = page.0.lines().collect();
        assert_eq!(lines[1], "# TYPE h histogram");
        assert_eq!(lines[2], "h_bucket{le=\"0.0005\"} 5");
        assert_eq!(lines[3], "h_bucket{le=\"0.001\"} 7");
        assert_eq!(lines[9], "h_bucket{le=\"0.1\"} 7");
        assert_eq!(lines[10], "h_bucket{le=\"+Inf\"} 8");
        assert_eq!(lines[11..], ["h_sum 0.25", "h_count 8"]);
    }
}
