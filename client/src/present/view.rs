//! The window and its picture. What the person does in it is in [`super::acts`], how large it is in
//! [`super::fitting`].

use std::rc::Rc;

use hackstream_clipboard::DisplayClipboard;
use hackstream_protocol::fit::Fit;
use hackstream_protocol::geometry::Size;
use winit::dpi::PhysicalSize;
use winit::event::{ElementState, WindowEvent};
use winit::event_loop::ActiveEventLoop;
use winit::window::{Fullscreen, Window};

use super::bell::Bell;
use super::fitting::physical;
use super::focus::{self, Claim};
use super::fullscreen::Windowed;
use super::label::Label;
use super::notice::{self, Asked, Tidings};
use super::sizing::Sizing;
use super::steering::Steering;
use super::surface::Surface;
use super::window::Wishes;
use crate::config::Scaling;
use crate::cursor::Cursors;
use crate::input::{self, InputState, Keyboard, Pointer};
use crate::picture::{Extent, Shade, Sight, Texts};
use crate::question;
use crate::session::Session;
use crate::shared::{LinkState, Shared};

/// The window in which the person sees the session.
pub(super) struct View {
    pub(super) window: Rc<Window>,
    surface: Surface,
    pub(super) cursors: Cursors,
    pub(super) input: InputState,
    pub(super) keyboard: Keyboard,
    pub(super) pointer: Pointer,
    pub(super) steering: Steering,
    pub(super) windowed: Windowed,
    label: Label,
    link: LinkState,
    /// Whether what the person does reaches the session.
    acts: bool,
    tidings: Tidings,
    pub(super) texts: Texts,
    /// The question that the window shows.
    question: Option<Asked>,
    pub(super) sizing: Sizing,
    /// How the picture shows the session's screen.
    pub(super) fit: Fit,
    pub(super) scaling: Scaling,
    bell: Bell,
    pub(super) focused: bool,
    _clipboard: Option<DisplayClipboard>,
}

impl View {
    pub(super) fn open(
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Shared,
        screen: Size,
        wishes: &Wishes,
    ) -> Result<Self, String> {
        let monitor = event_loop
            .primary_monitor()
            .or_else(|| event_loop.available_monitors().next());
        let room = monitor.map_or(PhysicalSize::new(u32::MAX, u32::MAX), |m| m.size());
        let sizing = Sizing::new(screen, Size::new(room.width, room.height));
        let label = Label::of(&wishes.server);
        let attributes = Window::default_attributes()
            .with_title(label.title())
            .with_inner_size(physical(sizing.given()))
            .with_fullscreen(wishes.fullscreen.then_some(Fullscreen::Borderless(None)));
        let window = event_loop
            .create_window(attributes)
            .map_err(|error| error.to_string())?;
        let window = Rc::new(window);
        let surface = Surface::new(&window, session)?;
        let mut view = Self {
            keyboard: Keyboard::of(&window),
            pointer: Pointer::default(),
            steering: Steering::new(wishes),
            windowed: Windowed::default(),
            label,
            window,
            surface,
            cursors: Cursors::default(),
            input: InputState::default(),
            link: LinkState::Live,
            acts: true,
            tidings: Tidings::Known,
            texts: Texts::default(),
            question: None,
            sizing,
            fit: Fit::whole(screen),
            scaling: wishes.scaling,
            bell: Bell::default(),
            focused: false,
            _clipboard: shared.clipboard.join_display(),
        };
        view.use_input_method(true);
        if wishes.fullscreen {
            view.windowed.arrange(&view.window, true);
        }
        Ok(view)
    }

    /// Has the person's input method, if there is one, take part in typing, or not any more.
    pub(super) fn use_input_method(&self, used: bool) {
        if input::has_input_method() {
            self.window.set_ime_allowed(used);
        }
    }

    /// Makes the window disappear while the session says goodbye.
    pub(super) fn hide(&self) {
        self.window.set_visible(false);
    }

