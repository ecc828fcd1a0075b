//! Sending a session's log to the hub: what there is, and then what comes.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::limits::MAX_LOG_CHUNK_BYTES;
use hackstream_control_api::node::{LogChunk, SendLog};
use tracing::warn;

use super::hub::Hub;
use crate::driver::{Driver, LogPiece};

/// Bytes that are sent at once: what is no UTF-8 may become three times as many.
const PIECE: usize = MAX_LOG_CHUNK_BYTES / 3;

/// Between two looks for more, while somebody reads.
const LOOK: Duration = Duration::from_millis(300);

/// Looks without anything new after which the hub is asked whether somebody still reads.
const LOOKS: u32 = 30;

/// The logs that are being sent: each once, however often the hub asks.
#[derive(Debug, Default)]
pub struct Logs {
    wishes: Mutex<Wishes>,
}

#[derive(Debug, Default)]
struct Wishes {
    /// How many there were so far.
    count: u64,
    /// By session, the number of the last one.
    last: BTreeMap<SessionId, u64>,
}

impl Logs {
    /// Sends a log from where the hub wishes on, until nobody wants more of it, it is complete, or the
    /// hub is gone: then the hub asks again. An earlier wish for the same log is over.
    ///
    /// # Errors
    /// The system's, if it has no threads.
    pub(super) fn send(
        self: &Arc<Self>,
        driver: Arc<dyn Driver>,
        hub: Arc<Hub>,
        wish: &SendLog,
    ) -> io::Result<()> {
        let (logs, wish) = (Arc::clone(self), wish.clone());
        let number = logs.wished(wish.session);
        let sending = thread::Builder::new().name("log".to_owned());
        sending.spawn(move || {
            let is_wanted = || logs.is_last(wish.session, number);
            send(&driver, &hub, &wish, is_wanted);
            logs.done(wish.session, number);
        })?;
        Ok(())
    }

    fn wished(&self, session: SessionId) -> u64 {
        let mut wishes = self.wishes();
        wishes.count += 1;
        let number = wishes.count;
        wishes.last.insert(session, number);
        number
    }

    fn is_last(&self, session: SessionId, number: u64) -> bool {
        self.wishes().last.get(&session) == Some(&number)
    }

    fn done(&self, session: SessionId, number: u64) {
        let mut wishes = self.wishes();
        if wishes.last.get(&session) == Some(&number) {
            wishes.last.remove(&session);
        }
    }

    fn wishes(&self) -> MutexGuard<'_, Wishes> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(driver: &Arc<dyn Driver>, hub: &Hub, wish: &SendLog, is_wanted: impl Fn() -> bool) {
    let session = wish.session;
    // What there is is told at once, also where it is nothing.
    let (mut next, mut looks) = (wish.after, LOOKS);
    while is_wanted() {
        let piece = match driver.log(session, next, PIECE) {
            Ok(piece) => piece,
            Err(error) => return warn!(%session, %error, "a log cannot be read"),
        };
        if piece.bytes.is_empty() && !piece.is_last && looks < LOOKS {
            looks += 1;
            thread::sleep(LOOK);
            continue;
        }
        looks = 0;
        let chunk = chunk(&piece);
        next = chunk.end;
        match hub.log(session, &chunk) {
            Ok(answer) if answer.wanted && !chunk.complete => {}
            Ok(_) => return,
            Err(error) => return warn!(%session, %error, "a log is not sent"),
        }
    }
}

fn chunk(piece: &LogPiece) -> LogChunk {
    let bytes = match piece.is_last {
        true => &piece.bytes[..],
        // A character that is not whole yet comes with the next piece.
        false => &piece.bytes[..whole(&piece.bytes)],
    };
    LogChunk {
        offset: piece.offset,
        text: String::from_utf8_lossy(bytes).into_owned(),
        end: piece.offset + bytes.len() as u64,
        latest: piece.bytes.len() < PIECE,
        complete: piece.is_last,
    }
}

/// Bytes up to a character at the end that may be cut; all if that is the only one.
fn whole(bytes: &[u8]) -> usize {
    let cut = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    if cut == 0 { bytes.len() } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(bytes: &[u8], is_last: bool) -> LogPiece {
        LogPiece {
            offset: 10,
            bytes: bytes.to_vec(),
            is_last,
        }
    }

    #[test]
    fn characters_stay_whole() {
        let cut = chunk(&piece(
            "caf\u{e9}".as_bytes().split_last().unwrap().1,
            false,
        ));
        assert_eq!((cut.text.as_str(), cut.end), ("caf", 13));
        let last = chunk(&piece(b"caf\xc3", true));
        assert_eq!(
            (last.text.as_str(), last.end, last.complete),
            ("caf\u{fffd}", 14, true)
        );
        let noise = chunk(&piece(b"\xff\xfe", false));
        assert_eq!((noise.text.as_str(), noise.end), ("\u{fffd}\u{fffd}", 12));
    }
}
