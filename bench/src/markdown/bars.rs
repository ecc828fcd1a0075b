//! What HackStream has to reach, beside what it reached.

use crate::results::{Detail, Results};
use crate::units::bytes_text;

const OURS: &str = "hackstream";
/// Ours with what is for small devices.
const LOW: &str = "hackstream-low";
const REFERENCE: &str = "tigervnc";

/// What of a cell is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    /// Milliseconds at this percentile.
    Time(usize),
    BytesDown,
    FramesPerSecond,
    /// Likeness of a film to its source.
    Ssim,
    /// MiB.
    ServerMemory,
    /// MiB.
    ViewerMemory,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    /// Times the reference's.
    Ratio(f64),
    AtMost(f64),
    AtLeast(f64),
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    peer: &'static str,
    work: &'static str,
    link: &'static str,
    figure: Figure,
    limit: Limit,
}

const fn bar(work: &'static str, link: &'static str, figure: Figure, limit: Limit) -> Bar {
    Bar {
        peer: OURS,
        work,
        link,
        figure,
        limit,
    }
}

/// The same for a small device, with text on its screen.
const fn low_memory(work: &'static str) -> Bar {
    Bar {
        peer: LOW,
        ..bar(work, "lan", Figure::ViewerMemory, Limit::AtMost(14.0))
    }
}

const BARS: [Bar; 25] = [
    bar("key", "lan", Figure::Time(50), Limit::Ratio(0.2)),
    bar("key", "lan", Figure::Time(95), Limit::Ratio(0.3)),
    bar("key", "lan", Figure::BytesDown, Limit::Ratio(0.8)),
    bar("scroll", "lan", Figure::Time(50), Limit::Ratio(0.4)),
    bar("scroll", "lan", Figure::BytesDown, Limit::Ratio(1.0)),
    bar("redraw-scroll", "lan", Figure::BytesDown, Limit::Ratio(0.3)),
    bar("repaint", "lan", Figure::Time(50), Limit::Ratio(0.5)),
    bar("repaint", "lan", Figure::BytesDown, Limit::Ratio(0.9)),
    bar(
        "video",
        "lan",
        Figure::FramesPerSecond,
        Limit::AtLeast(29.5),
    ),
    bar("video", "lan", Figure::Time(50), Limit::Ratio(1.0)),
    bar("video", "lan", Figure::BytesDown, Limit::Ratio(0.1)),
    bar("video", "lan", Figure::Ssim, Limit::AtLeast(0.95)),
    // The link's round trip is 50 ms.
    bar("key", "dsl", Figure::Time(50), Limit::AtMost(55.0)),
    bar("key", "dsl", Figure::Time(95), Limit::AtMost(62.0)),
    bar("repaint", "dsl", Figure::Time(50), Limit::Ratio(0.75)),
    bar("repaint", "dsl", Figure::BytesDown, Limit::Ratio(0.5)),
    bar(
        "video",
        "dsl",
        Figure::FramesPerSecond,
        Limit::AtLeast(29.0),
    ),
    bar("video", "dsl", Figure::Time(95), Limit::AtMost(130.0)),
    bar(
        "firefox-scroll",
        "lan",
        Figure::BytesDown,
        Limit::Ratio(0.2),
    ),
    // Until the picture is exact, from the last change.
    bar(
        "firefox-scroll",
        "lan",
        Figure::Time(95),
        Limit::AtMost(150.0),
    ),
    bar("key", "lan", Figure::ViewerMemory, Limit::AtMost(20.0)),
    bar("key", "lan", Figure::ServerMemory, Limit::AtMost(40.0)),
    low_memory("key"),
    low_memory("scroll"),
    low_memory("repaint"),
];

/// The judgement of one bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Reached,
    Missed,
    /// The figures that it needs are not in the results.
    Unknown,
}

impl Figure {
    fn of(self, detail: &Detail) -> Option<f64> {
        match self {
            Self::Time(percent) => detail.percentile_ms(percent),
            Self::BytesDown => detail.bytes_down(),
            Self::FramesPerSecond => detail.frames_per_second,
            Self::Ssim => detail.ssim,
            Self::ServerMemory => detail.pss_mib().map(|[server, _]| server),
            Self::ViewerMemory => detail.pss_mib().map(|[_, viewer]| viewer),
        }
    }

