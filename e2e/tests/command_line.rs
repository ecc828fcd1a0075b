//! The control plane as a person meets it: from an empty database to the audit log, with the command
//! lines alone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::process::Command;
use std::time::{Duration, Instant};

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

/// Firefox with this page.
const APPLICATION: &str = "mkdir -p ~/profile && printf %s \"$PREFERENCES\" > ~/profile/user.js && \
    printf %s \"$PAGE\" > ~/page.html && \
    exec firefox-esr --no-remote --new-instance --profile ~/profile \"file://$HOME/page.html\"";

/// First green; red once what was copied at the viewer was pasted into its field, where there is then
/// something else to be copied; blue once that was written over.
const PAGE: &str = "<!doctype html><title>page</title><body style='background:#00c000'>\
    <textarea id=field autofocus style='background:inherit;border:0'></textarea><script>\
    field.onblur = () => setTimeout(() => field.focus());\
    field.oninput = () => { const is = field.value; \
    if (is === 'from-ann') { field.value = 'for-ann'; field.select(); document.body.style.background = '#c00000'; } \
    else if (is === 'b') document.body.style.background = '#0000c0'; };</script>";
const GREEN: u32 = 0x0000_c000;
const RED: u32 = 0x00c0_0000;
const BLUE: u32 = 0x0000_00c0;

/// Before somebody presses the same keys again.
const AGAIN: Duration = Duration::from_secs(2);

const OUTAGE: Duration = Duration::from_secs(20);

/// Whether a good part of the display has this colour.
fn has_colour(screen: &impl Screen, colour: u32) -> bool {
    let picture = screen.picture();
    let pixels = picture.pixels.iter().filter(|pixel| **pixel == colour);
    pixels.count() > picture.pixels.len() / 8
}

fn wait_for_colour(screen: &impl Screen, colour: u32) {
    wait_until(&format!("{colour:06x} in the window"), || {
        has_colour(screen, colour).then_some(())
    });
}

/// Presses keys, as somebody does who sees that nothing came of it, until something has.
fn press_until(display: &Display, keys: &str, done: impl Fn() -> bool) {
    wait_until(&format!("what {keys} does"), || {
        let mut press = Command::new("xdotool");
        let press = press.args(["key", keys]).env("DISPLAY", display.name());
        assert!(press.status().unwrap().success());
        let soon = Instant::now() + AGAIN;
        while Instant::now() < soon {
            if done() {
                return Some(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    });
}

/// The session that somebody has.
fn only_session(person: &Person) -> String {
    let listed = person.run(&["list", "--json"], "");
    let sessions: Value = serde_json::from_str(&listed.said).unwrap();
    assert_eq!(sessions.as_array().unwrap().len(), 1, "{sessions}");
    sessions[0]["session_id"].as_str().unwrap().to_owned()
}

/// Rows of the audit log, oldest first: what was done, and what came of it.
fn rows(log: &str) -> Vec<(String, String)> {
    let rows: Value = serde_json::from_str(log).unwrap();
    let mut rows = rows.as_array().unwrap().clone();
    rows.sort_by_key(|row| row["seq"].as_u64());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let told = |row: &Value| (text(&row["action"]), text(&row["outcome"]));
    rows.iter().map(told).collect()
}

/// The rows of one session.
fn of_session(log: &str, session: &str) -> Vec<(String, String)> {
    let mut all: Value = serde_json::from_str(log).unwrap();
    let all = all.as_array_mut().unwrap();
    all.retain(|row| row["session_id"] == session);
    rows(&serde_json::to_string(all).unwrap())
}

fn told(rows: &[(&str, &str)]) -> Vec<(String, String)> {
    let told = |(action, outcome): &(&str, &str)| ((*action).to_owned(), (*outcome).to_owned());
    rows.iter().map(told).collect()
}

#[test]
fn from_an_empty_database_to_a_session_that_was_used_and_stopped() {
    let preferences = include_str!("../../docs/demo/user.js");
    let plane = Plane::with_node(&Node {
        command: &["sh", "-c", APPLICATION],
        environment: &[("PREFERENCES", preferences), ("PAGE", PAGE)],
        own_sandbox: true,
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
    let id = only_session(&ann);

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
    press_until(&display, "ctrl+v", || has_colour(&window, RED));
    press_until(&display, "ctrl+c", || {
        desk.paste(Selection::Clipboard, TEXT).as_deref() == Some(b"for-ann")
    });
    drop(copied);

    relay.cut(&[Way::Up, Way::Down]);
    std::thread::sleep(OUTAGE);
    relay.mend();
    wait_for_colour(&window, RED);
    press_until(&display, "b", || has_colour(&window, BLUE));
    assert_eq!(only_session(&ann), id, "another session");

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

    let of_the_session = told(&[
        ("session.create", "ok"),
        ("session.connect", "ok"),
        ("session.stop", "ok"),
        ("session.end", "ok"),
    ]);
    let all = admin.control(&["audit", "list", "--json"], "").said;
    assert_eq!(of_session(&all, &id), of_the_session);
    let before = told(&[
        ("user.create", "ok"),
        ("node.code", "ok"),
        ("node.enroll", "ok"),
        ("login", "ok"),
        ("user.create", "ok"),
        ("login", "login_failed"),
        ("login", "ok"),
    ]);
    assert_eq!(rows(&all), [before, of_the_session.clone()].concat());
    let own = ann.run(&["audit", "--json"], "").said;
    let before = told(&[
        ("user.create", "ok"),
        ("login", "login_failed"),
        ("login", "ok"),
    ]);
    assert_eq!(rows(&own), [before, of_the_session].concat());
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
