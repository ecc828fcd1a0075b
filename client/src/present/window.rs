//! The window: routes its events, and what the session tells, to where they are handled.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use hackstream_clipboard::DisplayClipboard;
use hackstream_protocol::geometry::{Point, Size, Window as WindowSpace};
use hackstream_protocol::wire::input::{InputEvent, Transition};
use winit::application::ApplicationHandler;
use winit::dpi::PhysicalSize;
use winit::event::{DeviceEvent, DeviceId, ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, DeviceEvents, EventLoop};
use winit::window::{Fullscreen, Window, WindowId};

use super::focus::{self, Claim};
use super::placement::Placement;
use super::surface::Surface;
use crate::clipboard::Clipboard;
use crate::config::{Options, Output};
use crate::cursor::Cursors;
use crate::error::ViewError;
use crate::input::{self, InputState};
use crate::picture::{Extent, Shade, Sight};
use crate::session::{Session, Signals};
use crate::shared::{LinkState, Shared};
use crate::stats::Front;

/// The session or the picture changed.
#[derive(Clone, Copy, Debug)]
struct Woken;

/// Shows the session in a window until either is closed.
///
/// # Errors
/// [`ViewError`]: why it ended, unless the person or the session wanted it.
pub(crate) fn run(options: Options) -> Result<(), ViewError> {
    let no_display = |error: winit::error::EventLoopError| {
        // The library puts places in its own source code before what the system said.
        let text = error.to_string();
        let said = text.rsplit(": ").next().unwrap_or(&text);
        ViewError::NoDisplay(said.trim_end_matches('.').to_owned())
    };
    let event_loop = EventLoop::<Woken>::with_user_event()
        .build()
        .map_err(no_display)?;
    // They tell apart what looks alike among the events of the window.
    event_loop.listen_device_events(DeviceEvents::WhenFocused);
    event_loop.set_control_flow(ControlFlow::Wait);
    let proxy = event_loop.create_proxy();
    let shared = Arc::new(Shared::new(
        Front::Window,
        Clipboard::new(options.clipboard),
        move || {
            // Without a loop there is nothing to wake.
            let _ = proxy.send_event(Woken);
        },
    ));
    let name = options.server.to_string();
    let fullscreen = matches!(options.output, Output::Window { fullscreen: true });
    let session = Session::start(options, Arc::clone(&shared), Signals::Leave)?;
    let mut app = App {
        name,
        fullscreen,
        shared,
        session,
        view: None,
        failure: None,
    };
    let looped = event_loop.run_app(&mut app);
    app.session.leave();
    drop(app.view);
    let ended = app.session.join();
    match app.failure {
        Some(failure) => Err(failure),
        None => ended.and(looped.map_err(no_display)),
    }
}

struct App {
    /// The server, for the title.
    name: String,
    fullscreen: bool,
    shared: Arc<Shared>,
    session: Session,
    /// The window, once the viewer is admitted.
    view: Option<View>,
    /// Why the window cannot go on.
    failure: Option<ViewError>,
}

struct View {
    window: Rc<Window>,
    surface: Surface,
    cursors: Cursors,
    input: InputState,
    link: LinkState,
    /// Size of the session's screen that the window was made for.
    screen: Size,
    focused: bool,
    _clipboard: Option<DisplayClipboard>,
}

impl ApplicationHandler<Woken> for App {
    fn resumed(&mut self, _: &ActiveEventLoop) {}

    fn user_event(&mut self, event_loop: &ActiveEventLoop, _: Woken) {
        self.shared.acknowledge_wake();
        if self.shared.session().link == LinkState::Ended {
            event_loop.exit();
            return;
        }
        if self.view.is_none() && !self.open(event_loop) {
            return;
        }
        let result = match &mut self.view {
            Some(view) => view.follow(event_loop, &self.session, &self.shared, &self.name),
            None => Ok(()),
        };
        self.check(event_loop, result);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        if event == WindowEvent::CloseRequested {
            // The session says goodbye to the server, and then wakes the loop to end.
            self.session.leave();
            if let Some(view) = &self.view {
                view.window.set_visible(false);
            }
            return;
        }
        let Some(view) = &mut self.view else { return };
        if let Some(input) = view.input_of(&event) {
            self.session.send(input);
            return;
        }
        let result = view.window_changed(&event, &self.session, &self.shared);
        self.check(event_loop, result);
    }

    fn device_event(&mut self, _: &ActiveEventLoop, _: DeviceId, event: DeviceEvent) {
        if let Some(view) = &mut self.view {
            view.input.device(&event);
        }
    }
}

impl App {
    /// Opens the window once the size of the session's screen is known.
    fn open(&mut self, event_loop: &ActiveEventLoop) -> bool {
        let Some(screen) = self.shared.session().screen else {
            return false;
        };
        match View::open(
            event_loop,
            &self.session,
            &self.shared,
            screen,
            &self.name,
            self.fullscreen,
        ) {
            Ok(view) => {
                self.view = Some(view);
                true
            }
            Err(error) => {
                self.check(event_loop, Err(error));
                false
            }
        }
    }

