//! How soon after an outage a viewer shows what is there.

use std::time::{Duration, Instant};

use hackstream_view::headless::{LinkState, Viewer};

use crate::PATIENCE;
use crate::compare::{Picture, Screen, assert_same, rest};
use crate::folder::Folder;
use crate::processor::Busy;
use crate::server::Server;

/// After so long the picture is exact again, however long the outage was: what passes until the viewer
/// knocks again, and some round trips.
const SOON: Duration = Duration::from_secs(2);

/// An outage whose end is near. The server's screen has come to rest.
pub struct Heal<'a> {
    server: &'a Server,
    viewer: &'a Viewer,
    expected: Picture,
}

impl<'a> Heal<'a> {
    /// Waits until the screen rests.
    ///
    /// # Panics
    /// If it never does.
    #[must_use]
    pub fn of(server: &'a Server, viewer: &'a Viewer) -> Self {
        rest(server, "an outage");
        Self {
            server,
            viewer,
            expected: server.picture(),
        }
    }

    /// Ends the outage with `mend`. Then the viewer must be live and show what is there soon.
    ///
    /// What counts is time in which neither server, viewer nor test ran or waited for a processor: what
    /// they waited for then are timers and each other's packets. A slow or busy machine does not make
    /// that longer, only the sum. Other tests that run in this process count as busy.
    ///
    /// # Panics
    /// If it takes longer.
    pub fn after(self, mend: impl FnOnce()) {
        let folders: [&Folder; 1] = [self.server.folder()];
        let busy = Busy::since_now(&folders);
        mend();
        let mended = Instant::now();
        let live = (self.viewer).wait_for_link(|link| link == LinkState::Live, PATIENCE);
        assert!(live, "it does not come back: {:?}", self.viewer.link());
        let after_live = mended.elapsed();
        // Looked at after each frame, not again and again, which would keep a processor busy.
        let expected = &self.expected;
        let is_exact = |picture: &hackstream_view::headless::Picture| {
            picture.size() == expected.size && picture.pixels() == expected.pixels
        };
        if !self.viewer.wait_for(is_exact, PATIENCE) {
            assert_same("after an outage", expected, &self.viewer.picture());
        }
        let (exact, busy) = (mended.elapsed(), busy.so_far());
        eprintln!("live {after_live:?} after the heal, exact {exact:?}, of it {busy:?} busy");
        let idle = exact.saturating_sub(busy);
        assert!(idle <= SOON, "{exact:?} after the heal, {busy:?} busy");
    }
}
