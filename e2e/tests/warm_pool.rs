//! A session that was started before anybody asked: whoever launches gets it at once, and it shows the
//! page that they wished for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::compare::Screen;
use hackstream_e2e::display::Display;
use hackstream_e2e::folder::Folder;
use hackstream_e2e::person::Person;
use hackstream_e2e::plane::stand_in::{BROWSER, OPENED, PAGE};
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::wait_until;
use hackstream_protocol::geometry::Size;
use serde_json::Value;

/// The application's pool, once so many wait in it.
fn wait_for_pool(admin: &Person, ready: u64) {
    wait_until(&format!("{ready} to wait"), || {
        let listed = admin.control(&["pool", "list", "--json"], "");
        let pools: Value = serde_json::from_str(&listed.said).unwrap();
        (pools[0]["ready"] == ready).then_some(())
    });
}

#[test]
fn a_warm_session_shows_the_page_of_whoever_gets_it() {
    let plane = Plane::with_node(&Node {
        command: &BROWSER,
        takes_url: true,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    let set = admin.control(&["pool", "set", "browser", "--min", "1", "--max", "1"], "");
    assert_eq!(set.code, Some(0), "{set:?}");
    wait_for_pool(&admin, 1);

    let idle = ["sleep", "1000"].map(str::to_owned);
    let display = Display::start(Size::new(800, 600), Folder::new(), &idle);
    let launch = ["launch", "browser", "--url", PAGE];
    let mut terminal = admin.sit_down(&launch, Some(display.name()));
    let window = display.screen();
    wait_until("the page in the window", || {
        let picture = window.picture();
        let green = picture.pixels.iter().filter(|pixel| **pixel == OPENED);
        (green.count() > picture.pixels.len() / 8).then_some(())
    });
    let listed = admin.run(&["list", "--json"], "");
    let sessions: Value = serde_json::from_str(&listed.said).unwrap();
    let own: Vec<_> = sessions
        .as_array()
        .unwrap()
        .iter()
        .filter(|each| !each["user_id"].is_null())
        .collect();
    assert_eq!(own.len(), 1, "{sessions}");
    assert_eq!(own[0]["pool_hit"], true, "{sessions}");
    // Another one takes its place, and pausing ends it.
    wait_for_pool(&admin, 1);
    let paused = admin.control(&["pool", "pause", "browser"], "");
    assert_eq!(paused.code, Some(0), "{paused:?}");
    wait_for_pool(&admin, 0);
    terminal.interrupt();
    assert!(terminal.wait().success(), "{}", terminal.screen());
}