    fn check(&mut self, event_loop: &ActiveEventLoop, result: Result<(), String>) {
        if let Err(reason) = result {
            self.failure = Some(ViewError::NoDisplay(reason));
            event_loop.exit();
        }
    }
}

impl View {
    fn open(
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Shared,
        screen: Size,
        name: &str,
        fullscreen: bool,
    ) -> Result<Self, String> {
        let monitor = event_loop
            .primary_monitor()
            .or_else(|| event_loop.available_monitors().next());
        let room = monitor.map_or(PhysicalSize::new(u32::MAX, u32::MAX), |m| m.size());
        let attributes = Window::default_attributes()
            .with_title(title(name, LinkState::Live))
            .with_inner_size(fitting(screen, room))
            .with_fullscreen(fullscreen.then_some(Fullscreen::Borderless(None)));
        let window = event_loop
            .create_window(attributes)
            .map_err(|error| error.to_string())?;
        let window = Rc::new(window);
        let surface = Surface::new(&window, session)?;
        Ok(Self {
            window,
            surface,
            cursors: Cursors::default(),
            input: InputState::default(),
            link: LinkState::Live,
            screen,
            focused: false,
            _clipboard: shared.clipboard.join_display(),
        })
    }

    /// Takes over what the session and the picture have become.
    fn follow(
        &mut self,
        event_loop: &ActiveEventLoop,
        session: &Session,
        shared: &Shared,
        name: &str,
    ) -> Result<(), String> {
        let size = shared.picture().size();
        if size != self.screen && !size.is_empty() {
            self.screen = size;
            if self.window.fullscreen().is_none() && !self.window.is_maximized() {
                // The answer comes as an event; there is nothing to do with it here.
                let _ = self
                    .window
                    .request_inner_size(PhysicalSize::new(size.width, size.height));
            }
        }
        let link = {
            let facts = shared.session();
            if let Some(reason) = &facts.presenting_failed {
                return Err(reason.clone());
            }
            self.cursors.follow(&facts, event_loop, &self.window);
            facts.link
        };
        if link != self.link || matches!(link, LinkState::Interrupted { .. }) {
            self.link = link;
            self.window.set_title(&title(name, link));
        }
        self.show(session, shared, Extent::Changes)
    }

    /// Handles events of the window itself.
    fn window_changed(
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
            WindowEvent::Resized(_) => self.window.request_redraw(),
            WindowEvent::Focused(true) => self.focused = true,
            WindowEvent::CursorEntered { .. } if !self.focused => {
                focus::take_without_window_manager(&self.window, Claim::Always);
            }
            _ => {}
        }
        Ok(())
    }

    fn show(&mut self, session: &Session, shared: &Shared, extent: Extent) -> Result<(), String> {
        let shade = match self.link {
            LinkState::Interrupted { .. } => Shade::Dimmed,
            _ => Shade::Plain,
        };
        let sight = Sight {
            window: self.size(),
            shade,
            extent,
        };
        self.surface.look(session, shared, sight)
    }

    /// What the event means for the session, if it is the person's doing.
    fn input_of(&mut self, event: &WindowEvent) -> Option<InputEvent> {
        match *event {
            // Synthetic events tell what is down when the focus changes; see `InputState`.
            WindowEvent::KeyboardInput {
                event:
                    KeyEvent {
                        physical_key,
                        state,
                        ..
                    },
                is_synthetic: false,
                ..
            } => self.input.key(physical_key, transition(state)),
            WindowEvent::CursorMoved { position, .. } => {
                let at = Point::new(position.x as i32, position.y as i32);
                Some(input::motion(at, &Placement::new(self.screen, self.size())))
            }
            WindowEvent::MouseInput { button, state, .. } => {
                input::button(button, transition(state))
            }
            WindowEvent::MouseWheel { delta, .. } => {
                self.input.scrolled(delta, self.window.scale_factor())
            }
            WindowEvent::Focused(false) => {
                self.focused = false;
                focus::take_without_window_manager(&self.window, Claim::IfFree);
                Some(self.input.focus_lost())
            }
            _ => None,
        }
    }

    fn size(&self) -> Size<WindowSpace> {
        let size = self.window.inner_size();
        Size::new(size.width, size.height)
    }
}

const fn transition(state: ElementState) -> Transition {
    match state {
        ElementState::Pressed => Transition::Press,
        ElementState::Released => Transition::Release,
    }
}

fn title(name: &str, link: LinkState) -> String {
    match link {
        LinkState::Interrupted { since } => {
            let seconds = Instant::now().saturating_duration_since(since).as_secs();
            format!("{name}: connection lost, trying again … {seconds} s")
        }
        _ => format!("{name} - HackStream"),
    }
}

/// The session's size, no larger than the monitor.
fn fitting(screen: Size, room: PhysicalSize<u32>) -> PhysicalSize<u32> {
    PhysicalSize::new(
        screen.width.min(room.width).max(1),
        screen.height.min(room.height).max(1),
    )
}
