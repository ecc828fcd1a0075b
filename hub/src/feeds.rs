//! The logs that somebody reads at this moment: pieces come from nodes and go to readers. Nothing of
//! them is kept here.
//!
//! A node sends a log from where it was told to, piece after piece, in a stream. There may be several
//! streams of one log, begun for readers that want it from different places. Each reader takes from any
//! of them what comes next for it, so that none gets a piece twice; a stream that is of no use to any
//! reader is told to end.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::LogChunk;
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

/// Readers of one log.
pub const MOST_READERS: usize = 4;

/// How long a reader may keep a stream waiting.
const SLOWEST: Duration = Duration::from_secs(10);

/// The logs that are read.
#[derive(Clone, Default)]
pub struct Feeds(Arc<Lock<HashMap<SessionId, Open>>>);

/// A log that is read, and by how many.
struct Open {
    feed: Arc<Mutex<Feed>>,
    readers: usize,
}

/// Somebody reads a log while this lives.
pub struct Reading {
    feeds: Feeds,
    session: SessionId,
    /// What comes, in its order; one without a text says that nothing new is there.
    pub pieces: mpsc::Receiver<LogChunk>,
}

impl Feeds {
    /// Reads a log from byte `after` on; `None` if too many do.
    pub async fn read(&self, session: SessionId, after: u64) -> Option<Reading> {
        let feed = self.join(session)?;
        let (to, pieces) = mpsc::channel(1);
        // From here on dropped like any other, should the asker go.
        let reading = Reading {
            feeds: self.clone(),
            session,
            pieces,
        };
        let reader = Reader {
            next: after,
            is_fresh: true,
            to,
        };
        feed.lock().await.readers.push(reader);
        Some(reading)
    }

    fn join(&self, session: SessionId) -> Option<Arc<Mutex<Feed>>> {
        let mut all = self.all();
        let open = all.entry(session).or_insert_with(|| Open {
            feed: Arc::default(),
            readers: 0,
        });
        if open.readers >= MOST_READERS {
            return None;
        }
        open.readers += 1;
        Some(Arc::clone(&open.feed))
    }

