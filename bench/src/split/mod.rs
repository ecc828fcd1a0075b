//! Where the time of HackStream's frames goes, as its viewer tells.

mod line;
mod lines;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use line::{StatsLine, Times, Told};
pub(crate) use lines::SplitLines;

/// Mean milliseconds of each stage over some periods; per frame, or per presentation.
///
/// `hackstream-view --help` says what each stage is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Split {
    pub(crate) frames: u64,
    /// Smoothed round-trip time at the end, and the least of its last minute.
    pub(crate) rtt_ms: f64,
    pub(crate) least_rtt_ms: f64,
    pub(crate) capture_wait_ms: f64,
    pub(crate) encode_ms: f64,
    pub(crate) queue_ms: f64,
    /// Half of the least round-trip time.
    pub(crate) network_ms: f64,
    pub(crate) decode_wait_ms: f64,
    pub(crate) order_wait_ms: f64,
    pub(crate) decode_ms: f64,
    pub(crate) present_wait_ms: f64,
    pub(crate) present_ms: f64,
    /// From a press until a frame made after it was presented; absent without presses.
    pub(crate) input_to_frame_ms: Option<f64>,
    /// What was the bottleneck in most of the periods; absent if all was well.
    pub(crate) bottleneck: Option<String>,
    /// The same in a sentence, with the figures of the last such period.
    pub(crate) verdict: String,
}

impl Split {
    /// `None` without lines.
    pub(crate) fn of(lines: &[StatsLine]) -> Option<Self> {
        let last = lines.last()?;
        let mean = |stage: fn(&StatsLine) -> Option<Times>| mean(lines.iter().filter_map(stage));
        let of_all = |stage| mean(stage).unwrap_or(0.0);
        let usual = usual_bottleneck(lines).unwrap_or(last);
        Some(Self {
            frames: lines.iter().map(|line| line.frames).sum(),
            rtt_ms: last.rtt_ms,
            least_rtt_ms: last.least_rtt_ms,
            capture_wait_ms: of_all(|line| line.capture_wait_ms),
            encode_ms: of_all(|line| line.encode_ms),
            queue_ms: of_all(|line| line.queue_ms),
            network_ms: last.network_ms,
            decode_wait_ms: of_all(|line| line.decode_wait_ms),
            order_wait_ms: of_all(|line| line.order_wait_ms),
            decode_ms: of_all(|line| line.decode_ms),
            present_wait_ms: of_all(|line| line.present_wait_ms),
            present_ms: of_all(|line| line.present_ms),
            input_to_frame_ms: mean(|line| line.input_to_frame_ms),
            bottleneck: usual.bottleneck.clone(),
            verdict: usual.verdict.clone(),
        })
    }

    /// The stages in the order in which a frame passes them, with headings. What waits for the
    /// decoder and what waits for earlier frames are one here.
    pub(crate) fn stages(&self) -> [(&'static str, f64); 8] {
        [
            ("wait", self.capture_wait_ms),
            ("encode", self.encode_ms),
            ("queue", self.queue_ms),
            ("network", self.network_ms),
            ("decode wait", self.decode_wait_ms + self.order_wait_ms),
            ("decode", self.decode_ms),
            ("present wait", self.present_wait_ms),
            ("present", self.present_ms),
        ]
    }
}

/// The mean over all periods; `None` if nothing was counted.
fn mean(times: impl Iterator<Item = Times>) -> Option<f64> {
    let (mut count, mut sum) = (0, 0.0);
    for time in times {
        count += time.count;
        sum += time.mean * time.count as f64;
    }
    (count > 0).then(|| sum / count as f64)
}

/// The last period with the bottleneck that most of them have.
fn usual_bottleneck(lines: &[StatsLine]) -> Option<&StatsLine> {
    let mut seconds: BTreeMap<Option<&str>, f64> = BTreeMap::new();
    for line in lines {
        *seconds.entry(line.bottleneck.as_deref()).or_default() += line.seconds;
    }
    let (usual, _) = seconds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    lines
        .iter()
        .rev()
        .find(|line| line.bottleneck.as_deref() == usual)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::clock::Instant;
    use crate::process::Said;

    pub(crate) fn line(seconds: f64, frames: u64, decode_ms: f64, bottleneck: &str) -> StatsLine {
        let said = Said {
            at: Instant::from_nanoseconds(10_000_000_000),
            text: text(seconds, frames, decode_ms, bottleneck),
        };
        Told::of(&said).unwrap().line
    }

    fn text(seconds: f64, frames: u64, decode_ms: f64, bottleneck: &str) -> String {
        format!(
            r#"{{"seconds":{seconds},"screen_width":640,"screen_height":480,"frames":{frames},
            "frames_overtaken":0,"udp_bytes_received":1000,"udp_bytes_sent":100,"packets_sent":5,
            "packets_lost":0,"rtt_ms":2.5,"least_rtt_ms":2.0,"network_ms":1.0,
            "decode_ms":{{"count":{frames},"mean":{decode_ms},"p50":1.0}},"present_ms":null,
            "bottleneck":{bottleneck},"verdict":"it is {decode_ms}","later":"addition"}}"#
        )
    }

    #[test]
    fn means_are_weighted_by_frames() {
        let lines = [line(1.0, 10, 1.0, "null"), line(1.0, 30, 3.0, "null")];
        let split = Split::of(&lines).unwrap();
        assert_eq!((split.frames, split.decode_ms), (40, 2.5));
        assert_eq!((split.present_ms, split.input_to_frame_ms), (0.0, None));
        assert_eq!((split.network_ms, split.rtt_ms), (1.0, 2.5));
        assert_eq!(Split::of(&[]), None);
    }

    #[test]
    fn the_usual_bottleneck_is_named_with_its_last_figures() {
        let lines = [
            line(1.0, 1, 20.0, r#""decode""#),
            line(1.0, 1, 30.0, r#""decode""#),
            line(1.5, 1, 1.0, "null"),
        ];
        let split = Split::of(&lines).unwrap();
        assert_eq!(split.bottleneck.as_deref(), Some("decode"));
        assert_eq!(split.verdict, "it is 30");
        assert_eq!(Split::of(&lines[2..]).unwrap().bottleneck, None);
    }

    #[test]
    fn a_line_knows_its_period_and_others_are_no_lines() {
        let at = Instant::from_nanoseconds(10_000_000_000);
        let said = |text: String| Said { at, text };
        let told = Told::of(&said(text(1.5, 1, 1.0, "null"))).unwrap();
        assert_eq!(told.from, Instant::from_nanoseconds(8_500_000_000));
        assert!(Told::of(&said("Starting vncviewer".to_owned())).is_none());
        assert!(Told::of(&said(text(-1.0, 1, 1.0, "null"))).is_none());
    }
}
