//! Input events that come twice, in their order and each once.

use std::collections::VecDeque;

use crate::wire::datagram::RepeatedInput;
use crate::wire::input::InputEvent;

/// Puts together what comes on the input stream, which is complete and in order, and what datagrams
/// repeat of it. Whichever comes first counts.
///
/// What waits is at most what one datagram holds, if [`pop`](Self::pop) is called until it has
/// nothing before more is added.
#[derive(Clone, Debug, Default)]
pub struct InputOrder {
    /// Number of the last event that came on the stream.
    streamed: u64,
    /// Number of the last event that came at all; all before it came as well.
    known: u64,
    waiting: VecDeque<InputEvent>,
}

impl InputOrder {
    /// Takes the next event of the stream.
    pub fn stream(&mut self, event: InputEvent) {
        self.streamed = self.streamed.saturating_add(1);
        if self.streamed > self.known {
            self.known = self.streamed;
            self.waiting.push_back(event);
        }
    }

    /// Takes a datagram. What is known of it is passed over, as is all of it if an event before it is
    /// missing: the stream brings them.
    pub fn repeat(&mut self, repeated: &RepeatedInput) {
        let Some(known) = self.known.checked_sub(repeated.first.0.saturating_sub(1)) else {
            return;
        };
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        for &event in repeated.events.iter().skip(known) {
            self.known = self.known.saturating_add(1);
            self.waiting.push_back(event);
        }
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<InputEvent> {
        self.waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::InputSeq;
    use crate::wire::input::{KeyCode, Transition};
    use proptest::prelude::*;

    /// The event with a number, recognisable by it.
    fn event(number: u64) -> InputEvent {
        InputEvent::Key(KeyCode((number % 200) as u16), Transition::Press)
    }

    fn repeated(first: u64, count: u64) -> RepeatedInput {
        RepeatedInput {
            first: InputSeq(first),
            events: (first..first + count).map(event).collect(),
        }
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        /// The next event comes on the stream.
        Stream,
        /// A datagram with so many events, the first so far before or after the last known one.
        Repeat { offset: i64, count: u64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Stream),
            (-8i64..4, 0u64..12).prop_map(|(offset, count)| Step::Repeat { offset, count }),
        ]
    }

    proptest! {
        #[test]
        fn each_event_comes_out_once_and_in_order(
            steps in proptest::collection::vec(step(), 0..300),
        ) {
            let mut order = InputOrder::default();
            let (mut streamed, mut played) = (0u64, 0u64);
            for step in steps {
                let before = played;
                match step {
                    Step::Stream => {
                        streamed += 1;
                        order.stream(event(streamed));
                    }
                    Step::Repeat { offset, count } => {
                        let first = played.saturating_add_signed(offset).max(1);
                        order.repeat(&repeated(first, count));
                    }
                }
                while let Some(out) = order.pop() {
                    played += 1;
                    prop_assert_eq!(out, event(played));
                }
                prop_assert!(played >= streamed, "the stream is never held up");
                prop_assert!(played - before <= 12);
            }
        }
    }

    #[test]
    fn a_repeat_that_comes_first_counts_and_the_stream_adds_nothing() {
        let mut order = InputOrder::default();
        order.stream(event(1));
        order.repeat(&repeated(1, 3));
        order.stream(event(2));
        order.stream(event(3));
        order.stream(event(4));
        let out: Vec<_> = std::iter::from_fn(|| order.pop()).collect();
        assert_eq!(out, [event(1), event(2), event(3), event(4)]);
    }

    #[test]
    fn a_repeat_after_a_gap_is_passed_over() {
        let mut order = InputOrder::default();
        order.repeat(&repeated(2, 3));
        order.repeat(&repeated(u64::MAX, 0));
        assert_eq!(order.pop(), None);
    }
}