    /// Takes over what the session and the picture have become.
    pub(super) fn follow(
        &mut self,
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Shared,
    ) -> Result<(), String> {
        let (size, catching_up) = {
            let picture = shared.picture();
            (picture.size(), picture.is_catching_up())
        };
        self.follow_screen(shared.session().fits.of(size));
        let (link, acts, bells) = {
            let facts = shared.session();
            if let Some(reason) = &facts.presenting_failed {
                return Err(reason.clone());
            }
            let is_sessions = self.steering.is_sessions();
            if is_sessions {
                self.cursors
                    .follow(&facts, self.fit, event_loop, &self.window);
            }
            let placement = self.placement();
            let is_followed = self.focused && is_sessions;
            self.pointer
                .follow(&facts, &self.window, &placement, is_followed);
            if facts.link == LinkState::Live && self.link != LinkState::Live {
                self.input.forget_locks();
                self.pointer.forget_place();
                self.tidings = Tidings::of(facts.continuity);
            }
            let server = self.label.server();
            let notice = notice::of(server, &facts, catching_up, self.tidings);
            self.question = notice.question;
            let statistics = facts.statistics.iter().map(|line| line.as_str().into());
            self.texts = Texts {
                statistics: statistics.collect(),
                notice: notice.lines,
                files: (facts.files.lines.iter())
                    .chain(&facts.desktop.lines)
                    .map(|line| line.as_str().into())
                    .collect(),
                menu: Vec::new(),
            };
            self.label.follow(&facts, &self.window);
            (facts.link, facts.acts(), facts.bells)
        };
        self.bell.follow(bells, &self.window);
        if acts && !self.acts {
            // Those of another person's keyboard may count in the session by now.
            self.input.forget_locks();
            self.pointer.forget_place();
        }
        (self.link, self.acts) = (link, acts);
        self.follow_menu(link, shared);
        self.show(session, shared, Extent::Changes)
    }

    /// Handles events of the window itself.
    pub(super) fn window_changed(
        &mut self,
        event: &WindowEvent,
        session: &Session,
        shared: &Shared,
    ) -> Result<(), String> {
        match event {
            WindowEvent::RedrawRequested => {
                if !self.focused {
                    focus::take_without_window_manager(&self.window, Claim::IfFree);
                }
                return self.show(session, shared, Extent::Window);
            }
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => {
                self.pointer.window_moved(&self.window);
                self.tell_size(session);
                self.window.request_redraw();
            }
            WindowEvent::Moved(_) => self.pointer.window_moved(&self.window),
            WindowEvent::Focused(true) => {
                self.focused = true;
                self.pointer.forget_place();
            }
            WindowEvent::CursorEntered { .. } if !self.focused => {
                focus::take_without_window_manager(&self.window, Claim::Always);
            }
            _ => {}
        }
        Ok(())
    }

    /// What the person did shows that they have seen what there was to tell.
    pub(super) fn noted(
        &mut self,
        event: &WindowEvent,
        session: &Session,
        shared: &Shared,
    ) -> Result<(), String> {
        if is_press(event) {
            shared.files.dismiss(shared);
            shared.desktop.dismiss(shared);
            shared.note_coming_end();
        }
        let is_told = self.link == LinkState::Live && !shared.picture().is_catching_up();
        if self.tidings == Tidings::Known || !is_press(event) || !is_told {
            return Ok(());
        }
        self.tidings = Tidings::Known;
        // What it hid is seen at once.
        let catching_up = false;
        let server = self.label.server();
        let notice = notice::of(server, &shared.session(), catching_up, self.tidings);
        self.question = notice.question;
        self.texts.notice = notice.lines;
        self.show(session, shared, Extent::Changes)
    }

    /// Gives dropped files to the session, and takes the person's answer about one of its files or
    /// links.
    /// False if it is another event.
    pub(super) fn files_of(&self, event: &WindowEvent, shared: &Shared) -> bool {
        match event {
            WindowEvent::DroppedFile(path) => shared.files.send(shared, path.clone()),
            WindowEvent::KeyboardInput {
                event,
                is_synthetic: false,
                ..
            } => {
                let answer = question::answer(event, self.input.held());
                let (Some(question), Some(answer)) = (self.question, answer) else {
                    return false;
                };
                match question {
                    Asked::File(id) => shared.files.answer(shared, id, answer),
                    Asked::Link(id) => shared.desktop.answer(shared, id, answer),
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn show(
        &mut self,
        session: &Session,
        shared: &Shared,
        extent: Extent,
    ) -> Result<(), String> {
        let shade = match self.link {
            LinkState::Interrupted { .. } | LinkState::Over => Shade::Dimmed,
            _ => Shade::Plain,
        };
        let sight = Sight {
            window: self.size(),
            shade,
            density: self.density(),
            texts: self.texts.clone(),
            extent,
        };
        self.surface.look(session, shared, sight)
    }
}

/// Whether somebody pressed a key or a button.
fn is_press(event: &WindowEvent) -> bool {
    match event {
        WindowEvent::KeyboardInput {
            event,
            is_synthetic: false,
            ..
        } => event.state == ElementState::Pressed,
        WindowEvent::MouseInput { state, .. } => *state == ElementState::Pressed,
        _ => false,
    }
}
