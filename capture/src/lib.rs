//! One X display as a remote session needs it: pixels, damage, cursor, injected input, size.
//!
//! * [`Capture`] opens a display; everything else hangs on it.
//! * [`Capture::source`] reads pixels, from the mapped framebuffer of our own Xvfb or through
//!   MIT-SHM from a display that someone else started.
//! * [`Capture::watch`] tells what changed, as it changes, on a thread of its own.
//! * [`Capture::injector`] plays a person's input.
//! * [`wait_for_window`] tells when an application shows something.
//! * [`script`] is a screen without a display, for tests.
//!
//! Nothing here polls or sleeps: every thread waits for the X server to speak.

mod capture;
mod error;
mod pixels;
pub mod script;
mod x11;

pub use capture::{Capture, DisplayEvent, PixelAccess};
pub use error::CaptureError;
pub use x11::cookie::Cookie;
pub use x11::first_window::wait_for_window;
pub use x11::inject::Injector;
pub use x11::watch::Watcher;
