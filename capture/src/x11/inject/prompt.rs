//! Input that can be played without waiting for the display.

use hackstream_protocol::wire::input::InputEvent;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Injector, keycode};
use crate::error::CaptureError;

impl Injector {
    /// Plays the event if that cannot block: it needs no answer of the display, which others may have
    /// grabbed, and the connection has room. False if it may; nothing was played then.
    ///
    /// # Errors
    /// [`CaptureError::Lost`] if the display is gone.
    pub fn try_inject(&mut self, event: InputEvent) -> Result<bool, CaptureError> {
        if !self.has_room() {
            return Ok(false);
        }
        match event {
            InputEvent::Text(_) | InputEvent::Locks(_) => return Ok(false),
            InputEvent::Typed { key, character, .. } => {
                self.listen()?;
                let typist = self.typist.as_ref();
                if let Some(natural) = keycode(key) {
                    if typist.is_some_and(|typist| !typist.knows(natural, character)) {
                        return Ok(false);
                    }
                    self.press_typed(natural, natural)?;
                    self.flush()?;
                }
            }
            InputEvent::Key(..)
            | InputEvent::PointerMotion(_)
            | InputEvent::PointerMoved { .. }
            | InputEvent::Button(..)
            | InputEvent::Wheel { .. }
            | InputEvent::ReleaseAll => self.play(event)?,
        }
        Ok(true)
    }

    /// Whether the connection takes what one event makes.
    fn has_room(&self) -> bool {
        let stream = self.display.connection.stream();
        let mut writable = [PollFd::new(stream, PollFlags::OUT)];
        let polled = poll(&mut writable, Some(&Timespec::default()));
        // Any other sign is that of an end, which the next write meets.
        polled.is_ok_and(|ready| ready > 0)
    }
}
