//! The session's end that whoever looks after it foresees, for the viewers.

use std::time::Duration;

use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::{ComingEnd, EndCause, ServerMessage};
use hackstream_transport::TransportError;
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;

/// By so much it may come sooner or later than was said without being said again.
const SAME: Duration = Duration::from_secs(3);

/// When the session will end by itself, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Foreseen {
    cause: EndCause,
    at: Timestamp,
}

/// Tells the viewers of the coming end.
#[derive(Debug)]
pub struct ComingEnds {
    clock: Clock,
    foreseen: watch::Sender<Option<Foreseen>>,
}

impl ComingEnds {
    /// None is foreseen.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            foreseen: watch::Sender::new(None),
        }
    }

    /// Whoever looks after the session says how that is; they may say the same again and again.
    pub fn foresee(&self, end: Option<ComingEnd>) {
        let now = self.clock.now();
        let end = end.map(|end| Foreseen {
            cause: end.cause,
            at: now.after(end.within),
        });
        self.foreseen.send_if_modified(|known| {
            let is_news = is_news(*known, end);
            if is_news {
                *known = end;
            }
            is_news
        });
    }

    /// Tells a viewer of it, and of its changes, until its connection ends.
    pub(super) async fn tell(
        &self,
        to_tell: &mpsc::Sender<ServerMessage>,
    ) -> Result<(), TransportError> {
        let mut foreseen = self.foreseen.subscribe();
        // Each connection begins without one.
        if foreseen.borrow().is_some() {
            foreseen.mark_changed();
        }
        while foreseen.changed().await.is_ok() {
            let end = foreseen.borrow_and_update().map(|end| ComingEnd {
                cause: end.cause,
                within: end.at.since(self.clock.now()),
            });
            // The stream that it goes to ends with the visit.
            let _ = to_tell.send(ServerMessage::ComingEnd(end)).await;
        }
        std::future::pending().await
    }
}

fn is_news(known: Option<Foreseen>, end: Option<Foreseen>) -> bool {
    match (known, end) {
        (None, None) => false,
        (Some(known), Some(end)) => {
            let apart = known.at.since(end.at).max(end.at.since(known.at));
            known.cause != end.cause || apart > SAME
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_no_news() {
        let end = |cause, seconds: u64| {
            let at = Timestamp(seconds * 1_000_000);
            Some(Foreseen { cause, at })
        };
        let idle = |seconds| end(EndCause::Idle, seconds);
        for (known, said, expected) in [
            (None, None, false),
            (None, idle(60), true),
            (idle(60), idle(61), false),
            (idle(61), idle(60), false),
            (idle(60), idle(90), true),
            (idle(60), end(EndCause::MaxDuration, 60), true),
            (idle(60), None, true),
        ] {
            assert_eq!(is_news(known, said), expected, "{known:?} {said:?}");
        }
    }

    #[tokio::test]
    async fn who_comes_later_is_told_as_well() {
        let ends = ComingEnds::new(Clock::start());
        ends.foresee(Some(ComingEnd {
            cause: EndCause::Idle,
            within: Duration::from_secs(40),
        }));
        let (to_tell, mut told) = mpsc::channel(1);
        let telling = ends.tell(&to_tell);
        let first = async {
            let message = told.recv().await;
            ends.foresee(None);
            (message, told.recv().await)
        };
        tokio::select! {
            (said, withdrawn) = first => {
                let Some(ServerMessage::ComingEnd(Some(end))) = said else {
                    panic!("{said:?}");
                };
                assert_eq!(end.cause, EndCause::Idle);
                assert!(end.within <= Duration::from_secs(40));
                assert_eq!(withdrawn, Some(ServerMessage::ComingEnd(None)));
            }
            _ = telling => unreachable!("it goes on for ever"),
        }
    }
}
