//! A period as a line for people.

use std::fmt;
use std::time::Duration;

use super::period::Period;
use super::stage::Stage;

/// Rates, the mean time of each stage in milliseconds, and the bottleneck.
pub(super) struct Line<'a>(pub(super) &'a Period);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = self.0;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let mean = |stage| ms(period.stage(stage).mean());
        write!(
            f,
            "rtt {:.1} ms (queues {:.1}), {:.1} frames/s, {:.2} Mbit/s, lost {}; per frame: wait \
             {:.2}, encode {:.2}, queue {:.2}, network {:.2}, decode {:.2} (waited {:.2}), present \
             {:.2} (waited {:.2}) ms; ",
            ms(period.path.rtt),
            ms(period.delay()),
            period.frame_rate(),
            period.bitrate().0 as f64 / 1e6,
            period.path.traffic.lost,
            mean(Stage::CaptureWait),
            mean(Stage::Encode),
            mean(Stage::Queue),
            ms(period.path.least_rtt / 2),
            mean(Stage::Decode),
            mean(Stage::DecodeWait) + mean(Stage::Order),
            mean(Stage::Present),
            mean(Stage::ShowWait),
        )?;
        let answers = period.stage(Stage::InputToFrame);
        if answers.count() > 0 {
            write!(f, "input to frame {:.1} ms; ", ms(answers.mean()))?;
        }
        write!(f, "{}", period.burden().verdict())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Counters, FrameTimes, Front, Unseen};
    use super::*;
    use hackstream_protocol::geometry::Size;
    use hackstream_protocol::ids::InputSeq;
    use std::time::Instant;

    #[test]
    fn a_line_holds_rates_and_means() {
        let (counters, start) = (Counters::new(Front::Memory), Instant::now());
        let ms = Duration::from_millis;
        let size = Size::new(640, 480);
        for encoding in [ms(20), ms(30)] {
            counters.decoded(&FrameTimes {
                bytes: 1000,
                waited: ms(1),
                encoding,
                queued: ms(2),
                waiting: ms(3),
                ordering: ms(4),
                decoding: ms(5),
            });
        }
        let mut period = counters.take(Duration::from_secs(2), size);
        (period.path.rtt, period.path.least_rtt) = (ms(7), ms(6));
        period.path.traffic.received = 250_000;
        assert_eq!(
            Line(&period).to_string(),
            "rtt 7.0 ms (queues 1.0), 1.0 frames/s, 1.00 Mbit/s, lost 0; per frame: wait 1.00, \
             encode 25.00, queue 2.00, network 3.00, decode 5.00 (waited 7.00), present 0.00 \
             (waited 0.00) ms; the server is the bottleneck: it takes 26 ms a frame"
        );
        counters.sent(1, InputSeq(1), start);
        counters.painted(&mut Unseen::default(), 1, InputSeq(1), start + ms(9));
        let text = Line(&counters.take(Duration::ZERO, size)).to_string();
        assert!(
            text.ends_with("; input to frame 9.0 ms; all is well"),
            "{text}"
        );
    }
}
