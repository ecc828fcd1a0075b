//! Contents on their way from where they were copied to where they are pasted.
//!
//! A pipe holds a few pieces. Neither end blocks: each is woken when there is something to do. When
//! the reader goes, the writer learns that nobody wants the rest.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hackstream_protocol::limits::MAX_CLIPBOARD_PIECE_BYTES;
use tokio::sync::Notify;

/// Bytes that a pipe holds before its writer should wait.
const ENOUGH: usize = 4 * MAX_CLIPBOARD_PIECE_BYTES;

/// Makes one end of a pipe look. It must not block, nor use the pipe.
#[derive(Clone)]
pub struct Wake(Arc<dyn Fn() + Send + Sync>);

impl Wake {
    /// Wakes by calling `wake`.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    /// Wakes the task that waits on `notify`.
    #[must_use]
    pub fn task(notify: &Arc<Notify>) -> Self {
        let notify = Arc::clone(notify);
        Self::new(move || notify.notify_one())
    }

    fn call(&self) {
        (self.0)();
    }
}

/// A pipe whose reader is woken by `wake`.
#[must_use]
pub fn pipe(wake: Wake) -> (Writer, Reader) {
    let shared = Arc::new(Mutex::new(Pipe {
        pieces: VecDeque::new(),
        bytes: 0,
        end: End::Open,
        reader: Some(wake),
        writer: None,
    }));
    (Writer(Arc::clone(&shared)), Reader(shared))
}

struct Pipe {
    pieces: VecDeque<Vec<u8>>,
    bytes: usize,
    end: End,
    /// How to wake the reader; `None` once it has gone.
    reader: Option<Wake>,
    /// How to wake the writer, once it has said so.
    writer: Option<Wake>,
}

/// What the writer said last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Complete,
    Failed,
}

/// Where contents go in. Dropping it without [`finish`](Self::finish) tells that they failed.
pub struct Writer(Arc<Mutex<Pipe>>);

/// Where contents come out. Dropping it tells that nobody wants the rest.
pub struct Reader(Arc<Mutex<Pipe>>);

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// The next piece: at least one byte, at most [`MAX_CLIPBOARD_PIECE_BYTES`].
    Piece(Vec<u8>),
    /// Nothing yet; the reader will be woken.
    Nothing,
    /// All pieces were read.
    Complete,
    /// The rest will not come.
    Failed,
}

impl Writer {
    /// Has `wake` called when there is room again, or the reader has gone.
    pub fn on_room(&self, wake: Wake) {
        locked(&self.0).writer = Some(wake);
    }

    /// Whether the pipe takes more. It takes whatever is pushed; an honest writer asks before.
    #[must_use]
    pub fn has_room(&self) -> bool {
        locked(&self.0).bytes < ENOUGH
    }

    /// Whether anybody wants the rest.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        locked(&self.0).reader.is_some()
    }

    /// Puts in the next bytes.
    pub fn push(&self, bytes: Vec<u8>) {
        let mut pipe = locked(&self.0);
        if bytes.is_empty() || pipe.reader.is_none() {
            return;
        }
        pipe.bytes += bytes.len();
        if bytes.len() <= MAX_CLIPBOARD_PIECE_BYTES {
            pipe.pieces.push_back(bytes);
        } else {
            let pieces = bytes.chunks(MAX_CLIPBOARD_PIECE_BYTES);
            pipe.pieces.extend(pieces.map(<[u8]>::to_vec));
        }
        wake(pipe.reader.clone(), pipe);
    }

    /// Says that the contents are complete.
    pub fn finish(&self) {
        self.end(End::Complete);
    }

    fn end(&self, end: End) {
        let mut pipe = locked(&self.0);
        if pipe.end == End::Open {
            pipe.end = end;
            wake(pipe.reader.clone(), pipe);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.end(End::Failed);
    }
}

impl Reader {
    /// The next piece, if there is one.
    pub fn next(&self) -> Read {
        let mut pipe = locked(&self.0);
        let Some(piece) = pipe.pieces.pop_front() else {
            return match pipe.end {
                End::Open => Read::Nothing,
                End::Complete => Read::Complete,
                End::Failed => Read::Failed,
            };
        };
        let was_full = pipe.bytes >= ENOUGH;
        pipe.bytes -= piece.len();
        if was_full && pipe.bytes < ENOUGH {
            wake(pipe.writer.clone(), pipe);
        }
        Read::Piece(piece)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut pipe = locked(&self.0);
        pipe.reader = None;
        pipe.pieces.clear();
        pipe.bytes = 0;
        wake(pipe.writer.clone(), pipe);
    }
}

/// Wakes an end, when the pipe is free for it.
fn wake(end: Option<Wake>, pipe: MutexGuard<'_, Pipe>) {
    drop(pipe);
    if let Some(end) = end {
        end.call();
    }
}

/// A pipe stays consistent whatever panicked while it was locked.
fn locked(pipe: &Mutex<Pipe>) -> MutexGuard<'_, Pipe> {
    pipe.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn counter() -> (Arc<AtomicU32>, Wake) {
        let count = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&count);
        let wake = Wake::new(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        (count, wake)
    }

    #[test]
    fn what_goes_in_comes_out_in_pieces_and_ends() {
        let (woken, wake) = counter();
        let (writer, reader) = pipe(wake);
        assert_eq!(reader.next(), Read::Nothing);
        let bytes: Vec<u8> = (0..150_000u32).map(|i| i as u8).collect();
        writer.push(bytes.clone());
        writer.finish();
        assert!(woken.load(Ordering::Relaxed) >= 2);
        let mut read = Vec::new();
        while let Read::Piece(piece) = reader.next() {
            assert!(piece.len() <= MAX_CLIPBOARD_PIECE_BYTES);
            read.extend(piece);
        }
        assert_eq!(read, bytes);
        assert_eq!(reader.next(), Read::Complete);
    }

    #[test]
    fn a_full_pipe_wakes_its_writer_when_there_is_room() {
        let (woken, wake) = counter();
        let (writer, reader) = pipe(Wake::new(|| {}));
        writer.on_room(wake);
        while writer.has_room() {
            writer.push(vec![0; 10_000]);
        }
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        assert!(matches!(reader.next(), Read::Piece(_)));
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        assert!(writer.has_room());
        drop(reader);
        assert!(!writer.is_wanted());
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_writer_that_gives_up_fails_what_is_left() {
        let (writer, reader) = pipe(Wake::new(|| {}));
        writer.push(vec![1]);
        drop(writer);
        assert_eq!(reader.next(), Read::Piece(vec![1]));
        assert_eq!(reader.next(), Read::Failed);
    }
}
