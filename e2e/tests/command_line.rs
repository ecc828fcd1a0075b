//! The control plane as a person meets it: from an empty database to the audit log, with the command
//! lines alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::process::Command;
use std::time::Duration;

use hackstream_e2e::compare::Screen;
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::person::Person;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::relay::{Relay, Way};
use hackstream_e2e::wait_until;
use hackstream_e2e::xclip::{Desk, TEXT};
use hackstream_protocol::geometry::Size;
use hackstream_protocol::wire::clipboard::Selection;
use serde_json::Value;

/// Of a person who is no administrator.
const ANNS: &str = "a horse that staples batteries";

/// An address of this machine where the way to sessions can be cut.
const ROUTER: &str = "127.0.0.9";

/// What the session shows: first green; red when what was copied at the viewer could be pasted, and
/// blue once a line was typed.
const APPLICATION: &str = "printf '\\033]11;#00c000\\007'; \
    until [ \"$(xclip -o -selection clipboard -target UTF8_STRING 2>/dev/null)\" = from-ann ]; \
    do sleep 0.2; done; \
    printf for-ann | xclip -i -selection clipboard; printf '\\033]11;#c00000\\007'; \
    read line; printf '\\033]11;#0000c0\\007'; exec sleep 1000";
const GREEN: u32 = 0x0000_c000;
const RED: u32 = 0x00c0_0000;
const BLUE: u32 = 0x0000_00c0;

const OUTAGE: Duration = Duration::from_secs(20);

/// Waits until a good part of the display has this colour.
fn wait_for_colour(screen: &impl Screen, colour: u32) {
    wait_until(&format!("{colour:06x} in the window"), || {
        let picture = screen.picture();
        let pixels = picture.pixels.iter().filter(|pixel| **pixel == colour);
        (pixels.count() > picture.pixels.len() / 8).then_some(())
    });
}

