//! Knowing when a window manager has taken over.
//!
//! A window manager announces itself (EWMH, `_NET_SUPPORTING_WM_CHECK`) before it handles events,
//! and openbox sleeps on those that arrive between the two until another one comes: an
//! application started then would stay invisible. So once it is announced we ask it for
//! something, the frame of a window that is never shown, and wait for the answer.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt, CreateWindowAux,
    EventMask, Window, WindowClass,
};

use super::connect::Display;
use crate::error::CaptureError;

/// Pause after which an unanswered question is asked again, to wake a window manager that sleeps
/// on it.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Waits until a window manager answers.
pub(crate) fn wait(display: &Display, patience: Duration) -> Result<(), CaptureError> {
    let probe = Probe::new(display)?;
    let deadline = Instant::now() + patience;
    while !probe.is_answered()? {
        let announced = probe.is_announced()?;
        if announced {
            probe.ask()?;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(CaptureError::NoWindowManager);
        }
        let pause = if announced { left.min(ASK_AGAIN) } else { left };
        wait_for_any_event(display, pause)?;
    }
    Ok(())
}

/// A window that is never shown, and the names of what is said about it.
struct Probe<'a> {
    display: &'a Display,
    window: Window,
    announcement: Atom,
    question: Atom,
    answer: Atom,
}

impl<'a> Probe<'a> {
    fn new(display: &'a Display) -> Result<Self, CaptureError> {
        let (connection, root) = (&display.connection, display.root());
        let listen = EventMask::PROPERTY_CHANGE;
        let on_root = ChangeWindowAttributesAux::new().event_mask(listen);
        connection.change_window_attributes(root, &on_root)?;
        let window = connection.generate_id()?;
        let on_window = CreateWindowAux::new().event_mask(listen);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &on_window)?;
        let atom = |name: &[u8]| -> Result<Atom, CaptureError> {
            Ok(connection.intern_atom(false, name)?.reply()?.atom)
        };
        Ok(Self {
            display,
            window,
            announcement: atom(b"_NET_SUPPORTING_WM_CHECK")?,
            question: atom(b"_NET_REQUEST_FRAME_EXTENTS")?,
            answer: atom(b"_NET_FRAME_EXTENTS")?,
        })
    }

    fn is_announced(&self) -> Result<bool, CaptureError> {
        self.has(self.display.root(), self.announcement)
    }

    fn is_answered(&self) -> Result<bool, CaptureError> {
        self.has(self.window, self.answer)
    }

    fn has(&self, window: Window, property: Atom) -> Result<bool, CaptureError> {
        let connection = &self.display.connection;
        let request = connection.get_property(false, window, property, AtomEnum::ANY, 0, 0)?;
        Ok(request.reply()?.type_ != x11rb::NONE)
    }

    fn ask(&self) -> Result<(), CaptureError> {
        let connection = &self.display.connection;
        let message = ClientMessageEvent::new(32, self.window, self.question, [0u32; 5]);
        let listeners = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        connection.send_event(false, self.display.root(), listeners, message)?;
        connection.flush()?;
        Ok(())
    }
}

/// Returns once events have arrived, which are then discarded, or the time is up.
pub(super) fn wait_for_any_event(
    display: &Display,
    patience: Duration,
) -> Result<(), CaptureError> {
    let connection = &display.connection;
    let mut seen = false;
    while connection.poll_for_event()?.is_some() {
        seen = true;
    }
    if !seen {
        let timeout = Timespec::try_from(patience).ok();
        let mut socket = [PollFd::from_borrowed_fd(
            connection.stream().as_fd(),
            PollFlags::IN,
        )];
        // A signal ends the wait early; the caller looks again and comes back.
        let _ = poll(&mut socket, timeout.as_ref());
    }
    Ok(())
}
