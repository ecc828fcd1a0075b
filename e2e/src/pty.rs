//! A program at a terminal, and a person who reads and types there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::process::bound_command;
use crate::{LOOK, PATIENCE, wait_until};

/// A program whose input, output and errors are a terminal of its own. It ends with this value.
pub struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<String>>,
    read: usize,
}

impl Terminal {
    /// Starts what `words` say, with the environment that `set` gives it.
    ///
    /// # Panics
    /// If there is no terminal, or no such program.
    #[must_use]
    pub fn start(words: &[&str], set: impl FnOnce(&mut Command)) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a terminal");
        grantpt(&master).expect("a terminal");
        unlockpt(&master).expect("a terminal");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let slave = || -> OwnedFd {
            let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
            open(&name, flags, Mode::empty()).expect("its other end")
        };
        // So that Ctrl-C is a signal for it.
        let mut command = bound_command("setsid");
        command.arg("--ctty").args(words);
        set(&mut command);
        command.stdin(slave()).stdout(slave()).stderr(slave());
        let child = command.spawn().expect("a program");
        // The command holds the terminal, too.
        drop(command);
        let screen = Arc::new(Mutex::new(String::new()));
        let mut output = File::from(master.try_clone().expect("a terminal"));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // It fails once nobody has the other end.
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]);
                shown.lock().expect("unpoisoned").push_str(&text);
            }
        });
        Self {
            child,
            keyboard: File::from(master),
            screen,
            read: 0,
        }
    }

    /// All that was shown.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn screen(&self) -> String {
        self.screen.lock().expect("unpoisoned").clone()
    }

    /// Waits until this is shown, after what was waited for before.
    ///
    /// # Panics
    /// If it is not.
    pub fn expect(&mut self, text: &str) {
        let screen = Arc::clone(&self.screen);
        let from = self.read;
        let deadline = Instant::now() + PATIENCE;
        self.read = loop {
            let shown = screen.lock().expect("unpoisoned").clone();
            if let Some(place) = shown[from..].find(text) {
                break from + place + text.len();
            }
            assert!(Instant::now() < deadline, "{text:?} was not shown: {shown}");
            std::thread::sleep(LOOK);
        };
    }

    /// Types a line.
    ///
    /// # Panics
    /// If nobody reads it.
    pub fn type_line(&mut self, text: &str) {
        self.keyboard
            .write_all(format!("{text}\n").as_bytes())
            .expect("typed");
    }

    /// Presses Ctrl-C.
    ///
    /// # Panics
    /// If the terminal is gone.
    pub fn interrupt(&mut self) {
        self.keyboard.write_all(&[3]).expect("typed");
    }

    /// Waits for the program's end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn wait(&mut self) -> ExitStatus {
        let what = format!("the end of a program at a terminal: {}", self.screen());
        wait_until(&what, || self.child.try_wait().expect("a child of ours"))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
