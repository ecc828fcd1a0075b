//! Who holds which clipboard, and who wants to know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::wire::clipboard::{Format, Formats, Selection};

use crate::pipe::{Reader, Wake, Writer, pipe};

/// A place where somebody copies and pastes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberId(u64);

/// What a clipboard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Grows with every change of any clipboard; 0 before the first.
    pub serial: u64,
    /// What it can be pasted as; empty if it holds nothing.
    pub formats: Formats,
    /// Whose contents they are.
    holder: Option<MemberId>,
}

impl Holding {
    /// A clipboard that never held anything.
    pub const NOTHING: Self = Self {
        serial: 0,
        formats: Formats::NONE,
        holder: None,
    };
}

/// Somebody pastes.
pub struct Demand {
    /// From which clipboard.
    pub selection: Selection,
    /// As what.
    pub format: Format,
    /// Where the contents go.
    pub writer: Writer,
}

/// What a hub asks of a member. No call may block or call the hub.
pub trait Member: Send + Sync {
    /// A clipboard holds something of another member's, or nothing any more.
    fn offered(&self, selection: Selection, holding: Holding);

    /// Somebody pastes what this member holds.
    fn fetch(&self, demand: Demand);
}

/// Where the clipboards of some members come together: what one of them holds, the others offer.
#[derive(Default)]
pub struct Hub {
    state: Mutex<State>,
}

struct State {
    members: BTreeMap<MemberId, Arc<dyn Member>>,
    last_member: u64,
    last_serial: u64,
    held: [Holding; Selection::ALL.len()],
}

impl Default for State {
    fn default() -> Self {
        Self {
            members: BTreeMap::new(),
            last_member: 0,
            last_serial: 0,
            held: [Holding::NOTHING; Selection::ALL.len()],
        }
    }
}

impl Hub {
    /// A hub without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a member, and tells it what there is.
    pub fn join(&self, member: Arc<dyn Member>) -> MemberId {
        let mut state = self.lock();
        state.last_member += 1;
        let id = MemberId(state.last_member);
        for selection in Selection::ALL {
            let holding = state.held[selection.index()];
            if holding != Holding::NOTHING {
                member.offered(selection, holding);
            }
        }
        state.members.insert(id, member);
        id
    }

    /// Takes a member away, and with it what it holds.
    pub fn leave(&self, id: MemberId) {
        for selection in Selection::ALL {
            self.hold(id, selection, Formats::NONE);
        }
        self.lock().members.remove(&id);
    }

    /// A member holds something new; its number. That it holds nothing means nothing, and gets no
    /// number, while another one does.
    pub fn hold(&self, id: MemberId, selection: Selection, formats: Formats) -> Option<u64> {
        let mut state = self.lock();
        let held = state.held[selection.index()];
        if formats.is_empty() && held.holder != Some(id) {
            return None;
        }
        state.last_serial += 1;
        let holding = Holding {
            serial: state.last_serial,
            formats,
            holder: (!formats.is_empty()).then_some(id),
        };
        state.held[selection.index()] = holding;
        // Told under the lock, so that all members hear of changes in the same order.
        for (_, member) in state.members.iter().filter(|(other, _)| **other != id) {
            member.offered(selection, holding);
        }
        Some(holding.serial)
    }

    /// Pastes what was offered with the number `serial`; `wake` tells that contents came. `None` if
    /// that is no longer what the clipboard holds, or not in this format.
    pub fn fetch(
        &self,
        selection: Selection,
        serial: u64,
        format: Format,
        wake: Wake,
    ) -> Option<Reader> {
        let holder = {
            let state = self.lock();
            let held = state.held[selection.index()];
            if held.serial != serial || !held.formats.contains(format) {
                return None;
            }
            Arc::clone(state.members.get(&held.holder?)?)
        };
        let (writer, reader) = pipe(wake);
        holder.fetch(Demand {
            selection,
            format,
            writer,
        });
        Some(reader)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Consistent whatever panicked: a member's calls come last.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::Read;

    #[derive(Default)]
    struct Recorder {
        offers: Mutex<Vec<(Selection, Formats)>>,
    }

    impl Member for Recorder {
        fn offered(&self, selection: Selection, holding: Holding) {
            let mut offers = self.offers.lock().unwrap();
            offers.push((selection, holding.formats));
        }

        fn fetch(&self, demand: Demand) {
            demand.writer.push(b"contents".to_vec());
            demand.writer.finish();
        }
    }

    impl Recorder {
        fn offers(&self) -> Vec<(Selection, Formats)> {
            std::mem::take(&mut self.offers.lock().unwrap())
        }
    }

    fn text() -> Formats {
        [Format::Text].into_iter().collect()
    }

    #[test]
    fn what_one_holds_the_others_hear_of_and_never_itself() {
        let (hub, a, b) = (
            Hub::new(),
            Arc::<Recorder>::default(),
            Arc::<Recorder>::default(),
        );
        let (first, second) = (hub.join(a.clone()), hub.join(b.clone()));
        hub.hold(first, Selection::Primary, text());
        assert_eq!(b.offers(), [(Selection::Primary, text())]);
        assert_eq!(a.offers(), []);
        // Nothing of the second's is there to vanish.
        hub.hold(second, Selection::Primary, Formats::NONE);
        assert_eq!(a.offers(), []);
        let late = Arc::<Recorder>::default();
        hub.join(late.clone());
        assert_eq!(late.offers(), [(Selection::Primary, text())]);
        hub.leave(first);
        assert_eq!(b.offers(), [(Selection::Primary, Formats::NONE)]);
    }

    #[test]
    fn only_the_newest_offer_is_fetched() {
        let (hub, a) = (Hub::new(), Arc::<Recorder>::default());
        let id = hub.join(a);
        hub.hold(id, Selection::Clipboard, text());
        hub.hold(id, Selection::Clipboard, text());
        let fetch =
            |serial, format| hub.fetch(Selection::Clipboard, serial, format, Wake::new(|| {}));
        assert!(fetch(1, Format::Text).is_none());
        assert!(fetch(2, Format::Png).is_none());
        let reader = fetch(2, Format::Text).unwrap();
        assert_eq!(reader.next(), Read::Piece(b"contents".to_vec()));
    }
}
