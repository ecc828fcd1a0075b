//! The commands of docs/runbook.md.

/// Lines that come before all commands: the first failure ends them, and nothing unset is used.
pub const STRICT: &str = "set -o errexit -o nounset -o pipefail\n";

/// Who runs a block of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What readers set for themselves, and the test for itself.
    Settings,
    /// Needs our programs.
    Plain,
    /// Needs the image and an engine.
    Docker,
}

/// The commands of a kind, in their order.
///
/// # Panics
/// If the runbook has a block of an unknown kind: nobody would run it.
#[must_use]
pub fn commands(kind: Kind) -> String {
    let text = include_str!("../../docs/runbook.md");
    let mut found = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(name) = line.strip_prefix("```") else {
            continue;
        };
        let this = match name {
            "sh settings" => Kind::Settings,
            "sh" => Kind::Plain,
            "sh docker" => Kind::Docker,
            other => panic!("nobody runs a block called \"{other}\""),
        };
        for line in lines.by_ref().take_while(|line| *line != "```") {
            if this == kind {
                found.push_str(line);
                found.push('\n');
            }
        }
    }
    found
}
