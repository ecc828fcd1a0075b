//! What was measured of one kind of work.

use std::time::Duration;

use crate::measure::{Summary, Work};
use crate::probe::Sighting;
use crate::split::{Split, StatsLine};

/// The times of a work.
#[derive(Debug, Clone)]
pub(super) enum Figures {
    /// From each key to its pixels.
    Answers(Vec<Duration>),
    /// Between the frames of a film, each at its first sighting.
    Spacings(Vec<Duration>),
}

/// A work's times and costs.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    pub(super) work: Work,
    pub(super) figures: Figures,
    /// The viewer's CPU time, and the time in which it was used.
    pub(super) cpu: (Duration, Duration),
    pub(super) traffic: Traffic,
    pub(super) split: Option<Split>,
}

/// UDP payload as the viewer counted it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Traffic {
    pub(super) bytes_down: u64,
    pub(super) bytes_up: u64,
    /// Lost of those that the viewer sent.
    pub(super) packets_lost: u64,
    pub(super) packets_sent: u64,
    /// Frames that arrived after later ones.
    pub(super) frames_overtaken: u64,
    /// The time in which this was counted: that of the viewer's lines.
    pub(super) seconds: f64,
}

impl Traffic {
    pub(super) fn of(lines: &[StatsLine]) -> Self {
        let sum = |field: fn(&StatsLine) -> u64| lines.iter().map(field).sum();
        Self {
            bytes_down: sum(|line| line.udp_bytes_received),
            bytes_up: sum(|line| line.udp_bytes_sent),
            packets_lost: sum(|line| line.packets_lost),
            packets_sent: sum(|line| line.packets_sent),
            frames_overtaken: sum(|line| line.frames_overtaken),
            seconds: lines.iter().map(|line| line.seconds).sum(),
        }
    }
}

impl Outcome {
    pub(super) fn summary(&self) -> Option<Summary> {
        match &self.figures {
            Figures::Answers(times) | Figures::Spacings(times) => Summary::of(times),
        }
    }

    /// Bytes down and up for each action; `None` for a film.
    pub(super) fn bytes_per_action(&self) -> Option<[f64; 2]> {
        let Figures::Answers(samples) = &self.figures else {
            return None;
        };
        let traffic = self.traffic;
        let share = |bytes: u64| bytes as f64 / samples.len().max(1) as f64;
        Some([traffic.bytes_down, traffic.bytes_up].map(share))
    }

    /// Frames of the film per second; `None` for actions.
    pub(super) fn frame_rate(&self) -> Option<f64> {
        let Figures::Spacings(times) = &self.figures else {
            return None;
        };
        let (_, elapsed) = self.cpu;
        Some(times.len() as f64 / elapsed.as_secs_f64().max(1e-9))
    }

    /// What the film takes of the network; `None` for actions.
    pub(super) fn megabits_per_second(&self) -> Option<f64> {
        self.frame_rate()?;
        let traffic = self.traffic;
        (traffic.seconds > 0.0).then(|| traffic.bytes_down as f64 * 8.0 / traffic.seconds / 1e6)
    }

    /// Of one core.
    pub(super) fn cpu_percent(&self) -> f64 {
        let (used, elapsed) = self.cpu;
        100.0 * used.as_secs_f64() / elapsed.as_secs_f64().max(1e-9)
    }
}

/// The times between frames. Each frame counts once: a picture that flickers back is no new one.
pub(super) fn spacings(sightings: &[Sighting]) -> Vec<Duration> {
    let mut seen: Vec<&Sighting> = Vec::new();
    for sighting in sightings {
        if seen.iter().all(|other| other.number != sighting.number) {
            seen.push(sighting);
        }
    }
    let pairs = seen.iter().zip(seen.iter().skip(1));
    pairs
        .map(|(before, after)| after.seen.since(before.seen))
        .collect()
}

/// The bottleneck that most works have, in a sentence that names one of them.
pub(super) fn verdict(outcomes: &[Outcome]) -> (Option<String>, String) {
    let splits = outcomes
        .iter()
        .filter_map(|outcome| Some((outcome.work, outcome.split.as_ref()?)));
    let limited: Vec<(Work, &Split, &str)> = splits
        .filter_map(|(work, split)| Some((work, split, split.bottleneck.as_deref()?)))
        .collect();
    let votes = |name: &str| {
        limited
            .iter()
            .filter(|(_, _, other)| *other == name)
            .count()
    };
    // The first of those with as many votes.
    let usual = limited.iter().rev().max_by_key(|(_, _, name)| votes(name));
    match usual {
        Some((work, split, name)) => {
            let sentence = format!("{} ({})", split.verdict, work.name());
            (Some((*name).to_owned()), sentence)
        }
        None => (None, "all is well".to_owned()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::clock::Instant;
    use crate::split::tests::line;

    pub(in crate::remote) fn outcome(work: Work, bottleneck: &str, figures: Figures) -> Outcome {
        let lines = [line(2.0, 10, 4.0, bottleneck)];
        Outcome {
            work,
            figures,
            cpu: (Duration::from_millis(500), Duration::from_secs(2)),
            traffic: Traffic::of(&lines),
            split: Split::of(&lines),
        }
    }

    #[test]
    fn costs_are_per_action_or_second() {
        let times = vec![Duration::from_millis(3); 4];
        let actions = outcome(Work::Key, "null", Figures::Answers(times.clone()));
        assert_eq!(actions.bytes_per_action(), Some([250.0, 25.0]));
        assert_eq!((actions.frame_rate(), actions.cpu_percent()), (None, 25.0));
        let film = outcome(Work::Video, "null", Figures::Spacings(times));
        assert_eq!(
            (film.frame_rate(), film.bytes_per_action()),
            (Some(2.0), None)
        );
        assert_eq!(film.megabits_per_second(), Some(0.004));
    }

    #[test]
    fn spacings_are_between_first_sightings() {
        let at = |milliseconds: u64| Instant::from_nanoseconds(milliseconds * 1_000_000);
        let sightings =
            [(4, 0), (5, 30), (4, 40), (5, 41), (7, 100)].map(|(number, seen)| Sighting {
                number,
                seen: at(seen),
            });
        assert_eq!(spacings(&sightings), [30, 70].map(Duration::from_millis));
        assert!(spacings(&sightings[..1]).is_empty());
    }

    #[test]
    fn the_verdict_is_that_of_most_works() {
        let of = |work, bottleneck| outcome(work, bottleneck, Figures::Answers(Vec::new()));
        let outcomes = [
            of(Work::Key, "null"),
            of(Work::Scroll, r#""server""#),
            of(Work::Repaint, r#""decode""#),
            of(Work::Video, r#""decode""#),
        ];
        let (name, sentence) = verdict(&outcomes);
        assert_eq!(name.as_deref(), Some("decode"));
        assert_eq!(sentence, "it is 4 (repaint)");
        assert_eq!(verdict(&outcomes[..1]), (None, "all is well".to_owned()));
    }
}
