//! The life of a session: which state follows on what.
//!
//! ```text
//! pending → provisioning → ready → claimed → running → stopping → stopped
//!                     └────────────────┘                        └ failed
//! ```
//!
//! `lost` is where a session goes whose node is silent for too long, and where it comes back from
//! when the node does: what the node has is the truth.

use hackstream_control_api::node::NodeSessionState;
use hackstream_control_api::session::SessionState as S;

/// What the hub hears about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its node has it, in this state.
    Seen {
        /// The node's word for it.
        state: NodeSessionState,
        /// Whether it has an owner.
        owned: bool,
        /// Whether a viewer is or was connected.
        visited: bool,
    },
    /// Its node should have it and does not.
    Missing,
    /// Its node could not start it, or would not.
    BootFailed,
    /// Somebody gets a warm one.
    Claimed,
    /// Its node could not give it to them.
    ClaimFailed,
    /// Somebody wants it to end.
    StopAsked,
    /// Its node has been silent for too long.
    NodeGone,
    /// Nobody will hear of it any more: its node was taken out, or somebody gives a lost one up.
    GivenUp,
}

/// The state that follows; `None`: it stays as it is.
#[must_use]
pub fn next(state: S, event: Event) -> Option<S> {
    if state.is_final() {
        return None;
    }
    let next = match event {
        Event::Seen {
            state: seen,
            owned,
            visited,
        } => return seen_by_node(state, seen, owned, visited),
        Event::Missing | Event::BootFailed | Event::ClaimFailed if state == S::Stopping => {
            S::Stopped
        }
        Event::Missing => S::Failed,
        Event::BootFailed if matches!(state, S::Pending | S::Provisioning) => S::Failed,
        Event::Claimed if state == S::Ready => S::Claimed,
        Event::ClaimFailed if state == S::Claimed => S::Failed,
        Event::StopAsked => S::Stopping,
        Event::NodeGone => S::Lost,
        Event::GivenUp => S::Stopped,
        Event::BootFailed | Event::Claimed | Event::ClaimFailed => return None,
    };
    (next != state).then_some(next)
}

fn seen_by_node(state: S, seen: NodeSessionState, owned: bool, visited: bool) -> Option<S> {
    let next = match (seen, state) {
        (NodeSessionState::Ended, _) | (NodeSessionState::Failed, S::Stopping) => S::Stopped,
        (NodeSessionState::Failed, _) => S::Failed,
        (NodeSessionState::Stopping, _) => S::Stopping,
        // It shall end; that the node has not begun with it changes nothing.
        (_, S::Stopping) => return None,
        (NodeSessionState::Starting, S::Pending | S::Lost) => S::Provisioning,
        (NodeSessionState::Starting, _) => return None,
        (NodeSessionState::Ready, S::Running) => return None,
        (NodeSessionState::Ready, _) if owned && visited => S::Running,
        (NodeSessionState::Ready, _) if owned => S::Claimed,
        (NodeSessionState::Ready, _) => S::Ready,
    };
    (next != state).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use NodeSessionState as N;
    use proptest::prelude::*;

    const SEEN: [N; 5] = [N::Starting, N::Ready, N::Stopping, N::Ended, N::Failed];

    fn seen(state: N, owned: bool, visited: bool) -> Event {
        Event::Seen {
            state,
            owned,
            visited,
        }
    }

    fn walk(from: S, events: &[Event]) -> S {
        events
            .iter()
            .fold(from, |state, event| next(state, *event).unwrap_or(state))
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            (0_usize..5, any::<bool>(), any::<bool>()).prop_map(|(state, owned, visited)| seen(
                SEEN[state],
                owned,
                visited
            )),
            Just(Event::Missing),
            Just(Event::BootFailed),
            Just(Event::Claimed),
            Just(Event::ClaimFailed),
            Just(Event::StopAsked),
            Just(Event::NodeGone),
            Just(Event::GivenUp),
        ]
    }

    fn any_state() -> impl Strategy<Value = S> {
        (0_usize..S::ALL.len()).prop_map(|index| S::ALL[index])
    }

    #[test]
    fn a_cold_launch() {
        let life = [
            seen(N::Starting, true, false),
            seen(N::Ready, true, false),
            seen(N::Ready, true, true),
        ];
        assert_eq!(walk(S::Pending, &life[..1]), S::Provisioning);
        assert_eq!(walk(S::Pending, &life[..2]), S::Claimed);
        assert_eq!(walk(S::Pending, &life), S::Running);
        assert_eq!(
            walk(S::Running, &[Event::StopAsked, seen(N::Ended, true, true)]),
            S::Stopped
        );
    }

    #[test]
    fn a_warm_one_waits_for_its_owner() {
        let warm = walk(
            S::Pending,
            &[
                seen(N::Starting, false, false),
                seen(N::Ready, false, false),
            ],
        );
        assert_eq!(warm, S::Ready);
        assert_eq!(walk(warm, &[Event::Claimed]), S::Claimed);
        assert_eq!(next(S::Claimed, Event::Claimed), None);
    }

    #[test]
    fn what_was_given_up_does_not_come_back() {
        for state in S::ALL {
            let over = walk(state, &[Event::GivenUp, seen(N::Ready, true, true)]);
            assert!(over.is_final(), "{state:?}");
        }
    }

    #[test]
    fn a_lost_one_comes_back_as_it_was() {
        let lost = walk(S::Running, &[Event::NodeGone]);
        assert_eq!(lost, S::Lost);
        assert_eq!(walk(lost, &[seen(N::Ready, true, true)]), S::Running);
    }

    proptest! {
        #[test]
        fn nothing_follows_on_an_end(events in prop::collection::vec(event(), 0..20)) {
            prop_assert_eq!(walk(S::Stopped, &events), S::Stopped);
            prop_assert_eq!(walk(S::Failed, &events), S::Failed);
        }

        #[test]
        fn a_stop_is_taken_in_every_state_and_ends_it(state in any_state()) {
            let stopping = walk(state, &[Event::StopAsked]);
            prop_assert!(stopping.is_final() || stopping == S::Stopping);
            prop_assert!(walk(stopping, &[seen(N::Ended, true, true)]).is_final());
            prop_assert!(walk(stopping, &[Event::Missing]).is_final());
        }

        #[test]
        fn what_shall_end_never_runs_again(events in prop::collection::vec(event(), 0..20)) {
            let heard: Vec<_> = events.into_iter().filter(|event| *event != Event::NodeGone).collect();
            let state = walk(S::Stopping, &heard);
            prop_assert!(state == S::Stopping || state.is_final(), "{state:?}");
        }

        #[test]
        fn the_same_news_twice_is_no_news(state in any_state(), event in event()) {
            let once = walk(state, &[event]);
            prop_assert_eq!(next(once, event), None);
        }

        #[test]
        fn a_session_gets_one_owner(events in prop::collection::vec(event(), 0..20)) {
            let mut state = S::Pending;
            let mut claims = 0;
            for event in events {
                if let Some(after) = next(state, event) {
                    claims += u32::from(event == Event::Claimed);
                    state = after;
                }
                // From somebody's, only a node that denies it leads back.
                if state == S::Ready { claims = 0; }
                prop_assert!(claims <= 1);
            }
        }
    }
}
