//! A viewer that can show less than the screen gets a smaller picture.
//!
//! How much room a viewer has is its own to say; the pump scales as that and the screen demand. A viewer
//! whose window the screen follows gets the whole of it: while the screen is on its way to fit, nothing
//! is scaled, because that picture would be thrown away a moment later.

use hackstream_protocol::fit::{Fit, Room};
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::control::ServerMessage;
use hackstream_transport::{ControlWriter, TransportError};
use tokio::sync::{Mutex, watch};

use super::inbox::Inbox;
use super::sizing::SMALLEST_EDGE;

/// Hands the viewer's room to its pump, whenever it changes and the screen is not about to fit into it.
/// `coming` is the size that the screen is about to have, if it is.
pub(super) async fn follow_room(
    mut rooms: watch::Receiver<Option<Room>>,
    mut coming: watch::Receiver<Option<Size>>,
    inbox: &Inbox,
) -> ! {
    loop {
        let room = rooms.borrow_and_update().map(usable);
        while let Some(room) = room {
            let size = *coming.borrow_and_update();
            let will_fit = size.is_some_and(|size| !Fit::of(size, room).is_scaled());
            if !will_fit || coming.changed().await.is_err() {
                inbox.room(room);
                break;
            }
        }
        if rooms.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Room for a picture in which something can be seen.
fn usable(room: Room) -> Room {
    match room {
        Room::Unlimited => Room::Unlimited,
        Room::AtMost(size) => Room::AtMost(Size::new(
            size.width.max(SMALLEST_EDGE),
            size.height.max(SMALLEST_EDGE),
        )),
    }
}

/// Tells the viewer which picture shows which screen, as that changes.
///
/// # Errors
/// [`TransportError`] if the connection or the stream breaks.
pub(super) async fn tell_fit(
    control: &Mutex<ControlWriter<ServerMessage>>,
    mut fit: watch::Receiver<Option<Fit>>,
) -> Result<(), TransportError> {
    loop {
        let now = *fit.borrow_and_update();
        if let Some(fit) = now {
            control.lock().await.send(&ServerMessage::Fit(fit)).await?;
        }
        if fit.changed().await.is_err() {
            // A pump that ended closes the connection, if that is not why it ended.
            return std::future::pending().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::super::inbox::Patience;
    use super::*;

    const SMALL: Room = Room::AtMost(Size::new(800, 600));

    /// What the pump is told of its room once all that is under way has been done.
    async fn told(
        rooms: &watch::Sender<Option<Room>>,
        coming: &watch::Sender<Option<Size>>,
        meanwhile: impl FnOnce(),
    ) -> (Option<Room>, Option<Room>) {
        let inbox = Inbox::new();
        let mut following = Box::pin(follow_room(rooms.subscribe(), coming.subscribe(), &inbox));
        let mut run = async || {
            let _ = timeout(Duration::from_secs(1), &mut following).await;
            inbox.take(Patience::None).room
        };
        let before = run().await;
        meanwhile();
        (before, run().await)
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_counts_at_once_and_when_it_changes() {
        let (rooms, coming) = (watch::Sender::new(Some(SMALL)), watch::Sender::new(None));
        let change = || {
            rooms.send_replace(Some(Room::Unlimited));
        };
        let told = told(&rooms, &coming, change).await;
        assert_eq!(told, (Some(SMALL), Some(Room::Unlimited)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_screen_that_is_about_to_fit_is_waited_for() {
        let about = Some(Size::new(800, 600));
        let (rooms, coming) = (watch::Sender::new(Some(SMALL)), watch::Sender::new(about));
        let done = || {
            coming.send_replace(None);
        };
        assert_eq!(told(&rooms, &coming, done).await, (None, Some(SMALL)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_screen_that_will_not_fit_is_not_waited_for() {
        let about = Some(Size::new(801, 600));
        let (rooms, coming) = (watch::Sender::new(Some(SMALL)), watch::Sender::new(about));
        assert_eq!(told(&rooms, &coming, || ()).await, (Some(SMALL), None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_viewer_that_says_nothing_changes_nothing() {
        let (rooms, coming) = (watch::Sender::new(None), watch::Sender::new(None));
        assert_eq!(told(&rooms, &coming, || ()).await, (None, None));
    }

    #[test]
    fn a_picture_of_almost_nothing_is_not_made() {
        let room = usable(Room::AtMost(Size::new(1, 900)));
        assert_eq!(room, Room::AtMost(Size::new(SMALLEST_EDGE, 900)));
    }
}
