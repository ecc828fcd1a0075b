//! Programs that copy and paste on an X display.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use hackstream_protocol::wire::clipboard::Selection;

use crate::display::Display;
use crate::process::{Process, bound_command};
use crate::server::Server;
use crate::wait_until;

/// What xclip calls text.
pub const TEXT: &str = "UTF8_STRING";

/// What it calls pictures.
pub const PNG: &str = "image/png";

/// Names of what this process has copied.
static COPIES: AtomicU32 = AtomicU32::new(0);

/// The clipboards of one display.
pub struct Desk {
    display: String,
    /// The file that admits to it, if it takes one.
    xauthority: Option<PathBuf>,
    /// Where contents are put.
    folder: PathBuf,
}

impl Desk {
    /// Those of the session of a server.
    ///
    /// # Panics
    /// If it has none of its own.
    #[must_use]
    pub fn of_session(server: &Server) -> Self {
        let sessions = server.folder().sessions();
        Self {
            display: server.ready.display.clone(),
            xauthority: Some(sessions[0].join("Xauthority")),
            folder: server.folder().path("home"),
        }
    }

    /// Those of a display of the test.
    #[must_use]
    pub fn of_display(display: &Display) -> Self {
        Self {
            display: display.name().to_owned(),
            xauthority: None,
            folder: display.folder.path("home"),
        }
    }

    fn xclip(&self, mut command: Command, selection: Selection, target: &str) -> Command {
        let name = match selection {
            Selection::Clipboard => "clipboard",
            Selection::Primary => "primary",
        };
        command.env("DISPLAY", &self.display);
        match &self.xauthority {
            Some(file) => command.env("XAUTHORITY", file),
            None => command.env_remove("XAUTHORITY"),
        };
        command.args(["-selection", name, "-target", target]);
        command
    }

    /// A program that has copied `contents`; it ends with this value, or when another copies.
    ///
    /// # Panics
    /// If there is no place for them.
    #[must_use]
    pub fn copy(&self, selection: Selection, target: &str, contents: &[u8]) -> Process {
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.join(format!("copied-{number}"));
        std::fs::write(&file, contents).expect("a file");
        let command = self.xclip(bound_command("xclip"), selection, target);
        let mut command = command;
        Process::start(command.args(["-quiet", "-in"]).arg(file))
    }

    /// What a program that pastes gets; `None` if nothing.
    ///
    /// # Panics
    /// If there is no place for it.
    #[must_use]
    pub fn paste(&self, selection: Selection, target: &str) -> Option<Vec<u8>> {
        let file = self.folder.join("pasted");
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", "30", "xclip"]);
        let mut command = self.xclip(command, selection, target);
        let status = command
            .arg("-out")
            .stdin(Stdio::null())
            .stdout(File::create(&file).expect("a file"))
            .stderr(Stdio::null())
            .status();
        let contents = std::fs::read(&file).expect("a file");
        (status.expect("xclip").success() && !contents.is_empty()).then_some(contents)
    }

    /// Waits until programs that paste get `contents`.
    ///
    /// # Panics
    /// If they do not.
    pub fn wait_for(&self, selection: Selection, target: &str, contents: &[u8]) {
        let what = format!("{} bytes to paste on {}", contents.len(), self.display);
        wait_until(&what, || {
            (self.paste(selection, target)? == contents).then_some(())
        });
    }
}
