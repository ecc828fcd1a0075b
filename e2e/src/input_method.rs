//! An input method: a program that makes characters of several keys. This one, nabi, makes Korean
//! syllables.

use rustix::process::Signal;

use crate::display::Display;
use crate::process::{Process, bound_command};

/// What a shell does until programs that it starts will find the input method on its display.
pub const READY: &str = "export XMODIFIERS=@im=nabi; \
    until xprop -root XIM_SERVERS | grep -q @server=nabi; do sleep 0.05; done";

/// Each key goes through it, even while it is off. Otherwise those that are pressed before the viewer
/// knows that it is on do not.
const SETTINGS: &str = "dynamic_event_flow=false\n";

/// An input method that is there until this value is dropped. Shift and the space bar switch it on
/// and off.
pub struct InputMethod(Process);

impl InputMethod {
    /// Starts it on this display.
    ///
    /// # Panics
    /// If nabi is not installed.
    #[must_use]
    pub fn on(display: &Display) -> Self {
        let settings = display.folder.path("home/.nabi");
        std::fs::create_dir_all(&settings).expect("a folder");
        std::fs::write(settings.join("config"), SETTINGS).expect("a file");
        let mut command = bound_command("nabi");
        display.folder.use_in(&mut command);
        // It serves only programs of its own locale.
        command
            .env("DISPLAY", display.name())
            .env("LC_ALL", "C.UTF-8");
        Self(Process::start(&mut command))
    }

    /// It answers nobody from now on.
    pub fn stop(&self) {
        self.0.signal(Signal::STOP);
    }

    /// It goes on with what has come meanwhile.
    pub fn go_on(&self) {
        self.0.signal(Signal::CONT);
    }
}
