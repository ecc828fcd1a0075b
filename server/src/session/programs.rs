//! The programs of a session and how they are called.

use std::ffi::OsString;
use std::path::Path;

use hackstream_protocol::geometry::Size;

use super::messages::{Launch, Role};

/// A packaged program that a session needs.
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
}

pub(super) const XVFB: Program = Program {
    name: "Xvfb",
    package: "xvfb",
};
pub(super) const OPENBOX: Program = Program {
    name: "openbox",
    package: "openbox",
};
/// Xvfb runs it to compile the keyboard's map, and dies without.
pub(super) const XKBCOMP: Program = Program {
    name: "xkbcomp",
    package: "x11-xkb-utils",
};

/// Gives the display the viewer's keyboard layout.
pub(super) const SETXKBMAP: Program = Program {
    name: "setxkbmap",
    package: "x11-xkb-utils",
};

impl Program {
    pub(super) fn is_in_path(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|dir| dir.join(self.name).is_file())
    }
}

/// Names of the files in the session's directory.
pub(super) const XAUTHORITY: &str = "Xauthority";
pub(super) const OPENBOX_CONFIG: &str = "openbox.xml";

/// The main window fills the screen without decoration; dialogs are decorated, centred and have
/// the focus. No key or mouse binding is taken from the application but the moving of dialogs.
pub(super) const OPENBOX_RULES: &str = include_str!("openbox.xml");

/// Our X server. It can never grow past `largest`, so it starts with that size.
pub(super) fn display(dir: &Path, number: Option<u16>, largest: Size) -> Launch {
    let mut arguments: Vec<OsString> = Vec::new();
    arguments.extend(number.map(|number| format!(":{number}").into()));
    let screen = format!("{largest}x24");
    arguments.extend(["-screen", "0", &screen, "-fbdir"].map(OsString::from));
    arguments.push(dir.into());
    arguments.push("-auth".into());
    arguments.push(dir.join(XAUTHORITY).into());
    // No access over the network, no restart when the last client leaves, no screen saver.
    let rest = ["-nolisten", "tcp", "-noreset", "-dpi", "96", "-s", "0"];
    arguments.extend(rest.map(OsString::from));
    Launch {
        role: Role::Display,
        program: XVFB.name.into(),
        arguments,
        environment: Vec::new(),
        ready_option: Some("-displayfd".into()),
    }
}

pub(super) fn openbox(dir: &Path, display: &str) -> Launch {
    Launch {
        role: Role::WindowManager,
        program: OPENBOX.name.into(),
        arguments: vec![
            "--sm-disable".into(),
            "--config-file".into(),
            dir.join(OPENBOX_CONFIG).into(),
        ],
        environment: environment(dir, display),
        ready_option: None,
    }
}

/// Changes of the environment; `None` removes the variable.
pub(super) type Environment = Vec<(OsString, Option<OsString>)>;

/// Puts `place` before the folders that a variable lists, or that are `usual` where it lists none.
pub(super) fn put_first(environment: &mut Environment, variable: &str, usual: &str, place: &Path) {
    let set = environment.iter().rposition(|(name, _)| name == variable);
    let before = match set {
        Some(index) => environment.remove(index).1,
        None => std::env::var_os(variable),
    };
    let mut list = place.as_os_str().to_owned();
    list.push(":");
    list.push(
        before
            .filter(|list| !list.is_empty())
            .unwrap_or_else(|| usual.into()),
    );
    environment.push((variable.into(), Some(list)));
}

/// The application in its `environment`; `None` if `command` is empty.
pub(super) fn command(environment: Environment, command: &[OsString]) -> Option<Launch> {
    let (program, arguments) = command.split_first()?;
    Some(Launch {
        role: Role::Command,
        program: program.clone(),
        arguments: arguments.to_vec(),
        environment,
        ready_option: None,
    })
}

/// Makes programs use the session's display and no other that the server's user may have.
pub(super) fn environment(dir: &Path, display: &str) -> Environment {
    let mut environment = vec![
        ("DISPLAY".into(), Some(display.into())),
        ("XAUTHORITY".into(), Some(dir.join(XAUTHORITY).into())),
        ("XDG_SESSION_TYPE".into(), Some("x11".into())),
        ("WAYLAND_DISPLAY".into(), None),
        // Also without a sound server: nobody at this machine wants to hear the session.
        ("PULSE_SERVER".into(), Some(super::sound::address(dir))),
        ("PULSE_RUNTIME_PATH".into(), None),
        ("PULSE_SINK".into(), None),
        ("PULSE_SOURCE".into(), None),
    ];
    // Services have no locale, and without one programs take no letters beyond ASCII.
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["LC_ALL", "LC_CTYPE", "LANG"].into_iter().any(set) {
        environment.push(("LC_CTYPE".into(), Some("C.UTF-8".into())));
    }
    environment
}
