//! Viewers that take no more frames, or never say that they did. What they cost is bounded: nothing more
//! is made for them. The log says so once in a visit, for a person who wonders why a picture stands still.

use std::pin::pin;

use tracing::info;

/// Whether the log knows.
#[derive(Debug, Default)]
pub(super) struct Reluctance {
    told: bool,
}

impl Reluctance {
    /// The viewer has confirmed none of so many frames.
    pub(super) fn confirms_none(&mut self, frames: usize) {
        if self.tell() {
            info!(
                frames,
                "the viewer does not confirm its frames and gets no more until it does"
            );
        }
    }

    /// Does what only waits if the viewer takes no more.
    pub(super) async fn watch<T>(&mut self, sending: impl Future<Output = T>) -> T {
        let mut sending = pin!(sending);
        tokio::select! {
            biased;
            done = &mut sending => return done,
            () = std::future::ready(()) => {}
        }
        if self.tell() {
            info!("the viewer does not read its frames and gets no more until it does");
        }
        sending.await
    }

    fn tell(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }
}
