//! What the person does with the viewer itself: its menu, its keys, its last word.
//!
//! As long as the menu is open, the session gets neither keys nor pointer; what was held down in it is
//! let go as the menu opens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_protocol::geometry::{Point, Window as WindowSpace};
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use winit::event::{ElementState, KeyEvent, MouseButton, MouseScrollDelta, WindowEvent};
use winit::event_loop::ActiveEventLoop;
use winit::keyboard::ModifiersState;

use super::menu::{Action, Menu, MenuKey, Response, Settings, Step, menu_key};
use super::overlay::{Layout, Place, Room};
use super::view::View;
use super::window::Wishes;
use crate::config::{LocalKey, LocalKeys};
use crate::input::key_code;
use crate::picture::{Extent, Line};
use crate::screenshot::{Album, Saved};
use crate::session::Session;
use crate::shared::{LinkState, Shared};

/// What was typed until the session ended, and a moment longer, was not meant to close the window.
const SURPRISE: Duration = Duration::from_millis(700);

/// Whom an event was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Steered {
    /// Not the viewer itself.
    Passed,
    /// The viewer itself.
    Taken,
    /// The viewer itself, which is to leave.
    Leave,
}

/// What the person does with the viewer.
pub(super) enum Mode {
    /// Nothing: all is the session's.
    Session,
    /// Uses the menu.
    Menu { menu: Menu, button: Held },
    /// Reads why the session is over.
    Farewell { since: Instant },
}

/// Whether a click has begun.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    No,
    Yes,
}

/// The viewer's own side of the window.
pub(super) struct Steering {
    /// Host and port.
    server: String,
    pub(super) host: String,
    pub(super) keys: LocalKeys,
    pub(super) quality: Quality,
    pub(super) max_bitrate: Option<Bitrate>,
    pub(super) album: Album,
    pub(super) mode: Mode,
    modifiers: ModifiersState,
    /// Where the pointer is, if it is in the window.
    pub(super) at: Option<Point<WindowSpace>>,
}

impl Steering {
    pub(super) fn new(wishes: &Wishes) -> Self {
        Self {
            server: wishes.server.to_string(),
            host: wishes.server.host.clone(),
            keys: wishes.keys,
            quality: wishes.quality,
            max_bitrate: wishes.max_bitrate,
            album: Album::new(),
            mode: Mode::Session,
            modifiers: ModifiersState::empty(),
            at: None,
        }
    }

    /// Whether pointer and cursor are the session's.
    pub(super) const fn is_sessions(&self) -> bool {
        matches!(self.mode, Mode::Session)
    }

    /// Takes note of what is down and where the pointer is.
    fn observe(&mut self, event: &WindowEvent) {
        match *event {
            WindowEvent::ModifiersChanged(modifiers) => self.modifiers = modifiers.state(),
            WindowEvent::Focused(false) => self.modifiers = ModifiersState::empty(),
            WindowEvent::CursorMoved { position, .. } => {
                self.at = Some(Point::new(position.x as i32, position.y as i32));
            }
            WindowEvent::CursorLeft { .. } => self.at = None,
            _ => {}
        }
    }

    /// Whether the press is that of `key`, alone: with others it has its meaning in the session.
    fn is_alone(&self, event: &KeyEvent, key: Option<LocalKey>) -> bool {
        let Some(key) = key.filter(|key| key_code(event.physical_key) == Some(key.code())) else {
            return false;
        };
        let own = match key.to_string().as_str() {
            "Right-Control" => ModifiersState::CONTROL,
            _ => ModifiersState::empty(),
        };
        event.state == ElementState::Pressed && !event.repeat && (self.modifiers - own).is_empty()
    }
}

impl View {
    /// Does what the event means for the viewer itself.
    ///
    /// # Errors
    /// What the window system said.
    pub(super) fn steer(
        &mut self,
        event: &WindowEvent,
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Arc<Shared>,
    ) -> Result<Steered, String> {
        self.steering.observe(event);
        match &self.steering.mode {
            Mode::Farewell { since } => return Ok(after_the_end(event, since.elapsed())),
            Mode::Session => {
                let WindowEvent::KeyboardInput {
                    event,
                    is_synthetic: false,
                    ..
                } = event
                else {
                    return Ok(Steered::Passed);
                };
                return self.steer_key(event, session, shared);
            }
            Mode::Menu { .. } => {}
        }
        let Some(response) = self.respond(event, shared) else {
            return Ok(match is_input(event) {
                true => Steered::Taken,
                false => Steered::Passed,
            });
        };
        if response != Response::Stay && self.obey(response, event_loop, session, shared) {
            return Ok(Steered::Leave);
        }
        self.show_menu(session, shared)?;
        Ok(Steered::Taken)
    }

    /// Follows what the session and the last action have become.
    pub(super) fn follow_menu(&mut self, link: LinkState, shared: &Shared) {
        if link == LinkState::Over && !matches!(self.steering.mode, Mode::Farewell { .. }) {
            self.steering.mode = Mode::Farewell {
                since: Instant::now(),
            };
            self.cursors.leave(&self.window);
            self.pointer.free(&self.window);
        }
        if let (Some(Saved(lines)), Mode::Menu { menu, .. }) =
            (self.steering.album.news(), &mut self.steering.mode)
        {
            menu.remark(lines);
        }
        self.texts.menu = self.menu_lines(shared);
    }

