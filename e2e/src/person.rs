//! A person with the command lines of the control plane, and a home of their own.

use std::process::{Command, Output};

use crate::folder::Folder;
use crate::plane::{Plane, with_input};
use crate::process::bound_command;
use crate::program;
use crate::pty::Terminal;

/// Somebody who uses `hackstream` or `hackstreamctl`.
pub struct Person {
    /// Where they keep their files.
    pub folder: Folder,
    /// The bus of their desktop, if they sit at one.
    pub bus: Option<String>,
}

/// How a command went.
#[derive(Debug)]
pub struct Went {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub said: String,
    /// Standard error.
    pub told: String,
}

impl Person {
    /// Somebody whose machine knows no hub.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        Self {
            folder: Folder::new(),
            bus: None,
        }
    }

    /// Somebody who is logged in to the hub of a plane.
    ///
    /// # Panics
    /// If that does not work.
    #[must_use]
    pub fn logged_in(plane: &Plane, username: &str, password: &str) -> Self {
        let person = Self::new();
        let hub = format!("https://{}", plane.address);
        let key = plane.fingerprint.as_str();
        let configure = ["configure", "--api-url", &hub, "--fingerprint", key];
        let configured = person.run(&configure, "");
        assert_eq!(configured.code, Some(0), "{configured:?}");
        let logged_in = person.log_in(username, password);
        assert_eq!(logged_in.code, Some(0), "{logged_in:?}");
        person
    }

    /// Tries to log in.
    #[must_use]
    pub fn log_in(&self, username: &str, password: &str) -> Went {
        let login = ["login", "--username", username, "--password-stdin"];
        self.run(&login, &format!("{password}\n"))
    }

    /// Runs `hackstream` with these words and this input.
    #[must_use]
    pub fn run(&self, words: &[&str], input: &str) -> Went {
        went(with_input(self.command("hackstream", words), input))
    }

    /// Runs `hackstreamctl` with these words and this input.
    #[must_use]
    pub fn control(&self, words: &[&str], input: &str) -> Went {
        went(with_input(self.command("hackstreamctl", words), input))
    }

    /// Runs `hackstream` with these words at a terminal, on this display.
    ///
    /// # Panics
    /// If the program was not built.
    #[must_use]
    pub fn sit_down(&self, words: &[&str], display: Option<&str>) -> Terminal {
        let program = program("hackstream");
        let program = program.to_str().expect("UTF-8");
        Terminal::start(&[&[program], words].concat(), |command| {
            self.set(command);
            display.map(|display| command.env("DISPLAY", display));
        })
    }

    /// A command that uses the person's files.
    ///
    /// # Panics
    /// If the program was not built.
    #[must_use]
    pub fn command(&self, name: &str, words: &[&str]) -> Command {
        let mut command = bound_command(program(name));
        self.set(&mut command);
        command.args(words);
        command
    }

    fn set(&self, command: &mut Command) {
        self.folder.use_in(command);
        command.env("XDG_CONFIG_HOME", self.folder.path("config"));
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        // Those of whoever runs the tests.
        for name in ["API_URL", "FINGERPRINT", "API_TOKEN", "VIEWER"] {
            command.env_remove(format!("HACKSTREAM_{name}"));
        }
    }
}

fn went(output: Output) -> Went {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Went {
        code: output.status.code(),
        said: text(output.stdout),
        told: text(output.stderr),
    }
}
