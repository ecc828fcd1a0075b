//! A period as a few short lines to be drawn over the picture.

use std::time::Duration;

use super::period::Period;
use super::stage::Stage;

/// The numbers of the [line](super::line::Line) and of the [JSON](super::json::Json).
pub(super) fn lines(period: &Period) -> Vec<String> {
    let (path, traffic) = (period.path, period.path.traffic);
    let stage = |name: &str, stage: Stage| {
        let times = period.stage(stage);
        if times.count() == 0 {
            return format!("{name:<14} {:>8} {:>8}", '-', '-');
        }
        format!(
            "{name:<14} {:>8.2} {:>8.2}",
            ms(times.mean()),
            ms(times.percentile(95))
        )
    };
    vec![
        format!(
            "{:.1} frames/s  {:.2} Mbit/s",
            period.frame_rate(),
            period.bitrate().0 as f64 / 1e6
        ),
        format!(
            "rtt {:.1} ms  self-inflicted {:.1} ms",
            ms(path.rtt),
            ms(period.delay())
        ),
        format!(
            "lost {} of {} packets, {} frames overtaken",
            traffic.lost, traffic.packets, period.overtaken
        ),
        "ms per frame       mean      p95".to_owned(),
        stage("wait", Stage::CaptureWait),
        stage("encode", Stage::Encode),
        stage("queue", Stage::Queue),
        format!("{:<14} {:>8.2}", "network", ms(path.least_rtt / 2)),
        stage("decode wait", Stage::DecodeWait),
        stage("order wait", Stage::Order),
        stage("decode", Stage::Decode),
        stage("present wait", Stage::ShowWait),
        stage("present", Stage::Present),
        stage("input to frame", Stage::InputToFrame),
        verdict(period),
    ]
}

/// The bottleneck, if there was anything to find it by.
fn verdict(period: &Period) -> String {
    if period.frames() == 0 {
        return "no frames in the last second".to_owned();
    }
    period.burden().verdict().to_string()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[cfg(test)]
mod tests {
    use super::super::{Counters, FrameTimes, Front};
    use super::*;
    use hackstream_protocol::geometry::Size;

    #[test]
    fn a_panel_has_the_numbers_of_the_period_and_the_verdict() {
        let counters = Counters::new(Front::Window);
        let ms = Duration::from_millis;
        counters.decoded(&FrameTimes::example());
        let mut period = counters.take(ms(500), Size::new(640, 480));
        (period.path.rtt, period.path.least_rtt) = (ms(7), ms(6));
        period.path.traffic.received = 250_000;
        let lines = lines(&period);
        assert_eq!(lines[0], "2.0 frames/s  4.00 Mbit/s");
        assert_eq!(lines[1], "rtt 7.0 ms  self-inflicted 1.0 ms");
        assert_eq!(lines[5], "encode            30.00    30.00");
        assert_eq!(
            lines.last().map(String::as_str),
            Some("the server is the bottleneck: it takes 31 ms a frame")
        );
        assert!(lines.iter().all(|line| line.is_ascii()));
        let quiet = super::lines(&period.quiet());
        assert_eq!(quiet[0], "0.0 frames/s  0.00 Mbit/s");
        assert_eq!(quiet[5], "encode                -        -");
        assert!(!quiet.iter().any(|line| line.contains("well")));
    }
}
