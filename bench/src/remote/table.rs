//! What was measured, for people.

use std::time::Duration;

use super::measure::Measured;
use super::outcome::{Figures, Outcome, verdict};
use crate::report::{columns, split_table};
use crate::units::bytes_text;

const HEADINGS: [&str; 7] = [
    "work",
    "p50 / p95 / max ms",
    "down / up",
    "frames/s",
    "Mbit/s",
    "lost",
    "viewer's CPU",
];

const EXPLANATION: &str = "\
Times are from key to pixel (video: between frames). Bytes are UDP payload per key, as the viewer
counts them, and packets lost are the viewer's; CPU is of one core.
";

/// One line about a work, while the run goes on.
pub(super) fn brief(outcome: &Outcome) -> String {
    let [_, times, bytes, frames, rate, ..] = row(outcome);
    match outcome.figures {
        Figures::Answers(_) => format!("key to pixel {times} ms, {bytes}"),
        Figures::Spacings(_) => format!("{frames} frames/s, {rate} Mbit/s"),
    }
}

pub(super) fn render(measured: &Measured) -> String {
    let mut text = measured.server.clone();
    if let Some(facts) = measured.facts {
        text.push_str(&format!(", {} pixels", facts.size));
    }
    if let Some([least, now]) = measured.facts.and_then(|facts| facts.rtt_ms) {
        text.push_str(&format!(
            ", RTT {least:.1} ms at the least, {now:.1} ms now"
        ));
    }
    if let Some(bytes) = measured.facts.and_then(|facts| facts.viewer_pss_bytes) {
        let mebibytes = bytes as f64 / 1_048_576.0;
        text.push_str(&format!(", viewer's memory {mebibytes:.1} MiB (PSS)"));
    }
    text.push_str("\n\n");
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(measured.outcomes.iter().map(row));
    text.push_str(&columns(&rows));
    text.push_str(EXPLANATION);
    let told = measured
        .outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.work.name().to_owned(), outcome.split.as_ref()?)));
    text.push_str(&split_table(&told.collect::<Vec<_>>()));
    let (_, sentence) = verdict(&measured.outcomes);
    text.push_str(&format!("\nVerdict: {sentence}\n"));
    text
}

fn row(outcome: &Outcome) -> [String; 7] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let times = outcome.summary().map(|times| {
        [times.p50, times.p95, times.max]
            .map(milliseconds)
            .join(" / ")
    });
    let bytes = outcome
        .bytes_per_action()
        .map(|bytes| bytes.map(bytes_text).join(" / "));
    let lost = format!(
        "{} of {}",
        outcome.traffic.packets_lost, outcome.traffic.packets_sent
    );
    [
        outcome.work.name().to_owned(),
        or_dash(times),
        or_dash(bytes),
        or_dash(outcome.frame_rate().map(|rate| format!("{rate:.1}"))),
        or_dash(
            outcome
                .megabits_per_second()
                .map(|rate| format!("{rate:.2}")),
        ),
        lost,
        format!("{:.1} %", outcome.cpu_percent()),
    ]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::super::measure::Facts;
    use super::super::outcome::tests::outcome;
    use super::*;
    use crate::measure::Work;

    #[test]
    fn everything_a_person_wants_to_know_is_there() {
        let times = vec![Duration::from_millis(3); 4];
        let measured = Measured {
            server: "pi:14500".to_owned(),
            display: None,
            facts: Some(Facts {
                size: "640x480".parse().unwrap(),
                rtt_ms: Some([2.0, 2.5]),
                viewer_pss_bytes: Some(20 << 20),
            }),
            outcomes: vec![
                outcome(Work::Key, "null", Figures::Answers(times.clone())),
                outcome(Work::Video, r#""decode""#, Figures::Spacings(times)),
            ],
        };
        let text = render(&measured);
        for part in [
            "pi:14500, 640x480 pixels, RTT 2.0 ms at the least, 2.5 ms now, ",
            "memory 20.0 MiB (PSS)",
            "key    3.0 / 3.0 / 3.0     250 B / 25 B  -         -       0 of 5  25.0 %",
            "video  3.0 / 3.0 / 3.0     -             2.0       0.00    0 of 5  25.0 %",
            "\nVerdict: it is 4 (video)\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
