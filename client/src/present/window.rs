//! The window: routes its events, and what the session tells, to where they are handled.

use std::sync::Arc;

use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, DeviceEvents, EventLoop};
use winit::window::WindowId;

use super::steering::Steered;
use super::view::View;
use crate::clipboard::Clipboard;
use crate::config::{LocalKeys, Options, Output, Scaling, ServerAddress, StatsForm};
use crate::error::ViewError;
use crate::session::{Session, Signals};
use crate::shared::{LinkState, Shared, StatisticsPanel};
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
    let clipboard = Clipboard::new(options.clipboard);
    let shared = Arc::new(Shared::new(Front::Window, clipboard, move || {
        // Without a loop there is nothing to wake.
        let _ = proxy.send_event(Woken);
    }));
    if options.stats == Some(StatsForm::Line) {
        shared.show_statistics(StatisticsPanel::Shown);
    }
    let wishes = Wishes::of(&options);
    let session = Session::start(options, Arc::clone(&shared), Signals::Leave)?;
    let mut app = App {
        wishes,
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

/// What the person wants of the window.
pub(super) struct Wishes {
    /// What it shows.
    pub(super) server: ServerAddress,
    /// Whether it fills the screen at first.
    pub(super) fullscreen: bool,
    /// Keys that are not the session's.
    pub(super) keys: LocalKeys,
    /// What to ask the server for.
    pub(super) quality: Quality,
    /// What to get from it at the most.
    pub(super) max_bitrate: Option<Bitrate>,
    /// Whether the server is to scale what the window cannot show.
    pub(super) scaling: Scaling,
}

impl Wishes {
    fn of(options: &Options) -> Self {
        let (fullscreen, keys) = match options.output {
            Output::Window { fullscreen, keys } => (fullscreen, keys),
            _ => (false, LocalKeys::default()),
        };
        Self {
            server: options.server.clone(),
            fullscreen,
            keys,
            quality: options.quality,
            max_bitrate: options.max_bitrate,
            scaling: options.scaling,
        }
    }
}

struct App {
    wishes: Wishes,
    shared: Arc<Shared>,
    session: Session,
    /// The window, once the viewer is admitted.
    view: Option<View>,
    /// Why the window cannot go on.
    failure: Option<ViewError>,
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
            Some(view) => view.follow(event_loop, &self.session, &self.shared),
            None => Ok(()),
        };
        self.check(event_loop, result);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, _: WindowId, event: WindowEvent) {
        if event == WindowEvent::CloseRequested {
            self.leave();
            return;
        }
        let Some(view) = &mut self.view else { return };
        match view.steer(&event, event_loop, &self.session, &self.shared) {
            Ok(Steered::Passed) => {}
            Ok(Steered::Taken) => return,
            Ok(Steered::Leave) => return self.leave(),
            Err(reason) => return self.check(event_loop, Err(reason)),
        }
        // Before it may show a question, which nobody has seen then.
        let is_of_files = view.files_of(&event, &self.shared);
        let noted = view.noted(&event, &self.session, &self.shared);
        let result = if is_of_files || view.keyboard_of(&event, &self.session) {
            Ok(())
        } else if let Some(input) = view.input_of(&event) {
            self.session.send(input);
            Ok(())
        } else {
            view.window_changed(&event, &self.session, &self.shared)
        };
        self.check(event_loop, noted.and(result));
    }

    fn device_event(&mut self, _: &ActiveEventLoop, _: DeviceId, event: DeviceEvent) {
        let Some(view) = &mut self.view else { return };
        if let Some(moved) = view.device(&event) {
            self.session.send(moved);
        }
    }
}

impl App {
    /// The session says goodbye to the server, and then wakes the loop to end.
    fn leave(&self) {
        self.session.leave();
        if let Some(view) = &self.view {
            view.hide();
        }
    }

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
            &self.wishes,
        ) {
            Ok(mut view) => {
                view.tell_layout(&self.session);
                view.tell_size(&self.session);
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
