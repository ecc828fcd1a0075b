//! Waiting, while a request is answered, for what others change.

use std::time::Duration;

use hackstream_control_api::id::{SessionId, UserId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::hub::Hub;
use crate::store::Wake;

/// Marks an answer that took as long as there was nothing to say.
#[derive(Clone, Copy)]
pub(crate) struct Waited;

/// Somebody who waits, but not for ever.
pub(crate) struct Waiting {
    wakes: broadcast::Receiver<Wake>,
    ending: watch::Receiver<bool>,
    until: Instant,
}

impl Waiting {
    /// Hears of everything from now on: begun before the first look, nothing falls in between.
    pub(crate) fn begin(hub: &Hub, longest: Duration) -> Self {
        Self {
            wakes: hub.store.listen(),
            ending: hub.ending.subscribe(),
            until: Instant::now() + longest,
        }
    }

    /// Waits until there may be news of the session, or of the user's rights; `false` as of
    /// [`woken`](Self::woken).
    pub(crate) async fn news_of(&mut self, session: SessionId, user: UserId) -> bool {
        let concerns = |wake| [Wake::Session(session), Wake::User(user)].contains(&wake);
        self.woken(concerns).await
    }

    /// Waits until there may be news of what `concerns` the one who waits; `false` if there is no time
    /// left, or the hub ends.
    pub(crate) async fn woken(&mut self, concerns: impl Fn(Wake) -> bool) -> bool {
        loop {
            tokio::select! {
                wake = self.wakes.recv() => match wake {
                    Ok(wake) if concerns(wake) => return true,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
                _ = self.ending.wait_for(|ending| *ending) => return false,
                () = tokio::time::sleep_until(self.until) => return false,
            }
        }
    }
}