    /// Gives a piece of a log to those who read it; whether its stream is of use to any of them.
    /// Waits for readers that are slow, but not for ever.
    pub async fn offer(&self, session: SessionId, piece: &LogChunk) -> bool {
        let feed = self.all().get(&session).map(|open| Arc::clone(&open.feed));
        match feed {
            None => false,
            Some(feed) => feed.lock().await.offer(piece).await,
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<SessionId, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut all = self.feeds.all();
        if let Some(open) = all.get_mut(&self.session) {
            open.readers -= 1;
            if open.readers == 0 {
                all.remove(&self.session);
            }
        }
    }
}

/// One log.
#[derive(Default)]
struct Feed {
    readers: Vec<Reader>,
    /// Where each stream is.
    streams: Vec<u64>,
}

struct Reader {
    /// The first byte that it has not got.
    next: u64,
    /// Whether it has got nothing yet: what it wants may be kept no longer.
    is_fresh: bool,
    to: mpsc::Sender<LogChunk>,
}

impl Feed {
    async fn offer(&mut self, piece: &LogChunk) -> bool {
        self.readers.retain(|reader| !reader.to.is_closed());
        let is_new = !self.streams.contains(&piece.offset);
        self.streams.retain(|at| *at != piece.offset);
        // The beginning may be gone: that of who wanted to have it from there, not of others.
        let is_wanted_here = self.readers.iter().any(|each| each.next == piece.offset);
        let mut is_of_use = false;
        let mut slow = Vec::new();
        for (index, reader) in self.readers.iter_mut().enumerate() {
            if is_new && !is_wanted_here && reader.is_fresh && reader.next < piece.offset {
                reader.next = piece.offset;
            }
            let Some(rest) = rest(piece, reader.next) else {
                continue;
            };
            (reader.next, reader.is_fresh) = (rest.end, false);
            match timeout(SLOWEST, reader.to.send(rest)).await {
                Ok(Ok(())) => is_of_use = true,
                _ => slow.push(index),
            }
        }
        for index in slow.into_iter().rev() {
            self.readers.swap_remove(index);
        }
        if is_of_use && !piece.complete {
            self.streams.push(piece.end);
        }
        is_of_use
    }
}

/// What of a piece is new to who has everything before `next`; `None` if it is for others.
fn rest(piece: &LogChunk, next: u64) -> Option<LogChunk> {
    let says_nothing_new = piece.end == next && (piece.text.is_empty() || piece.complete);
    if next < piece.offset || (next >= piece.end && !says_nothing_new) {
        return None;
    }
    let mut skip = usize::try_from(next - piece.offset).unwrap_or(usize::MAX);
    // Where bytes were replaced the text is longer than the log; a character more or less is lost then.
    skip = skip.min(piece.text.len());
    while !piece.text.is_char_boundary(skip) {
        skip += 1;
    }
    Some(LogChunk {
        offset: next,
        text: piece.text[skip..].to_owned(),
        end: piece.end,
        latest: piece.latest,
        complete: piece.complete,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOG: &str = "the quick brown fox jumps over the lazy dog, and nobody knows why it does";

    fn session() -> SessionId {
        "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
    }

    fn piece(from: usize, to: usize) -> LogChunk {
        LogChunk {
            offset: from as u64,
            text: LOG[from..to].to_owned(),
            end: to as u64,
            latest: false,
            complete: to == LOG.len(),
        }
    }

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    }

    /// All that a reader gets until the log is complete.
    async fn all(mut reading: Reading) -> String {
        let mut text = String::new();
        while let Some(piece) = reading.pieces.recv().await {
            text += &piece.text;
            if piece.complete {
                break;
            }
        }
        text
    }

    proptest! {
        #[test]
        fn each_gets_all_once_from_whatever_streams(
            cuts in proptest::collection::vec(1_usize..20, 1..12),
            other in proptest::collection::vec(1_usize..20, 1..12),
            turns in proptest::collection::vec(any::<bool>(), 0..40),
            after in 0_usize..40,
        ) {
            let (first, second, use_of) = runtime().block_on(async {
                let feeds = Feeds::default();
                let first = feeds.read(session(), 0).await.unwrap();
                let second = feeds.read(session(), after as u64).await.unwrap();
                let readers = async { tokio::join!(all(first), all(second)) };
                let streams = async {
                    let mut at = [0, after];
                    let mut turns = turns.into_iter().chain(std::iter::repeat(true));
                    let mut sizes = [cuts.into_iter().cycle(), other.into_iter().cycle()];
                    while at[0] < LOG.len() {
                        let which = usize::from(!turns.next().unwrap_or(true));
                        if at[which] >= LOG.len() {
                            continue;
                        }
                        let to = (at[which] + sizes[which].next().unwrap_or(1)).min(LOG.len());
                        feeds.offer(session(), &piece(at[which], to)).await;
                        at[which] = to;
                    }
                    feeds.offer(session(), &piece(0, 5)).await
                };
                let ((first, second), use_of) = tokio::join!(readers, streams);
                (first, second, use_of)
            });
            prop_assert_eq!(first, LOG);
            prop_assert_eq!(second, &LOG[after..]);
            prop_assert!(!use_of, "who has all of it wants more");
        }
    }

    #[test]
    fn what_is_kept_no_longer_is_not_waited_for() {
        runtime().block_on(async {
            let feeds = Feeds::default();
            let mut reading = feeds.read(session(), 0).await.unwrap();
            assert!(feeds.offer(session(), &piece(10, 15)).await);
            let got = reading.pieces.recv().await.unwrap();
            assert_eq!((got.offset, got.text.as_str()), (10, &LOG[10..15]));
            // Nor does anybody get what another stream has, further on.
            assert!(!feeds.offer(session(), &piece(30, 35)).await);
        });
    }

    #[test]
    fn nobody_reads_nothing_is_wanted_and_nothing_kept() {
        runtime().block_on(async {
            let feeds = Feeds::default();
            assert!(!feeds.offer(session(), &piece(0, 5)).await);
            let mut readers = Vec::new();
            for _ in 0..MOST_READERS {
                readers.push(feeds.read(session(), 0).await.unwrap());
            }
            assert!(feeds.read(session(), 0).await.is_none());
            readers.pop();
            let last = feeds.read(session(), 0).await;
            assert!(last.is_some());
            drop((readers, last));
            assert!(feeds.all().is_empty());
            assert!(!feeds.offer(session(), &piece(0, 5)).await);
        });
    }
}