fn actions(log: &str) -> Vec<String> {
    let rows: Value = serde_json::from_str(log).unwrap();
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["action"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn from_an_empty_database_to_a_session_that_was_used_and_stopped() {
    let command = ["xterm", "-e", "sh", "-c", APPLICATION];
    let plane = Plane::with_node(&Node {
        command: &command,
        host: ROUTER,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let added = admin.control(&["users", "add", "ann", "--password-stdin"], ANNS);
    assert_eq!(added.code, Some(0), "{added:?}");

    // Ann's machine knows nothing yet: the first command asks for all that it needs.
    let ann = Person::new();
    let mut screen = ann.sit_down(&["launch", "browser", "--detach"], None);
    screen.expect("Server");
    screen.type_line(&plane.address);
    screen.expect(&plane.fingerprint);
    screen.expect("[y/N]");
    screen.type_line("y");
    screen.expect("Username");
    screen.type_line("ann");
    screen.expect("Password: ");
    screen.type_line("not the right one");
    screen.expect("Name or password is wrong");
    screen.expect("Username");
    screen.type_line("ann");
    screen.expect("Password: ");
    screen.type_line(ANNS);
    screen.expect("ready after");
    assert!(screen.wait().success(), "{}", screen.screen());
    assert!(!screen.screen().contains(ANNS), "a password was shown");
    let listed = ann.run(&["list", "--json"], "");
    let sessions: Value = serde_json::from_str(&listed.said).unwrap();
    let id = sessions[0]["session_id"].as_str().unwrap().to_owned();

    // From now on nothing is asked; the way to the session leads over a router.
    let port = plane.session_port();
    let (router, session) = (format!("{ROUTER}:{port}"), format!("127.0.0.1:{port}"));
    let relay = Relay::between(router.parse().unwrap(), session.parse().unwrap());
    let idle = ["sleep", "1000"].map(str::to_owned);
    let display = Display::start(Size::new(800, 600), Folder::new(), &idle);
    let mut screen = ann.sit_down(&["connect"], Some(display.name()));
    let window = display.screen();
    wait_for_colour(&window, GREEN);

    let desk = Desk::of_display(&display);
    let copied = desk.copy(Selection::Clipboard, TEXT, b"from-ann");
    wait_for_colour(&window, RED);
    desk.wait_for(Selection::Clipboard, TEXT, b"for-ann");
    drop(copied);

    relay.cut(&[Way::Up, Way::Down]);
    std::thread::sleep(OUTAGE);
    relay.mend();
    wait_for_colour(&window, RED);
    let mut keys = Command::new("xdotool");
    let typed = keys
        .args(["key", "Return"])
        .env("DISPLAY", display.name())
        .status();
    assert!(typed.unwrap().success());
    wait_for_colour(&window, BLUE);

    let log = ann.run(&["logs", &id], "");
    assert_eq!(log.code, Some(0), "{log:?}");
    assert!(log.said.contains("viewer joined"), "{log:?}");

    screen.interrupt();
    screen.expect("The session goes on");
    screen.expect(&format!("hackstream connect {id}"));
    screen.expect(&format!("hackstream stop {id}"));
    assert!(screen.wait().success(), "{}", screen.screen());
    let stopped = ann.run(&["stop", &id[20..]], "");
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    plane.wait_until_no_session_is_left();
    let over = ann.run(&["list", "--all"], "");
    assert!(over.said.contains("its owner ended it"), "{over:?}");

    let own = actions(&ann.run(&["audit", "--json"], "").said);
    let all = actions(&admin.control(&["audit", "list", "--json"], "").said);
    for action in ["login", "session.create", "session.connect", "session.stop"] {
        assert!(
            own.iter().any(|own| own == action),
            "no {action} in {own:?}"
        );
        assert!(
            all.iter().any(|all| all == action),
            "no {action} in {all:?}"
        );
    }
    let verified = admin.control(&["audit", "verify"], "");
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(
        verified.said.contains("all as they were written"),
        "{verified:?}"
    );
}

#[test]
fn launch_ends_in_a_window_and_ends_the_session_if_told_to() {
    let command = ["xterm", "-bg", "#00c000", "-e", "sleep", "1000"];
    let plane = Plane::with_node(&Node {
        command: &command,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let idle = ["sleep", "1000"].map(str::to_owned);
    let display = Display::start(Size::new(800, 600), Folder::new(), &idle);
    let launch = ["launch", "browser", "--stop-on-exit", "--", "--mute"];
    let mut screen = admin.sit_down(&launch, Some(display.name()));
    screen.expect("queued");
    screen.expect("ready after");
    wait_for_colour(&display.screen(), GREEN);
    screen.interrupt();
    screen.expect("The session is over");
    assert!(screen.wait().success(), "{}", screen.screen());
    plane.wait_until_no_session_is_left();
}

/// Each refresh token is good once; eight processes find the same one, and an access token that is past
/// its time.
#[test]
fn processes_that_renew_a_login_at_once_do_not_void_it() {
    let plane = Plane::new();
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let file = admin.folder.path("config/hackstream/credentials.json");
    for _ in 0..3 {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut logins: Value = serde_json::from_str(&text).unwrap();
        let hub = format!("https://{}", plane.address);
        let before = logins[&hub]["refresh_token"].as_str().unwrap().to_owned();
        logins[&hub]["good_until"] = 0.into();
        std::fs::write(&file, logins.to_string()).unwrap();
        let list = || admin.run(&["list", "--json"], "");
        let went = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(list)).collect();
            asking
                .into_iter()
                .map(|one| one.join().unwrap())
                .collect::<Vec<_>>()
        });
        for one in went {
            assert_eq!((one.code, one.said.trim()), (Some(0), "[]"), "{one:?}");
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let logins: Value = serde_json::from_str(&text).unwrap();
        assert_ne!(logins[&hub]["refresh_token"], before, "it was renewed");
    }
    let log = admin.control(&["audit", "list", "--json"], "").said;
    assert!(!log.contains("reuse"), "{log}");
}