    fn name(self) -> String {
        match self {
            Self::Time(percent) => format!("p{percent}"),
            Self::BytesDown => "bytes".to_owned(),
            Self::FramesPerSecond => "frames/s".to_owned(),
            Self::Ssim => "SSIM".to_owned(),
            Self::ServerMemory => "server's PSS without X".to_owned(),
            Self::ViewerMemory => "viewer's PSS".to_owned(),
        }
    }

    fn text(self, value: f64) -> String {
        match self {
            Self::Time(_) => format!("{value:.1} ms"),
            Self::BytesDown => bytes_text(value),
            Self::FramesPerSecond => format!("{value:.1}"),
            Self::Ssim => format!("{value:.3}"),
            Self::ServerMemory | Self::ViewerMemory => format!("{value:.1} MiB"),
        }
    }
}

impl Bar {
    fn wanted(&self) -> String {
        let figure = self.figure;
        match self.limit {
            Limit::Ratio(most) => format!("{} ≤ {most} × {REFERENCE}'s", figure.name()),
            Limit::AtMost(most) => format!("{} ≤ {}", figure.name(), figure.text(most)),
            Limit::AtLeast(least) => format!("{} ≥ {least}", figure.name()),
        }
    }

    fn judge(&self, results: &Results) -> (String, Verdict) {
        let value = |peer| self.figure.of(results.detail(self.link, self.work, peer)?);
        let Some(ours) = value(self.peer) else {
            return ("not measured".to_owned(), Verdict::Unknown);
        };
        let text = self.figure.text(ours);
        let (text, is_reached) = match self.limit {
            Limit::AtMost(most) => (text, ours <= most),
            Limit::AtLeast(least) => (text, ours >= least),
            Limit::Ratio(most) => {
                let Some(theirs) = value(REFERENCE).filter(|theirs| *theirs > 0.0) else {
                    return (format!("{text}, nothing to compare"), Verdict::Unknown);
                };
                let (ratio, other) = (ours / theirs, self.figure.text(theirs));
                (format!("{ratio:.2} × ({text}, {other})"), ratio <= most)
            }
        };
        let verdict = if is_reached {
            Verdict::Reached
        } else {
            Verdict::Missed
        };
        (text, verdict)
    }
}

/// The table of all bars.
pub(super) fn section(results: &Results) -> String {
    let mut text = "## Bars\n\n| work, link | bar | measured | |\n|---|---|---|---|\n".to_owned();
    for bar in &BARS {
        let (measured, verdict) = bar.judge(results);
        let verdict = match verdict {
            Verdict::Reached => "reached",
            Verdict::Missed => "**missed**",
            Verdict::Unknown => "open",
        };
        let (work, link, wanted) = (bar.work, bar.link, bar.wanted());
        let whose = if bar.peer == OURS { "" } else { ", low preset" };
        text.push_str(&format!(
            "| {work}, {link}{whose} | {wanted} | {measured} | {verdict} |\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(ours: f64, theirs: f64) -> Results {
        let cell = |peer: &str, time: f64| {
            format!(
                r#"{{"peer": "{peer}", "link": "lan", "work": "key", "outcome": "measured",
                "detail": {{"samples_ms": [{time}],
                "usage": {{"seconds": 1.0, "bytes_down": 7, "bytes_up": 7}}}}}}"#
            )
        };
        let cells = [cell(OURS, ours), cell(REFERENCE, theirs)].join(",");
        let text = format!(
            r#"{{"format": 2, "bench": "", "machine": {{"kernel": "", "architecture": "",
            "cores": 1}}, "peers": [], "links": [], "seed": 1, "screen": "", "runs": 1,
            "seconds": 1, "cells_planned": 2, "cells": [{cells}]}}"#
        );
        Results::parse(&text).unwrap()
    }

    #[test]
    fn a_ratio_is_reached_or_missed() {
        let bar = BARS[0];
        let (text, verdict) = bar.judge(&results(1.0, 10.0));
        assert_eq!(
            (text.as_str(), verdict),
            ("0.10 × (1.0 ms, 10.0 ms)", Verdict::Reached)
        );
        assert_eq!(bar.judge(&results(3.0, 10.0)).1, Verdict::Missed);
        assert_eq!(bar.judge(&results(3.0, 0.0)).1, Verdict::Unknown);
    }

    #[test]
    fn what_was_not_measured_stays_open() {
        let text = section(&results(1.0, 10.0));
        assert!(
            text.contains("| video, lan | frames/s ≥ 29.5 | not measured | open |"),
            "{text}"
        );
        assert!(
            text.contains("| key, lan | p50 ≤ 0.2 × tigervnc's |"),
            "{text}"
        );
    }
}
