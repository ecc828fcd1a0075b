//! How long the session takes to answer what the person does.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::ids::InputSeq;
use hackstream_protocol::wire::input::{InputEvent, Transition};

/// An input without an answer is given up when the next one comes after this long: most likely it
/// changed nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// No event has this number.
const NOTHING_AWAITED: u64 = u64::MAX;

/// Whether people expect to see something at once: when they press or turn something. Releases
/// and motions of the pointer mostly change nothing.
pub(crate) const fn expects_answer(event: &InputEvent) -> bool {
    matches!(
        event,
        InputEvent::Key(_, Transition::Press)
            | InputEvent::Typed { .. }
            | InputEvent::Text(_)
            | InputEvent::Button(_, Transition::Press)
            | InputEvent::Wheel { .. }
    )
}

/// An input that was sent.
#[derive(Clone, Copy, Debug)]
struct Awaited {
    /// The connection it went out on; each numbers its events from 1.
    link: u64,
    number: InputSeq,
    at: Instant,
}

/// Times one input after the other, from its sending until a frame contains its effect. What is
/// sent while another one is being timed is not timed itself.
#[derive(Debug)]
pub(super) struct Answers {
    awaited: Mutex<Option<Awaited>>,
    /// Its number, to be looked at without the lock.
    number: AtomicU64,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            awaited: Mutex::default(),
            number: AtomicU64::new(NOTHING_AWAITED),
        }
    }
}

impl Answers {
    /// An input that expects an answer left as event `number` of connection `link`.
    pub(super) fn sent(&self, link: u64, number: InputSeq, at: Instant) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let still_awaited = awaited.is_some_and(|earlier| {
            earlier.link == link && at.saturating_duration_since(earlier.at) < PATIENCE
        });
        if !still_awaited {
            *awaited = Some(Awaited { link, number, at });
            self.number.store(number.0, Relaxed);
        }
    }

    /// A frame of connection `link` contains the effects of all inputs up to `number`. When the
    /// input that is being timed was sent, if it is one of them.
    pub(super) fn answered(&self, link: u64, number: InputSeq) -> Option<Instant> {
        if number.0 < self.number.load(Relaxed) {
            return None;
        }
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let answered = awaited.filter(|input| input.link == link && input.number <= number)?;
        *awaited = None;
        self.number.store(NOTHING_AWAITED, Relaxed);
        Some(answered.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_answers_an_input_once() {
        let (answers, start) = (Answers::default(), Instant::now());
        assert_eq!(answers.answered(1, InputSeq(9)), None);
        answers.sent(1, InputSeq(3), start);
        assert_eq!(answers.answered(1, InputSeq(2)), None, "an earlier state");
        assert_eq!(answers.answered(1, InputSeq(4)), Some(start));
        assert_eq!(answers.answered(1, InputSeq(4)), None);
    }

    #[test]
    fn one_input_at_a_time_but_not_for_ever() {
        let (answers, start) = (Answers::default(), Instant::now());
        answers.sent(1, InputSeq(1), start);
        answers.sent(1, InputSeq(2), start + PATIENCE / 2);
        assert_eq!(answers.answered(1, InputSeq(2)), Some(start));
        answers.sent(1, InputSeq(3), start);
        answers.sent(1, InputSeq(4), start + PATIENCE);
        assert_eq!(answers.answered(1, InputSeq(3)), None, "it was given up");
        assert_eq!(answers.answered(1, InputSeq(4)), Some(start + PATIENCE));
    }

    #[test]
    fn connections_number_their_events_anew() {
        let (answers, start) = (Answers::default(), Instant::now());
        answers.sent(1, InputSeq(5), start);
        assert_eq!(answers.answered(2, InputSeq(6)), None);
        answers.sent(2, InputSeq(1), start);
        assert_eq!(answers.answered(2, InputSeq(1)), Some(start));
    }
}
