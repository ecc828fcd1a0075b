//! Opening links in the person's browser.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use hackstream_protocol::desktop::Link;

/// What opens links on every free desktop; it finds the person's browser.
const OPENER: &str = "xdg-open";

/// Opens a link, and waits on a thread of its own for the end of what opens it: a browser may be that
/// itself. There is no shell, and a link begins with `http`, so that it is never an option.
pub(super) fn open(link: Link) {
    let host = link.host().to_owned();
    eprintln!("hackstream-view: opening a page of {host}");
    drop(tokio::task::spawn_blocking(move || {
        let mut command = Command::new(OPENER);
        command
            .arg(link.as_str())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C at the viewer's terminal is not meant for the browser.
            .process_group(0);
        match command.spawn().and_then(|mut child| child.wait()) {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!("hackstream-view: cannot open a page of {host}: {OPENER}: {status}");
            }
            Err(error) => {
                eprintln!(
                    "hackstream-view: cannot open a page of {host}: {OPENER} (package xdg-utils): \
                     {error}"
                );
            }
        }
    }));
}
