//! A session that was started before anybody asked: whoever launches gets it at once, and it shows the
//! page that they wished for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};

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

/// Three find one that waits, for the others one is started, and nobody is refused.
#[test]
fn ten_who_launch_at_once_get_a_session_each() {
    let plane = Plane::with_node(&Node {
        command: &BROWSER,
        takes_url: true,
        max_sessions: 16,
        ..Node::default()
    });
    let admin = Person::logged_in(&plane, "admin", PASSWORD);
    // The pool's are for users: whoever has the same limits gets one of them.
    for role in ["role:admin", "role:user"] {
        let limits = ["--max-sessions", "10", "--memory", "300M"];
        let set = admin.control(&[&["quotas", "set", role], &limits[..]].concat(), "");
        assert_eq!(set.code, Some(0), "{set:?}");
    }
    let set = admin.control(&["pool", "set", "browser", "--min", "3", "--max", "3"], "");
    assert_eq!(set.code, Some(0), "{set:?}");
    wait_for_pool(&admin, 3);

    let launch = ["launch", "browser", "--detach"];
    let launched: Vec<_> = std::thread::scope(|scope| {
        let launches = [(); 10].map(|()| scope.spawn(|| admin.run(&launch, "")));
        launches
            .into_iter()
            .map(|each| each.join().unwrap())
            .collect()
    });
    for launched in &launched {
        assert_eq!(launched.code, Some(0), "{launched:?}");
    }
    let paused = admin.control(&["pool", "pause", "browser"], "");
    assert_eq!(paused.code, Some(0), "{paused:?}");
    let listed = admin.run(&["list", "--json"], "");
    let sessions: Value = serde_json::from_str(&listed.said).unwrap();
    let sessions = sessions.as_array().unwrap().iter();
    let own: BTreeMap<_, _> = sessions
        .filter(|each| !each["user_id"].is_null() && each["state"] == "claimed")
        .map(|each| {
            (
                each["session_id"].as_str().unwrap(),
                each["pool_hit"] == true,
            )
        })
        .collect();
    let told: BTreeSet<_> = launched.iter().map(|each| each.said.trim()).collect();
    assert_eq!(own.keys().copied().collect::<BTreeSet<_>>(), told);
    assert_eq!(told.len(), 10);
    let warm = own.values().filter(|was_warm| **was_warm).count();
    assert!(warm >= 3, "{own:?}");
}