    /// A key while the menu is closed.
    fn steer_key(
        &mut self,
        event: &KeyEvent,
        session: &Session,
        shared: &Shared,
    ) -> Result<Steered, String> {
        let keys = self.steering.keys;
        if self.steering.is_alone(event, keys.fullscreen) {
            self.toggle_fullscreen();
            return Ok(Steered::Taken);
        }
        if !self.steering.is_alone(event, keys.menu) {
            return Ok(Steered::Passed);
        }
        session.send(self.input.focus_lost());
        self.pointer.suspend(&self.window);
        self.cursors.leave(&self.window);
        self.use_input_method(false);
        self.steering.mode = Mode::Menu {
            menu: Menu::default(),
            button: Held::No,
        };
        self.show_menu(session, shared)?;
        Ok(Steered::Taken)
    }

    /// What the event means for the open menu; `None` if nothing.
    fn respond(&mut self, event: &WindowEvent, shared: &Shared) -> Option<Response> {
        let settings = self.settings(shared);
        let lines = self.menu_lines(shared);
        let layout = Layout::new(&lines, Place::Menu, &self.room());
        let is_host_key = match event {
            WindowEvent::KeyboardInput { event, .. } => {
                self.steering.is_alone(event, self.steering.keys.menu)
            }
            _ => false,
        };
        let at = self.steering.at;
        let Mode::Menu { menu, button } = &mut self.steering.mode else {
            return None;
        };
        match event {
            WindowEvent::KeyboardInput { .. } if is_host_key => Some(Response::Do(Action::HostKey)),
            WindowEvent::KeyboardInput {
                event,
                is_synthetic: false,
                ..
            } if event.state == ElementState::Pressed => {
                Some(menu.press(menu_key(event), &settings))
            }
            WindowEvent::CursorMoved { .. } => {
                let before = menu.clone();
                menu.point(at?, &layout?, &lines);
                (before != *menu).then_some(Response::Stay)
            }
            WindowEvent::MouseInput {
                state,
                button: MouseButton::Left,
                ..
            } => {
                let had_begun = std::mem::replace(
                    button,
                    match state {
                        ElementState::Pressed => Held::Yes,
                        ElementState::Released => Held::No,
                    },
                );
                let is_click = had_begun == Held::Yes && *state == ElementState::Released;
                if !is_click {
                    return None;
                }
                Some(menu.click(at?, &layout?, &lines, &settings))
            }
            WindowEvent::MouseWheel { delta, .. } => {
                let up = match delta {
                    MouseScrollDelta::LineDelta(_, y) => f64::from(*y),
                    MouseScrollDelta::PixelDelta(by) => by.y,
                };
                let step = if up > 0.0 { Step::On } else { Step::Back };
                Some(menu.press(MenuKey::Step(step), &settings))
            }
            _ => None,
        }
    }

    fn show_menu(&mut self, session: &Session, shared: &Shared) -> Result<(), String> {
        self.texts.menu = self.menu_lines(shared);
        self.show(session, shared, Extent::Changes)
    }

    fn menu_lines(&self, shared: &Shared) -> Vec<Line> {
        match &self.steering.mode {
            Mode::Menu { menu, .. } => menu.lines(&self.steering.server, &self.settings(shared)),
            Mode::Session | Mode::Farewell { .. } => Vec::new(),
        }
    }

    fn settings(&self, shared: &Shared) -> Settings {
        let seats = shared.session().seats;
        Settings {
            fullscreen: self.window.fullscreen().is_some(),
            host_key: self.steering.keys.menu,
            seats,
            quality: self.steering.quality,
            max_bitrate: self.steering.max_bitrate,
            hearing: shared.speaker.hearing(),
            volume: shared.speaker.volume(),
            statistics: shared.shows_statistics(),
        }
    }

    fn room(&self) -> Room {
        Room::of(&self.placement(), self.density())
    }
}

/// What an event means when the session has been over for so long.
fn after_the_end(event: &WindowEvent, over: Duration) -> Steered {
    let is_press = match event {
        WindowEvent::KeyboardInput {
            event,
            is_synthetic: false,
            ..
        } => event.state == ElementState::Pressed && !event.repeat,
        WindowEvent::MouseInput { state, .. } => *state == ElementState::Pressed,
        _ => false,
    };
    match (is_press, is_input(event)) {
        (true, _) if over >= SURPRISE => Steered::Leave,
        (_, true) => Steered::Taken,
        (_, false) => Steered::Passed,
    }
}

/// Whether the event is the person's doing, which the session would get.
const fn is_input(event: &WindowEvent) -> bool {
    matches!(
        event,
        WindowEvent::KeyboardInput { .. }
            | WindowEvent::Ime(_)
            | WindowEvent::CursorMoved { .. }
            | WindowEvent::MouseInput { .. }
            | WindowEvent::MouseWheel { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use winit::event::DeviceId;

    #[test]
    fn what_was_meant_for_the_session_does_not_close_the_window() {
        let click = |state| WindowEvent::MouseInput {
            device_id: DeviceId::dummy(),
            state,
            button: MouseButton::Left,
        };
        let (press, release) = (click(ElementState::Pressed), click(ElementState::Released));
        let before = SURPRISE.saturating_sub(Duration::from_millis(1));
        for early in [Duration::ZERO, before] {
            assert_eq!(after_the_end(&press, early), Steered::Taken);
        }
        assert_eq!(after_the_end(&release, SURPRISE), Steered::Taken);
        assert_eq!(after_the_end(&press, SURPRISE), Steered::Leave);
        let other = WindowEvent::Focused(true);
        assert_eq!(after_the_end(&other, SURPRISE), Steered::Passed);
    }
}
