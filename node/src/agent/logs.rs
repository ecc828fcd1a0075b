//! Sending a session's log to the hub: what there is, and then what comes.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::limits::MAX_LOG_CHUNK_BYTES;
use hackstream_control_api::node::LogChunk;
use tracing::warn;

use super::hub::Hub;
use crate::driver::{Driver, LogPiece};

/// Between two looks for more, while somebody reads.
const LOOK: Duration = Duration::from_millis(300);

/// Looks without anything new after which the hub is asked whether somebody still reads.
const LOOKS: u32 = 30;

/// Sends the log from `after` on until nobody wants more of it, it is complete, or the hub is gone: then
/// the hub asks again.
pub(super) fn send(driver: &Arc<dyn Driver>, hub: &Hub, session: SessionId, after: u64) {
    let (mut next, mut looks) = (after, 0);
    loop {
        // What is no UTF-8 may take three times as many bytes.
        let piece = match driver.log(session, next, MAX_LOG_CHUNK_BYTES / 3) {
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
