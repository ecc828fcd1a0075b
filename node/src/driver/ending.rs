//! What a session's own words and its end mean.

use hackstream_control_api::node::Exit;
use hackstream_control_api::session::StopCause;

/// Why a session that was not told to end has ended.
pub(super) const fn cause_of_end(was_ready: bool, is_killed: bool) -> StopCause {
    match (was_ready, is_killed) {
        (false, _) => StopCause::StartFailed,
        (true, true) => StopCause::Crashed,
        (true, false) => StopCause::ApplicationEnded,
    }
}

/// How a program ended whose code this is, as shells, bubblewrap and tini say it.
pub(super) const fn exit_of(code: i32) -> Exit {
    match code {
        129..=192 => Exit::Signal((code - 128) as u8),
        code => Exit::Code(code as u8),
    }
}

/// The key in the line that a server prints when viewers may come: `ready … fingerprint=sha256:HEX …`.
pub(super) fn server_key(line: &str) -> Option<String> {
    let mut fields = line.strip_prefix("ready ")?.split(' ');
    let key = fields.find_map(|field| field.strip_prefix("fingerprint=sha256:"))?;
    let is_key = key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key.then(|| key.to_owned())
}

/// What begins a line in which the server says why it ends.
const SERVER: &str = "hackstream-server: ";

/// The last line that a session wrote, or the last of its server's own: when that ends, its display and
/// what is on it complain as well.
#[derive(Debug, Default)]
pub(super) struct LastWords {
    line: String,
    is_servers: bool,
}

impl LastWords {
    pub(super) fn hear(&mut self, line: &str) {
        let is_servers = line.starts_with(SERVER);
        if is_servers || !self.is_servers {
            // It is shown to people, and programs of the session may have written it.
            self.line = line.chars().filter(|each| !each.is_control()).collect();
            self.is_servers = is_servers;
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_the_server_ends_is_not_lost_among_other_complaints() {
        let mut words = LastWords::default();
        words.hear("Xvfb: no keyboard");
        assert_eq!(words.text(), "Xvfb: no keyboard");
        words.hear("hackstream-server: cannot start x");
        words.hear("XIO: fatal IO error");
        assert_eq!(words.text(), "hackstream-server: cannot start x");
    }
}
