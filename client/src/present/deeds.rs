//! What comes of the viewer's menu.

use std::sync::Arc;

use hackstream_protocol::wire::input::{InputEvent, KeyCode, Transition};
use winit::event_loop::ActiveEventLoop;

use super::menu::{Action, Response};
use super::steering::Mode;
use super::view::View;
use crate::config::LocalKey;
use crate::session::Session;
use crate::shared::{Shared, StatisticsPanel};

/// `KEY_LEFTCTRL`, `KEY_LEFTALT`, `KEY_DELETE`.
const CONTROL_ALT_DELETE: [KeyCode; 3] = [KeyCode(29), KeyCode(56), KeyCode(111)];

impl View {
    /// Does what the menu says. True if the viewer is to leave.
    pub(super) fn obey(
        &mut self,
        response: Response,
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Arc<Shared>,
    ) -> bool {
        let action = match response {
            Response::Stay => return false,
            Response::Close => None,
            Response::Do(action) => Some(action),
        };
        if action.is_none_or(Action::closes) {
            self.close_menu(event_loop, session, shared);
        }
        match action {
            None => {}
            Some(Action::Disconnect) => return true,
            Some(Action::Fullscreen) => self.toggle_fullscreen(),
            Some(Action::ControlAltDelete) => press(session, &CONTROL_ALT_DELETE),
            Some(Action::HostKey) => {
                let key = self.steering.keys.menu.map(LocalKey::code);
                press(session, key.as_slice());
            }
            Some(Action::Screenshot) => self.steering.album.take(shared, &self.steering.host),
            Some(Action::Seat(wish)) => session.seat(wish),
            Some(Action::Quality(quality)) => {
                self.steering.quality = quality;
                session.quality(quality);
            }
            Some(Action::MaxBitrate(most)) => {
                self.steering.max_bitrate = most;
                session.max_bitrate(most);
            }
            Some(Action::Mute(muted)) => shared.speaker.mute(muted),
            Some(Action::Volume(percent)) => shared.speaker.set_volume(percent),
            Some(Action::Statistics(shown)) => shared.show_statistics(match shown {
                true => StatisticsPanel::Shown,
                false => StatisticsPanel::Hidden,
            }),
        }
        false
    }

    /// Gives keys and pointer back to the session.
    fn close_menu(&mut self, event_loop: &ActiveEventLoop, session: &Session, shared: &Shared) {
        self.steering.mode = Mode::Session;
        self.use_input_method(true);
        self.cursors
            .follow(&shared.session(), event_loop, &self.window);
        let placement = self.placement();
        let at = self.steering.at;
        if let Some(motion) = self.pointer.resume(at, &self.window, &placement) {
            session.send(motion);
        }
    }

    pub(super) fn toggle_fullscreen(&mut self) {
        self.windowed.toggle(&self.window);
    }
}

/// Presses keys in the session, one after another, and lets them go.
fn press(session: &Session, keys: &[KeyCode]) {
    for &key in keys {
        session.send(InputEvent::Key(key, Transition::Press));
    }
    for &key in keys.iter().rev() {
        session.send(InputEvent::Key(key, Transition::Release));
    }
}
