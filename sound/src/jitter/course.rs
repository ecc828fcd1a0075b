//! What is played when: whether a packet is early or late, what is guessed, skipped or waited for.

use std::time::Duration;

use hackstream_protocol::units::micros;
use hackstream_protocol::wire::sound::Outlook;

use super::delay::signed;
use super::{Held, Jitter, MOST_SPEED_CHANGE, State, Step, Transit};

/// Missing sound is concealed for so long; the decoder's guess fades away by then.
const MOST_CONCEALED: Duration = Duration::from_millis(60);

/// A packet due later than this is waited for in silence, instead of by playing slower.
const MOST_EARLY_MICROS: i64 = 40_000;

/// Packets overdue by more than this are skipped, instead of caught up with by playing faster.
const MOST_LATE_MICROS: i64 = 80_000;

/// The same when sound begins, after the time that opening a device takes, and after the device stood
/// still: nothing is heard then, and better an instant is lost than that sound lags for as long as
/// catching up takes.
const LATE_BEGIN_MICROS: i64 = 10_000;

/// A device that plays what comes next so much later than when it has played what it got has stood
/// still. Some do when they start: they take what they can hold, and then nothing for a while.
const STOOD_MICROS: i64 = 20_000;

/// Errors up to this are those of the device's own pieces, and left alone.
const DEAD_ZONE_MICROS: i64 = 3_000;

/// The longest that sound is held back for the pictures.
const LONGEST_HOLD: Duration = Duration::from_millis(500);

impl Jitter {
    /// What to play next, by a device that will be heard playing it at `heard` microseconds.
    pub(super) fn step(&mut self, heard: i64) -> Step {
        let Some(first) = self.first() else {
            return self.without_packets();
        };
        let planned = self.delays.base() + self.reserve() + micros(self.device) as i64;
        // Positive if it should have been heard before.
        let late = heard - planned - signed(first.captured);
        let has_stood = self
            .played_out
            .is_some_and(|played_out| heard - played_out > STOOD_MICROS);
        match self.state {
            State::Silent if late < 0 => self.wait(late),
            State::Silent => self.begin(late),
            State::Playing { guessed } if self.is_gap() => self.over_gap(guessed, late),
            State::Ending if self.is_gap() && late < 0 => self.wait(late),
            _ if late < -MOST_EARLY_MICROS => self.wait(late),
            _ if late > MOST_LATE_MICROS => self.catch_up(late),
            _ if has_stood && late > LATE_BEGIN_MICROS => self.catch_up(late),
            _ => self.play(late),
        }
    }

    fn first(&self) -> Option<&Held> {
        self.held.first_key_value().map(|(_, held)| held)
    }

    /// Time in microseconds from the arrival of the quickest packet until it is played.
    fn reserve(&self) -> i64 {
        let jitter = self.delays.reserve_micros();
        let Some(Transit(pictures)) = self.pictures else {
            return jitter;
        };
        let earliest = self.delays.base() + micros(self.device) as i64;
        let longest = micros(LONGEST_HOLD) as i64;
        (pictures - earliest).clamp(jitter, longest.max(jitter))
    }

    /// Whether the packet to play next is missing while later ones are there.
    fn is_gap(&self) -> bool {
        let first = self.held.first_key_value().map(|(&seq, _)| seq);
        matches!((self.next, first), (Some(next), Some(first)) if first > next)
    }

    fn without_packets(&mut self) -> Step {
        match self.state {
            State::Playing { guessed } if self.may_guess(guessed) => self.conceal(guessed),
            _ => {
                self.state = State::Silent;
                Step::Wait(None)
            }
        }
    }

    fn may_guess(&self, guessed: u32) -> bool {
        self.duration.time() * (guessed + 1) <= MOST_CONCEALED
    }

    fn conceal(&mut self, guessed: u32) -> Step {
        self.next = self.next.map(|next| next.saturating_add(1));
        self.counts.concealed += 1;
        self.state = State::Playing {
            guessed: guessed + 1,
        };
        Step::Conceal(self.duration)
    }

    /// A packet is missing before the first that is there, which is `late`.
    fn over_gap(&mut self, guessed: u32, late: i64) -> Step {
        if self.may_guess(guessed) && late < MOST_LATE_MICROS {
            return self.conceal(guessed);
        }
        if late < -MOST_EARLY_MICROS {
            return self.wait(late);
        }
        self.play(late)
    }

    /// Silence until what is early is due.
    fn wait(&mut self, late: i64) -> Step {
        self.state = State::Silent;
        Step::Wait(Some(Duration::from_micros(late.unsigned_abs())))
    }

    /// Starts after silence, with what is due.
    fn begin(&mut self, late: i64) -> Step {
        self.lateness = 0;
        if late > LATE_BEGIN_MICROS {
            return self.catch_up(late);
        }
        self.play(late)
    }

    /// Skips what is overdue.
    fn catch_up(&mut self, mut late: i64) -> Step {
        while late > DEAD_ZONE_MICROS && self.held.len() > 1 {
            let Some((_, skipped)) = self.held.pop_first() else {
                break;
            };
            self.counts.skipped += 1;
            if let Some(first) = self.first() {
                late -= signed(first.captured) - signed(skipped.captured);
            }
        }
        self.lateness = 0;
        self.play(late)
    }

    fn play(&mut self, late: i64) -> Step {
        let Some((seq, held)) = self.held.pop_first() else {
            return self.without_packets();
        };
        self.lateness += (late - self.lateness) / 16;
        self.next = Some(seq.saturating_add(1));
        self.duration = held.duration;
        self.state = match held.outlook {
            Outlook::Continues => State::Playing { guessed: 0 },
            Outlook::Pauses => State::Ending,
        };
        self.counts.played += 1;
        Step::Play {
            opus: held.opus,
            duration: held.duration,
            captured: held.captured,
            speed: self.speed(),
        }
    }

    /// What brings the lateness to zero within a few seconds.
    fn speed(&self) -> i32 {
        if self.lateness.abs() <= DEAD_ZONE_MICROS {
            return 0;
        }
        let most = i64::from(MOST_SPEED_CHANGE);
        (self.lateness / 2).clamp(-most, most) as i32
    }
}
