//! Frames of a film: how many arrive, and how old they are when they are seen.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};

use super::likeness::Likeness;
use super::usage::{Meter, Usage};
use crate::clock::Instant;
use crate::interrupt::Interrupt;
use crate::probe::{Probe, Sighting, Snapshot};
use crate::rig::Rig;
use crate::scene::{Command, Film};
use crate::stimulus::{Entry, Painted, read_journal};

const START_LIMIT: Duration = Duration::from_secs(15);
/// Before counting: the time in which peers find their rate and coder.
const SETTLING: Duration = Duration::from_secs(2);

/// A frame that was seen whole, at its first sighting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeenFrame {
    /// Since the watch began.
    pub(crate) at: Duration,
    /// Since the stimulus showed it.
    pub(crate) age: Duration,
}

/// What was seen of a film.
#[derive(Debug, Clone)]
pub(crate) struct FilmFigures {
    /// In the order of their sightings.
    pub(crate) frames: Vec<SeenFrame>,
    /// Frames that the stimulus showed meanwhile.
    pub(crate) shown: usize,
    /// Of snapshots to what was drawn, where that is known exactly.
    pub(crate) likeness: Option<Likeness>,
    pub(crate) usage: Usage,
}

impl FilmFigures {
    /// Distinct whole frames per second.
    pub(crate) fn rate(&self) -> f64 {
        self.frames.len() as f64 / self.usage.elapsed.as_secs_f64().max(1e-9)
    }

    pub(crate) fn ages(&self) -> Vec<Duration> {
        self.frames.iter().map(|frame| frame.age).collect()
    }

    pub(crate) fn megabits_per_second(&self) -> f64 {
        let bits = self.usage.traffic.to_viewer().bytes as f64 * 8.0;
        bits / self.usage.elapsed.as_secs_f64().max(1e-9) / 1e6
    }
}

pub(super) fn measure_film(
    rig: &mut Rig,
    film: Film,
    duration: Duration,
    interrupt: &Interrupt,
) -> Result<FilmFigures> {
    start_film(rig.probe(), film, interrupt)?;
    rig.check_alive()?;
    let meter = Meter::start(rig)?;
    let from = Instant::now();
    let watch = rig.probe().watch_film(duration)?;
    let to = Instant::now();
    let usage = meter.stop(rig)?;
    rig.probe().press(Command::StopFilm)?;
    let journal = read_journal(rig.journal())?;
    let shown = shown_between(&journal, from, to);
    Ok(FilmFigures {
        frames: seen_frames(&watch.sightings, &journal, from),
        shown,
        likeness: rig
            .original(film.subject)
            .and_then(|original| likeness(&original, &watch.snapshots)),
        usage,
    })
}

/// After the watch: it takes a while.
fn likeness(original: &Painted, snapshots: &[Snapshot]) -> Option<Likeness> {
    let of = |snapshot: &Snapshot| {
        let source = original.frame(snapshot.number);
        Likeness::of(&source, &snapshot.pixels, original.width())
    };
    Likeness::mean(&snapshots.iter().filter_map(of).collect::<Vec<_>>())
}

/// Starts the film, and waits until it has run for a while.
pub(crate) fn start_film(probe: &Probe, film: Film, interrupt: &Interrupt) -> Result<()> {
    probe.press(Command::Film(film))?;
    let step = Duration::from_millis(100);
    interrupt
        .wait_until(START_LIMIT, || {
            Ok(probe.watch_film(step)?.sightings.first().copied())
        })?
        .with_context(|| format!("no frame of the film within {START_LIMIT:?}"))?;
    interrupt.sleep(SETTLING)
}

fn shown_between(journal: &[Entry], from: Instant, to: Instant) -> usize {
    let within = |shown: Instant| shown >= from && shown < to;
    journal
        .iter()
        .filter(|entry| matches!(entry, Entry::Frame { shown, .. } if within(*shown)))
        .count()
}

/// Each frame once, at its first sighting. The first sighting of all is left out: that frame was
/// on the screen for an unknown time when the watch began.
fn seen_frames(sightings: &[Sighting], journal: &[Entry], from: Instant) -> Vec<SeenFrame> {
    let mut shown_at: HashMap<u16, Instant> = HashMap::new();
    for entry in journal {
        if let Entry::Frame { number, shown } = entry {
            shown_at.insert(*number, *shown);
        }
    }
    let fresh = sightings.iter().skip(1);
    fresh
        .filter_map(|sight| {
            Some(SeenFrame {
                at: sight.seen.since(from),
                age: sight.seen.since(shown_at.remove(&sight.number)?),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Instant {
        Instant::from_nanoseconds(milliseconds * 1_000_000)
    }

    #[test]
    fn ages_count_each_frame_once_from_its_first_sighting() {
        let journal: Vec<Entry> = (0..5)
            .map(|number| Entry::Frame {
                number,
                shown: at(33 * u64::from(number)),
            })
            .collect();
        let sightings =
            [(0, 20), (1, 43), (3, 120), (1, 130), (3, 140)].map(|(number, seen)| Sighting {
                number,
                seen: at(seen),
            });
        let expected = [(23, 10), (100, 21)].map(|(at, age)| SeenFrame {
            at: Duration::from_millis(at),
            age: Duration::from_millis(age),
        });
        assert_eq!(seen_frames(&sightings, &journal, at(20)), expected);
        assert_eq!(shown_between(&journal, at(33), at(99)), 2);
    }
}
