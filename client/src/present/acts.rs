//! What the person does in the window, as the session is told of it.

use hackstream_protocol::geometry::Point;
use hackstream_protocol::wire::input::{InputEvent, Transition};
use winit::event::{DeviceEvent, ElementState, WindowEvent};

use super::focus::{self, Claim};
use super::view::View;
use crate::input;
use crate::session::Session;

impl View {
    /// Sends what the event of the keyboard means for the session. False if it is another event.
    pub(super) fn keyboard_of(&mut self, event: &WindowEvent, session: &Session) -> bool {
        let send = |event| session.send(event);
        match event {
            // Synthetic events tell what is down when the focus changes; see `InputState`.
            WindowEvent::KeyboardInput {
                event,
                is_synthetic: false,
                ..
            } => self.input.key(event, &self.keyboard, send),
            WindowEvent::ModifiersChanged(modifiers) => self.input.modifiers(modifiers.state()),
            WindowEvent::Ime(event) => self.input.input_method(event, send),
            WindowEvent::Focused(true) => {
                // While another window had the focus the person may have changed it.
                self.tell_layout(session);
                return false;
            }
            _ => return false,
        }
        true
    }

    /// Tells the session of a layout that it does not know.
    pub(super) fn tell_layout(&mut self, session: &Session) {
        if let Some(layout) = self.keyboard.new_layout() {
            session.keyboard(layout);
        }
    }

    /// What the event of a device means for the session, if it means anything.
    pub(super) fn device(&mut self, event: &DeviceEvent) -> Option<InputEvent> {
        let released = self.input.device(event);
        match *event {
            DeviceEvent::MouseMotion { delta: (x, y) } => {
                let (right, down) = self.fit.movement_on_screen(x, y);
                self.pointer.moved(right, down)
            }
            _ => released,
        }
    }

    /// What the event means for the session, if it is the person's doing.
    pub(super) fn input_of(&mut self, event: &WindowEvent) -> Option<InputEvent> {
        match *event {
            WindowEvent::CursorMoved { position, .. } => {
                let at = Point::new(position.x as i32, position.y as i32);
                let placement = self.placement();
                self.pointer.at(at, &placement)
            }
            WindowEvent::CursorLeft { .. } => {
                self.pointer.left();
                None
            }
            WindowEvent::MouseInput { button, state, .. } => {
                input::button(button, transition(state))
            }
            WindowEvent::MouseWheel { delta, .. } => {
                self.input.scrolled(delta, self.window.scale_factor())
            }
            WindowEvent::Focused(false) => {
                self.focused = false;
                self.pointer.free(&self.window);
                focus::take_without_window_manager(&self.window, Claim::IfFree);
                Some(self.input.focus_lost())
            }
            _ => None,
        }
    }
}

const fn transition(state: ElementState) -> Transition {
    match state {
        ElementState::Pressed => Transition::Press,
        ElementState::Released => Transition::Release,
    }
}
