//! A period as a line for programs: one JSON object.

use std::fmt;
use std::time::Duration;

use hackstream_protocol::units::micros;

use super::histogram::Distribution;
use super::period::Period;
use super::stage::Stage;

/// Units are in the names. Everything but the round-trip times is about the period alone, so that
/// sums over the lines are sums over the session. New fields may come; those that are there keep
/// their meaning.
pub(super) struct Json<'a>(pub(super) &'a Period);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let period = self.0;
        let (path, traffic) = (period.path, period.path.traffic);
        write!(
            f,
            "{{\"seconds\":{},\"screen_width\":{},\"screen_height\":{},\"frames\":{},\
             \"frame_bytes\":{},\"frames_overtaken\":{},\"udp_bytes_received\":{},\
             \"udp_bytes_sent\":{},\"packets_sent\":{},\"packets_lost\":{}",
            Fraction::<6>(micros(period.time)),
            period.screen.width,
            period.screen.height,
            period.frames(),
            period.frame_bytes,
            period.overtaken,
            traffic.received,
            traffic.sent,
            traffic.packets,
            traffic.lost,
        )?;
        write!(
            f,
            ",\"frames_per_second\":{},\"megabits_per_second\":{},\"rtt_ms\":{},\
             \"least_rtt_ms\":{},\"self_inflicted_delay_ms\":{},\"network_ms\":{}",
            Fraction::<3>((period.frame_rate() * 1e3) as u64),
            Fraction::<6>(period.bitrate().0),
            Milliseconds(path.rtt),
            Milliseconds(path.least_rtt),
            Milliseconds(period.delay()),
            Milliseconds(path.least_rtt / 2),
        )?;
        for stage in Stage::ALL {
            write!(f, ",\"{}_ms\":{}", stage.name(), Times(period.stage(stage)))?;
        }
        let (sound, lag) = (period.sound.counts, period.sound.lag_micros);
        write!(
            f,
            ",\"sound_packets\":{},\"sound_concealed\":{},\"sound_lag_ms\":",
            sound.played, sound.concealed,
        )?;
        match lag {
            Some(lag) if lag < 0 => write!(f, "-{}", Fraction::<3>(lag.unsigned_abs()))?,
            Some(lag) => write!(f, "{}", Fraction::<3>(lag.unsigned_abs()))?,
            None => f.write_str("null")?,
        }
        let verdict = period.burden().verdict();
        match verdict.0 {
            Some((culprit, _)) => write!(f, ",\"bottleneck\":\"{}\"", culprit.name())?,
            None => f.write_str(",\"bottleneck\":null")?,
        }
        // Sentences are plain words, so there is nothing to escape.
        write!(f, ",\"verdict\":\"{verdict}\"}}")
    }
}

/// A time as a number of milliseconds.
struct Milliseconds(Duration);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fraction::<3>(micros(self.0)).fmt(f)
    }
}

/// A number with so many digits after the point, given without the point: what formats floating
/// point would be the largest part of the memory that a line takes.
struct Fraction<const DIGITS: usize>(u64);

impl<const DIGITS: usize> fmt::Display for Fraction<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.pow(DIGITS as u32);
        write!(f, "{}.{:0DIGITS$}", self.0 / one, self.0 % one)
    }
}

/// Times of a stage; null if there were none.
struct Times<'a>(&'a Distribution);

impl fmt::Display for Times<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = self.0;
        if times.count() == 0 {
            return f.write_str("null");
        }
        write!(
            f,
            "{{\"count\":{},\"mean\":{},\"p50\":{},\"p95\":{},\"max\":{}}}",
            times.count(),
            Milliseconds(times.mean()),
            Milliseconds(times.percentile(50)),
            Milliseconds(times.percentile(95)),
            Milliseconds(times.longest()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Counters, FrameTimes, Front};
    use super::*;
    use hackstream_protocol::geometry::Size;

    #[test]
    fn a_line_holds_everything_with_its_unit() {
        let counters = Counters::new(Front::Window);
        let ms = Duration::from_millis;
        counters.decoded(&FrameTimes::example());
        counters.overtaken();
        let mut period = counters.take(ms(500), Size::new(640, 480));
        (period.path.rtt, period.path.least_rtt) = (ms(7), ms(6));
        period.path.traffic.received = 2000;
        period.sound.lag_micros = Some(-1500);
        let times = |time: u32| {
            format!(
                r#"{{"count":1,"mean":{time}.000,"p50":{time}.000,"p95":{time}.000,"max":{time}.000}}"#
            )
        };
        let expected = [
            r#"{"seconds":0.500000,"screen_width":640,"screen_height":480,"frames":1,"#,
            r#""frame_bytes":1000,"frames_overtaken":1,"udp_bytes_received":2000,"#,
            r#""udp_bytes_sent":0,"packets_sent":0,"packets_lost":0,"#,
            r#""frames_per_second":2.000,"megabits_per_second":0.032000,"rtt_ms":7.000,"#,
            r#""least_rtt_ms":6.000,"self_inflicted_delay_ms":1.000,"network_ms":3.000,"#,
            &format!(r#""capture_wait_ms":{},"#, times(1)),
            &format!(r#""encode_ms":{},"#, times(30)),
            &format!(r#""queue_ms":{},"#, times(2)),
            &format!(r#""decode_wait_ms":{},"#, times(3)),
            &format!(r#""order_wait_ms":{},"#, times(4)),
            &format!(r#""decode_ms":{},"#, times(5)),
            r#""present_wait_ms":null,"present_ms":null,"input_to_frame_ms":null,"#,
            r#""sound_packets":0,"sound_concealed":0,"sound_lag_ms":-1.500,"#,
            r#""bottleneck":"server","#,
            r#""verdict":"the server is the bottleneck: it takes 31 ms a frame"}"#,
        ];
        assert_eq!(Json(&period).to_string(), expected.concat());
    }
}
