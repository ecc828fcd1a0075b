//! Parities of frames that are arriving, until the frames have arrived.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::ids::StreamIndex;
use hackstream_protocol::limits::MAX_HELD_PARITIES;
use hackstream_protocol::repeat::FrameAssembly;
use hackstream_protocol::wire::parity::FrameParity;
use tokio::sync::Notify;

/// The parities of one connection.
#[derive(Default)]
pub(crate) struct Parities {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Frames that are being read, and who is to hear of their parities.
    reading: BTreeMap<StreamIndex, Arc<Notify>>,
    /// All streams before this one were accepted.
    next: StreamIndex,
    /// Oldest first. Bounded over all frames: a server may send parities of frames that never come.
    kept: VecDeque<FrameParity>,
}

impl Parities {
    /// Keeps a parity for a frame that is being read or did not begin to arrive.
    pub(crate) fn take(&self, parity: FrameParity) {
        let mut state = self.lock();
        let reader = state.reading.get(&parity.stream).cloned();
        if reader.is_none() && parity.stream < state.next {
            return;
        }
        if state.kept.len() == MAX_HELD_PARITIES {
            state.kept.pop_front();
        }
        state.kept.push_back(parity);
        if let Some(reader) = reader {
            reader.notify_one();
        }
    }

    /// The parities of the frame on `stream`, which was accepted just now.
    pub(crate) fn of(self: &Arc<Self>, stream: StreamIndex) -> ParitiesOfFrame {
        let arrived = Arc::new(Notify::new());
        let mut state = self.lock();
        state.reading.insert(stream, Arc::clone(&arrived));
        state.next = state.next.max(stream.next());
        drop(state);
        ParitiesOfFrame {
            all: Arc::clone(self),
            stream,
            arrived,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent whatever panicked while it was held: each change is one call.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parities of a frame that is being read; dropping it forgets them.
pub(crate) struct ParitiesOfFrame {
    all: Arc<Parities>,
    stream: StreamIndex,
    arrived: Arc<Notify>,
}

impl ParitiesOfFrame {
    /// Waits for one more.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Rebuilds what is missing, as far as it can be. True if nothing is missing any more.
    pub(crate) fn rebuild(&self, frame: &mut FrameAssembly) -> bool {
        let state = self.all.lock();
        let ours = state.kept.iter().filter(|kept| kept.stream == self.stream);
        let ours: Vec<_> = ours.collect();
        !ours.is_empty() && frame.rebuild(&ours)
    }
}

impl Drop for ParitiesOfFrame {
    fn drop(&mut self) {
        let mut state = self.all.lock();
        state.reading.remove(&self.stream);
        state.kept.retain(|kept| kept.stream != self.stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parity(stream: u64) -> FrameParity {
        FrameParity {
            stream: StreamIndex(stream),
            total: 3,
            from: 0,
            to: 3,
            stride: 3,
            at: 0,
            bytes: vec![1, 2, 3],
        }
    }

    #[test]
    fn parities_serve_their_frame_early_or_in_time_and_are_forgotten() {
        let parities = Arc::<Parities>::default();
        parities.take(parity(1));
        let (zero, one) = (parities.of(StreamIndex(0)), parities.of(StreamIndex(1)));
        let mut frame = FrameAssembly::default();
        assert!(!zero.rebuild(&mut frame));
        assert!(one.rebuild(&mut frame));
        assert_eq!(frame.into_bytes(), [1, 2, 3]);
        drop(one);
        parities.take(parity(1));
        assert!(parities.lock().kept.is_empty(), "too late");
    }

    #[test]
    fn parities_of_frames_that_never_come_are_bounded() {
        let parities = Arc::<Parities>::default();
        (0..1000).for_each(|stream| parities.take(parity(stream)));
        let state = parities.lock();
        assert_eq!(state.kept.len(), MAX_HELD_PARITIES);
        assert_eq!(state.kept.back(), Some(&parity(999)));
    }
}
