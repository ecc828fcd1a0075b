//! What the person does, on its way to the server.

use std::time::Instant;

use hackstream_protocol::ids::InputSeq;
use hackstream_protocol::wire::StreamKind;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::{Connection, TransportError};
use tokio::sync::mpsc::UnboundedReceiver;

use super::input_repeats::InputRepeats;
use crate::stats::expects_answer;

/// Bytes of one write; a batch ends at the first event beyond.
const BATCH_BYTES: usize = 1024;

/// Writes events as they come until there are no more senders. `sent` is told the number of each
/// that expects an answer, and when it leaves.
///
/// # Errors
/// [`TransportError`] if the connection is gone.
pub(super) async fn write(
    connection: Connection,
    mut events: UnboundedReceiver<InputEvent>,
    sent: impl Fn(InputSeq, Instant),
) -> Result<(), TransportError> {
    let mut stream = connection.open_records(StreamKind::Input).await?;
    let mut repeats = InputRepeats::new(connection);
    let mut bytes = Vec::with_capacity(BATCH_BYTES + 16);
    let mut number = InputSeq(0);
    loop {
        let first = tokio::select! {
            biased;
            event = events.recv() => match event {
                Some(event) => event,
                None => return Ok(()),
            },
            () = repeats.due() => {
                repeats.send()?;
                continue;
            }
        };
        bytes.clear();
        let at = Instant::now();
        let write = |event: InputEvent, out: &mut Vec<u8>| {
            number = number.next();
            if expects_answer(&event) {
                sent(number, at);
            }
            repeats.note(event, at);
            event.write(out);
        };
        batch(first, || events.try_recv().ok(), &mut bytes, write);
        stream.write(&bytes).await?;
        repeats.written(bytes.len(), at);
    }
}

/// Puts `first` and whatever else is waiting into `out` by `write`. Motions of the pointer in a row
/// become one: a link that was blocked must not replay the way the pointer took.
fn batch(
    first: InputEvent,
    mut more: impl FnMut() -> Option<InputEvent>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(InputEvent, &mut Vec<u8>),
) {
    let mut pending = first;
    while out.len() < BATCH_BYTES {
        let Some(next) = more() else { break };
        pending = merged(pending, next).unwrap_or_else(|| {
            write(pending, out);
            next
        });
    }
    write(pending, out);
}

/// The one motion that is as good as two.
fn merged(first: InputEvent, second: InputEvent) -> Option<InputEvent> {
    match (first, second) {
        (InputEvent::PointerMotion(_), InputEvent::PointerMotion(_)) => Some(second),
        (
            InputEvent::PointerMoved { right, down },
            InputEvent::PointerMoved {
                right: more_right,
                down: more_down,
            },
        ) => Some(InputEvent::PointerMoved {
            right: right.checked_add(more_right)?,
            down: down.checked_add(more_down)?,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::Point;
    use hackstream_protocol::wire::bytes::Reader;
    use hackstream_protocol::wire::input::{Button, Transition};

    fn write(event: InputEvent, out: &mut Vec<u8>) {
        event.write(out);
    }

    #[test]
    fn only_motions_in_a_row_are_merged() {
        let motion = |x| InputEvent::PointerMotion(Point::new(x, 0));
        let press = InputEvent::Button(Button(1), Transition::Press);
        let mut waiting = [motion(2), press, motion(3), motion(4)].into_iter();
        let mut bytes = Vec::new();
        batch(motion(1), || waiting.next(), &mut bytes, write);
        let mut reader = Reader::new(&bytes);
        let read: Vec<_> = std::iter::from_fn(|| InputEvent::read(&mut reader).ok()).collect();
        assert_eq!(read, [motion(2), press, motion(4)]);
    }

    #[test]
    fn movements_in_a_row_add_up() {
        let moved = |right, down| InputEvent::PointerMoved { right, down };
        assert_eq!(merged(moved(3, -4), moved(2, 1)), Some(moved(5, -3)));
        assert_eq!(merged(moved(i16::MAX, 0), moved(1, 0)), None);
        let motion = InputEvent::PointerMotion(Point::new(1, 1));
        assert_eq!(merged(moved(1, 1), motion), None);
    }

    #[test]
    fn a_batch_ends_and_nothing_is_lost() {
        let press = InputEvent::Button(Button(1), Transition::Press);
        let mut left = 2000;
        let mut written = 0;
        while left > 0 {
            left -= 1;
            let mut bytes = Vec::new();
            let more = || {
                let any = left > 0;
                left -= i32::from(any);
                any.then_some(press)
            };
            batch(press, more, &mut bytes, write);
            assert!(bytes.len() <= BATCH_BYTES + 16);
            written += bytes.len() / 2;
        }
        assert_eq!(written, 2000);
    }
}
