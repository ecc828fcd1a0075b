//! The viewer's last events.

use std::collections::VecDeque;

use core::time::Duration;

use crate::ids::InputSeq;
use crate::units::Timestamp;
use crate::wire::datagram::RepeatedInput;
use crate::wire::input::InputEvent;

/// Events that are kept. The server plays a repeated event only if it has all before it; more than
/// these in a round trip are movements of the pointer, and not worth it.
const MOST_KEPT: usize = 32;

/// After so many round trips an event that got lost has been repaired otherwise.
const ROUND_TRIPS_KEPT: u32 = 2;

/// What was sent lately and may not have arrived.
#[derive(Clone, Debug, Default)]
pub struct InputTail {
    /// Number of the last event.
    last: InputSeq,
    /// The last events, and when each was sent.
    events: VecDeque<(InputEvent, Timestamp)>,
}

impl InputTail {
    /// Adds the next event, which is sent now.
    pub fn push(&mut self, event: InputEvent, now: Timestamp) {
        if self.events.len() == MOST_KEPT {
            self.events.pop_front();
        }
        self.events.push_back((event, now));
        self.last = self.last.next();
    }

    /// The events to repeat now on a path with this round-trip time; `None` if there are none.
    #[must_use]
    pub fn repeat(&self, rtt: Duration, now: Timestamp) -> Option<RepeatedInput> {
        let is_due = |(_, sent): &&(InputEvent, Timestamp)| {
            now.since(*sent) <= rtt.saturating_mul(ROUND_TRIPS_KEPT)
        };
        let count = self.events.iter().rev().take_while(is_due).count();
        let events = self.events.range(self.events.len() - count..);
        let repeated = RepeatedInput {
            first: InputSeq(self.last.0 - count as u64 + 1),
            events: events.map(|&(event, _)| event).collect(),
        };
        (count > 0).then_some(repeated)
    }
}

/// Whether an event is worth repeating: a movement of the pointer is not, the next one makes up
/// for it.
#[must_use]
pub const fn is_worth_repeating(event: &InputEvent) -> bool {
    !matches!(
        event,
        InputEvent::PointerMotion(_) | InputEvent::PointerMoved { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_REPEATED_INPUT_BYTES;
    use crate::wire::input::{KeyCode, Transition};

    const RTT: Duration = Duration::from_millis(40);

    fn press(code: u16) -> InputEvent {
        InputEvent::Key(KeyCode(code), Transition::Press)
    }

    #[test]
    fn what_may_not_have_arrived_is_repeated_and_no_more() {
        let mut tail = InputTail::default();
        assert_eq!(tail.repeat(RTT, Timestamp(0)), None);
        tail.push(press(1), Timestamp(0));
        tail.push(press(2), Timestamp(60_000));
        tail.push(press(3), Timestamp(100_000));
        let repeated = tail.repeat(RTT, Timestamp(105_000)).unwrap();
        assert_eq!(repeated.first, InputSeq(2));
        assert_eq!(repeated.events, [press(2), press(3)]);
        assert_eq!(tail.repeat(RTT, Timestamp(500_000)), None);
    }

    #[test]
    fn a_repeat_is_within_the_limit() {
        let mut tail = InputTail::default();
        for _ in 0..1000 {
            tail.push(InputEvent::Text(char::MAX), Timestamp(0));
        }
        let repeated = tail.repeat(RTT, Timestamp(0)).unwrap();
        assert_eq!(repeated.first, InputSeq(1001 - MOST_KEPT as u64));
        let mut bytes = Vec::new();
        repeated.write(&mut bytes);
        assert!(bytes.len() <= MAX_REPEATED_INPUT_BYTES);
        assert_eq!(RepeatedInput::read(&bytes), Ok(Some(repeated)));
    }
}
