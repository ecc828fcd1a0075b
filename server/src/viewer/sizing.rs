//! The session's screen follows the window of whoever changed it last.
//!
//! Wishes are merged, not queued: a window that is dragged larger makes a wish for each step of it,
//! and only the newest is of interest. Programs lay out all they show for a new size, so they get
//! time for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_capture::Capture;
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::{Scale, ViewerWindow};
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::log_quota::LogQuota;

/// Smallest edge of a screen: below it no window manager and no program makes sense.
pub const SMALLEST_EDGE: u32 = 64;

/// Least time between two changes of the size.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the wishes of viewers.
pub struct Sizing {
    wishes: watch::Sender<Option<ViewerWindow>>,
    largest: Option<Size>,
    /// The size that the screen is about to have; `None` while no wish is open.
    coming: Arc<watch::Sender<Option<Size>>>,
}

impl Sizing {
    /// The screen keeps its size, whatever viewers wish for.
    #[must_use]
    pub fn fixed() -> Self {
        Self {
            wishes: watch::Sender::new(None),
            largest: None,
            coming: Arc::default(),
        }
    }

    /// The screen of `capture` follows the wishes, up to a size. Needs a runtime to run in.
    #[must_use]
    pub fn following(capture: Arc<Capture>, largest: Size) -> Self {
        let (wishes, wished) = watch::channel(None);
        let coming = Arc::<watch::Sender<_>>::default();
        tokio::spawn(follow(capture, wished, Arc::clone(&coming)));
        Self {
            wishes,
            coming,
            largest: Some(largest),
        }
    }

    /// A viewer has this window now.
    pub fn wish(&self, window: ViewerWindow) {
        let Some(largest) = self.largest else { return };
        let edge = |wished: u32, most: u32| wished.clamp(SMALLEST_EDGE.min(most), most);
        let size = Size::new(
            edge(window.size.width, largest.width),
            edge(window.size.height, largest.height),
        );
        self.coming.send_replace(Some(size));
        self.wishes
            .send_replace(Some(ViewerWindow { size, ..window }));
    }

    /// The size that the screen is about to have, now and whenever that changes.
    #[must_use]
    pub fn coming(&self) -> watch::Receiver<Option<Size>> {
        self.coming.subscribe()
    }
}

/// Fulfils the newest wish until nobody can have one any more.
async fn follow(
    capture: Arc<Capture>,
    mut wished: watch::Receiver<Option<ViewerWindow>>,
    coming: Arc<watch::Sender<Option<Size>>>,
) {
    let mut scale = Scale::ONE;
    let mut quota = LogQuota::new(Instant::now());
    while wished.changed().await.is_ok() {
        let Some(window) = *wished.borrow_and_update() else {
            continue;
        };
        if window.size == capture.size() && window.scale == scale {
            came(&coming, window.size);
            continue;
        }
        scale = window.scale;
        let capture = Arc::clone(&capture);
        let resized =
            tokio::task::spawn_blocking(move || capture.resize(window.size, window.scale));
        match resized.await {
            Ok(Ok(())) => debug!(size = %window.size, scale = window.scale.percent(), "resized"),
            Ok(Err(error)) if quota.allows(Instant::now()) => {
                warn!(size = %window.size, %error, "cannot resize the screen");
            }
            Ok(Err(error)) => debug!(size = %window.size, %error, "cannot resize the screen"),
            Err(_) => return,
        }
        came(&coming, window.size);
        tokio::time::sleep(PAUSE).await;
    }
}

/// The screen has this size now, or keeps another: unless there is a newer wish, nothing is to come.
fn came(coming: &watch::Sender<Option<Size>>, size: Size) {
    coming.send_if_modified(|coming| {
        let is_last = *coming == Some(size);
        if is_last {
            *coming = None;
        }
        is_last
    });
}
