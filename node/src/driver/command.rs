//! The command that runs in a session: the server, and the application in it.

use std::ffi::OsString;

use hackstream_control_api::launch::Quality;
use hackstream_control_api::policy::Policy;

use crate::spec::SessionSpec;

/// The socket on which an application that runs is told what to open, as the session sees it.
pub(super) const PAGES: &str = "/run/hackstream/pages.sock";

/// Where things are in the session, as it sees them.
#[derive(Clone, Debug)]
pub(super) struct Inside<'a> {
    /// The server's program.
    pub(super) server: &'a str,
    /// The server's options that say where its sockets come from.
    pub(super) sockets: &'a [&'a str],
    /// The server's own folder.
    pub(super) state: &'a str,
    /// The control plane's public keys.
    pub(super) keys: &'a str,
}

/// The server and the application in it.
pub(super) fn command(spec: &SessionSpec, inside: &Inside<'_>) -> Vec<OsString> {
    let mut words = Words::default();
    words.add(&[inside.server, "run"]);
    words.add(inside.sockets);
    words.add(&["--fresh-key", "--state-dir", inside.state]);
    words.add(&["--ticket-key", inside.keys]);
    words.add(&["--session-id", &spec.session.to_string()]);
    words.add(&["--node-id", &spec.node.to_string()]);
    if let Some(screen) = spec.screen {
        let size = format!("{}x{}", screen.width, screen.height);
        words.add(&["--size", &size]);
    }
    let quality = match spec.policy.quality_cap {
        Quality::Low => "low",
        Quality::Auto => "auto",
        Quality::High => "high",
    };
    words.add(&["--quality", quality]);
    let (disabled, enabled) = features(&spec.policy);
    for feature in disabled {
        words.add(&["--disable", feature]);
    }
    for feature in enabled {
        words.add(&["--enable", feature]);
    }
    words.add(&["--"]);
    if spec.takes_pages {
        words.add(&[inside.server, "pages", "--socket", PAGES, "--"]);
    }
    words.0.extend(spec.command.iter().map(OsString::from));
    words.0
}

#[derive(Default)]
struct Words(Vec<OsString>);

impl Words {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(OsString::from));
    }
}

/// What the server is told to leave out, and to have although it is off by default.
fn features(policy: &Policy) -> (Vec<&'static str>, Vec<&'static str>) {
    let chosen = |all: &[(bool, &'static str)]| {
        let chosen = all.iter().filter(|(is_chosen, _)| *is_chosen);
        chosen.map(|(_, name)| *name).collect()
    };
    let disabled = chosen(&[
        (!policy.sound, "audio"),
        (!policy.clipboard_in, "clipboard-in"),
        (!policy.clipboard_out, "clipboard-out"),
    ]);
    let enabled = chosen(&[
        (policy.files, "file-transfer"),
        (policy.microphone && policy.sound, "microphone"),
    ]);
    (disabled, enabled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_policy_denies_the_server_does_not_have() {
        let (disabled, enabled) = features(&Policy::default());
        assert_eq!((disabled, enabled), (vec![], vec![]));
        let everything_else = Policy {
            clipboard_in: false,
            clipboard_out: false,
            sound: false,
            files: true,
            microphone: true,
            ..Policy::default()
        };
        let (disabled, enabled) = features(&everything_else);
        assert_eq!(disabled, ["audio", "clipboard-in", "clipboard-out"]);
        assert_eq!(
            enabled,
            ["file-transfer"],
            "nothing can be heard without sound"
        );
    }
}
