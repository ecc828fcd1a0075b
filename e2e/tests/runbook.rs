//! What docs/runbook.md tells people to do works as it stands there.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::Picture;
use hackstream_e2e::folder::{Folder, wait_until_nothing_is_left};
use hackstream_e2e::process::bound_command;
use hackstream_e2e::program;
use hackstream_e2e::runbook::{Kind, STRICT, commands};

/// Server and viewer are the same machine, whose only network is its loopback. Displays are told apart
/// by names in that network, so their sockets need a folder of their own as well: else two displays
/// would have one socket.
const SETTINGS: &str = "\
ip link set lo up
mkdir --parents /tmp/.X11-unix
mount -t tmpfs -o mode=1777 none /tmp/.X11-unix
# Keyboards that X servers compile go by the display's number, too.
mkdir --parents /var/lib/xkb
mount -t tmpfs none /var/lib/xkb
Xvfb -displayfd 3 -screen 0 800x600x24 3>display 2>/dev/null &
viewers_display=$!
disown $viewers_display
trap 'kill $viewers_display' EXIT
until [ -s display ]; do sleep 0.05; done
export DISPLAY=:$(cat display)
server=127.0.0.1
link=lo
";

/// Seconds; it takes half a minute. Only keeps a broken runbook from hanging.
const LONGEST: &str = "300";

#[test]
fn the_commands_without_containers_are_true() {
    let settings = commands(Kind::Settings);
    for line in settings.lines() {
        let name = line.split_once('=').unwrap().0;
        assert!(
            SETTINGS.contains(&format!("\n{name}=")),
            "{name} is set in vain"
        );
    }
    let folder = Folder::new();
    let script = format!("{STRICT}{SETTINGS}{}kill %1\nwait\n", commands(Kind::Plain));
    // A network of its own: the runbook's ports are fixed.
    let mut command = bound_command("timeout");
    folder.use_in(&mut command);
    let programs = program("hackstream-server");
    let path = std::env::var("PATH").unwrap();
    command
        .args([
            LONGEST, "unshare", "--net", "--mount", "bash", "-c", &script,
        ])
        .env_remove("XDG_STATE_HOME")
        .env(
            "PATH",
            format!("{}:{path}", programs.parent().unwrap().display()),
        );
    let ended = command.output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{}: {said}", ended.status);

    let written = |name: &str| std::fs::read_to_string(folder.path("home").join(name)).unwrap();
    assert!(written("metrics.txt").contains("hackstream_frames_total"));
    assert!(written("status.json").contains("\"display\""));
    let picture = Picture::read_png(&folder.path("home/session.png"));
    assert!(picture.size.area() > 0);
    wait_until_nothing_is_left(&folder);
}
