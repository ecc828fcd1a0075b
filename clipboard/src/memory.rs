//! A clipboard without a display: a program copies and pastes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hackstream_protocol::wire::clipboard::{Format, Formats, Selection};

use crate::hub::{Demand, Holding, Hub, Member, MemberId};
use crate::pipe::{Read, Wake};

/// A member of a hub that a program uses directly. Dropping it leaves the hub.
pub struct MemoryClipboard {
    hub: Arc<Hub>,
    id: MemberId,
    memory: Arc<Memory>,
}

#[derive(Default)]
struct Memory {
    state: Mutex<State>,
    /// Signalled after each change of what is offered, and when contents come.
    changed: Condvar,
}

struct State {
    own: [Vec<(Format, Vec<u8>)>; Selection::ALL.len()],
    offered: [Holding; Selection::ALL.len()],
}

impl Default for State {
    fn default() -> Self {
        Self {
            own: Default::default(),
            offered: [Holding::NOTHING; Selection::ALL.len()],
        }
    }
}

impl Member for Memory {
    fn offered(&self, selection: Selection, holding: Holding) {
        self.lock().offered[selection.index()] = holding;
        self.changed.notify_all();
    }

    fn fetch(&self, demand: Demand) {
        let bytes = {
            let state = self.lock();
            let mut own = state.own[demand.selection.index()].iter();
            let found = own.find(|(format, _)| *format == demand.format);
            found.map(|(_, bytes)| bytes.clone())
        };
        if let Some(bytes) = bytes {
            demand.writer.push(bytes);
            demand.writer.finish();
        }
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change; false if `deadline` has passed.
    fn wait<'a>(&self, state: &mut Option<MutexGuard<'a, State>>, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        let Some(guard) = state.take().filter(|_| !left.is_zero()) else {
            return false;
        };
        let waited = self.changed.wait_timeout(guard, left);
        *state = Some(waited.unwrap_or_else(PoisonError::into_inner).0);
        true
    }
}

impl MemoryClipboard {
    /// A clipboard that holds nothing.
    #[must_use]
    pub fn join(hub: Arc<Hub>) -> Self {
        let memory = Arc::<Memory>::default();
        let id = hub.join(Arc::clone(&memory) as Arc<dyn Member>);
        Self { hub, id, memory }
    }

    /// Copies: the same contents in one or more formats.
    pub fn set(&self, selection: Selection, contents: Vec<(Format, Vec<u8>)>) {
        let formats = contents.iter().map(|(format, _)| *format).collect();
        self.memory.lock().own[selection.index()] = contents;
        self.hub.hold(self.id, selection, formats);
    }

    /// What another member offers now.
    #[must_use]
    pub fn offered(&self, selection: Selection) -> Holding {
        self.memory.lock().offered[selection.index()]
    }

    /// Waits until `done` holds for what others offer, now or later; false after `timeout`.
    #[must_use]
    pub fn wait_for(
        &self,
        selection: Selection,
        mut done: impl FnMut(Formats) -> bool,
        timeout: Duration,
    ) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = Some(self.memory.lock());
        loop {
            let offered = state.as_ref().map(|s| s.offered[selection.index()]);
            if offered.is_some_and(|holding| done(holding.formats)) {
                return true;
            }
            if !self.memory.wait(&mut state, deadline) {
                return false;
            }
        }
    }

    /// Pastes what another member offers; `None` if it does not, fails to, or takes longer than
    /// `timeout`.
    #[must_use]
    pub fn paste(
        &self,
        selection: Selection,
        format: Format,
        timeout: Duration,
    ) -> Option<Vec<u8>> {
        let deadline = Instant::now() + timeout;
        let memory = Arc::clone(&self.memory);
        let wake = Wake::new(move || {
            // Not between the reader's look and its sleep.
            drop(memory.lock());
            memory.changed.notify_all();
        });
        let serial = self.offered(selection).serial;
        let reader = self.hub.fetch(selection, serial, format, wake)?;
        let mut contents = Vec::new();
        loop {
            let mut state = Some(self.memory.lock());
            match reader.next() {
                Read::Piece(piece) => contents.extend(piece),
                Read::Complete => return Some(contents),
                Read::Failed => return None,
                Read::Nothing if self.memory.wait(&mut state, deadline) => {}
                Read::Nothing => return None,
            }
        }
    }
}

impl Drop for MemoryClipboard {
    fn drop(&mut self) {
        self.hub.leave(self.id);
    }
}
