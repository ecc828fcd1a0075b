//! A viewer's pointer is kept up to date.

use std::sync::Arc;

use hackstream_protocol::session::kept_cursors::KeptCursors;
use hackstream_protocol::wire::control::ServerMessage;
use hackstream_transport::{ControlWriter, TransportError};
use tokio::sync::{Mutex, watch};

use super::registry::Cursor;

/// Tells the viewer how the pointer looks, and where a program moved it, as it changes. What
/// changed several times meanwhile is told once.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn tell_cursor(
    control: &Mutex<ControlWriter<ServerMessage>>,
    mut cursor: watch::Receiver<Cursor>,
) -> Result<(), TransportError> {
    let mut kept = KeptCursors::default();
    // Where the pointer was moved before this viewer came is of no interest to it.
    let mut told = Cursor {
        shape: None,
        ..cursor.borrow().clone()
    };
    loop {
        let now = cursor.borrow_and_update().clone();
        if let Some(message) = shape_message(&told, &now, &mut kept) {
            control.lock().await.send(&message).await?;
        }
        if let Some(at) = now.warped_to.filter(|_| now.warps != told.warps) {
            let message = ServerMessage::CursorPosition(at);
            control.lock().await.send(&message).await?;
        }
        told = now;
        if cursor.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// What makes a viewer that was told of `told` show the shape of `now`; `None` if it does.
fn shape_message(told: &Cursor, now: &Cursor, kept: &mut KeptCursors) -> Option<ServerMessage> {
    let shape = now.shape.as_ref()?;
    let is_old = |old: &Arc<_>| Arc::ptr_eq(old, shape);
    if told.shape.as_ref().is_some_and(is_old) {
        return None;
    }
    if let Some(number) = kept.number_of(shape) {
        return Some(ServerMessage::CursorAgain(number));
    }
    kept.add(shape);
    Some(ServerMessage::CursorShape(shape.as_ref().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_protocol::geometry::{Point, Size};
    use hackstream_protocol::wire::control::CursorShape;

    fn cursor(colour: u32) -> Cursor {
        let shape = CursorShape {
            size: Size::new(1, 1),
            hot_spot: Point::new(0, 0),
            pixels: vec![colour],
        };
        Cursor {
            shape: Some(Arc::new(shape)),
            ..Cursor::default()
        }
    }

    #[test]
    fn a_shape_travels_once() {
        let mut kept = KeptCursors::default();
        let (none, red, blue) = (Cursor::default(), cursor(1), cursor(2));
        let mut tell = |told: &Cursor, now: &Cursor| shape_message(told, now, &mut kept);
        assert!(matches!(
            tell(&none, &red),
            Some(ServerMessage::CursorShape(_))
        ));
        assert_eq!(tell(&red, &red), None);
        assert!(matches!(
            tell(&red, &blue),
            Some(ServerMessage::CursorShape(_))
        ));
        // The same picture, read from the display anew.
        assert_eq!(tell(&blue, &cursor(1)), Some(ServerMessage::CursorAgain(0)));
        assert_eq!(tell(&red, &cursor(2)), Some(ServerMessage::CursorAgain(1)));
    }
}
