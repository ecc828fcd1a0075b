//! Tokens of a login in the keyring of a desktop: GNOME's, and some that do not what they should.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hackstream_e2e::folder::Folder;
use hackstream_e2e::keyring::odd::{OddKeyring, Oddity};
use hackstream_e2e::keyring::{Bus, Keyring};
use hackstream_e2e::person::{Person, Went};
use hackstream_e2e::plane::{PASSWORD, Plane};

/// How long a keyring may be silent, and time for the command itself on a busy machine.
const BOUND: Duration = Duration::from_secs(5 + 10);

/// Somebody who knows the hub and has not logged in.
fn stranger(plane: &Plane) -> Person {
    let person = Person::new();
    let hub = hub(plane);
    let key = plane.fingerprint.as_str();
    let configure = ["configure", "--api-url", &hub, "--fingerprint", key];
    let configured = person.run(&configure, "");
    assert_eq!(configured.code, Some(0), "{configured:?}");
    person
}

/// From now on they have a desktop, with GNOME's keyring.
fn sit_at_a_desktop(person: &mut Person) -> Keyring {
    let keyring = Keyring::start(&person.folder);
    person.bus = Some(keyring.bus.address.clone());
    keyring
}

fn hub(plane: &Plane) -> String {
    format!("https://{}", plane.address)
}

fn file(person: &Person) -> PathBuf {
    person.folder.path("config/hackstream/credentials.json")
}

/// Files of that folder in which a token stands in the clear.
fn files_with_tokens(folder: &Folder) -> Vec<PathBuf> {
    fn look(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                look(&entry.path(), found);
            } else if kind.is_file() {
                let bytes = std::fs::read(entry.path()).unwrap();
                let has = |token: &[u8]| bytes.windows(token.len()).any(|piece| piece == token);
                if has(b"hsa_") || has(b"hsr_") {
                    found.push(entry.path());
                }
            }
        }
    }
    let mut found = Vec::new();
    look(&folder.path(""), &mut found);
    found
}

fn expect_fine(went: &Went) {
    assert_eq!(went.code, Some(0), "{went:?}");
    assert!(!went.told.contains("hsa_") && !went.told.contains("hsr_"));
}

/// One line of warning with this in it, and no other.
fn expect_warning(went: &Went, text: &str) {
    let warnings = went.told.lines().filter(|line| line.contains("warning"));
    let warnings: Vec<_> = warnings.collect();
    assert!(
        warnings.len() == 1 && warnings[0].contains(text),
        "{went:?}"
    );
    assert!(!went.told.contains("panic"), "{went:?}");
}

/// Done, without a word about keyrings.
fn expect_silence(went: &Went) {
    expect_fine(went);
    let says = |text: &str| went.told.contains(text);
    assert!(!says("keyring") && !says("warning"), "{went:?}");
}

/// What the doctor says of tokens.
fn tokens(person: &Person) -> String {
    let said = person.run(&["doctor"], "").said;
    let line = said.lines().find(|line| line.contains("  tokens "));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// Has the login in the keyring end now: what it was renewed with before.
fn expire(keyring: &Keyring, hub: &str) -> String {
    let (_, mut login) = keyring.login(hub).unwrap();
    login["good_until"] = 0.into();
    keyring.replace(hub, &login.to_string());
    login["refresh_token"].as_str().unwrap().to_owned()
}

#[test]
fn tokens_are_in_the_keyring_and_nowhere_else() {
    let plane = Plane::new();
    let mut ann = stranger(&plane);
    let keyring = sit_at_a_desktop(&mut ann);
    expect_fine(&ann.log_in("admin", PASSWORD));
    let (label, login) = keyring.login(&hub(&plane)).unwrap();
    assert_eq!(label, format!("HackStream login to {}", hub(&plane)));
    assert_eq!(login["username"], "admin");
    assert!(login["access_token"].as_str().unwrap().starts_with("hsa_"));
    assert_eq!(files_with_tokens(&ann.folder), Vec::<PathBuf>::new());
    expect_silence(&ann.run(&["list"], ""));
    let line = tokens(&ann);
    assert!(
        line.contains("in the system's keyring (tokens = auto)"),
        "{line}"
    );

    for _ in 0..2 {
        let before = expire(&keyring, &hub(&plane));
        expect_silence(&ann.run(&["list"], ""));
        let (_, login) = keyring.login(&hub(&plane)).unwrap();
        assert_ne!(login["refresh_token"], before, "it was renewed");
    }
    assert_eq!(files_with_tokens(&ann.folder), Vec::<PathBuf>::new());

    expect_fine(&ann.run(&["logout"], ""));
    assert_eq!(keyring.login(&hub(&plane)), None);
    assert_eq!(ann.run(&["list"], "").code, Some(4));
}

#[test]
fn processes_that_renew_a_login_in_the_keyring_take_turns() {
    let plane = Plane::new();
    let mut ann = stranger(&plane);
    let keyring = sit_at_a_desktop(&mut ann);
    expect_fine(&ann.log_in("admin", PASSWORD));
    expire(&keyring, &hub(&plane));
    let list = || ann.run(&["list", "--json"], "");
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..6).map(|_| scope.spawn(list)).collect();
        for one in asking {
            expect_silence(&one.join().unwrap());
        }
    });
    let log = ann.control(&["audit", "list", "--json"], "").said;
    assert!(!log.contains("reuse"), "{log}");
}

#[test]
fn a_login_in_the_file_moves_when_it_is_renewed() {
    let plane = Plane::new();
    let mut ann = Person::logged_in(&plane, "admin", PASSWORD);
    let keyring = sit_at_a_desktop(&mut ann);
    expect_silence(&ann.run(&["list"], ""));
    assert!(file(&ann).exists() && keyring.login(&hub(&plane)).is_none());
    let line = tokens(&ann);
    assert!(line.contains("until they are renewed"), "{line}");
    let text = std::fs::read_to_string(file(&ann)).unwrap();
    let mut logins: serde_json::Value = serde_json::from_str(&text).unwrap();
    logins[hub(&plane)]["good_until"] = 0.into();
    std::fs::write(file(&ann), logins.to_string()).unwrap();
    expect_silence(&ann.run(&["list"], ""));
    assert!(!file(&ann).exists() && keyring.login(&hub(&plane)).is_some());

    // Who wants the file has the file, and the keyring is not even asked.
    expect_fine(&ann.run(&["config", "set", "tokens", "file"], ""));
    ann.bus = Some("unix:path=/nowhere".to_owned());
    expect_fine(&ann.log_in("admin", PASSWORD));
    assert_eq!(files_with_tokens(&ann.folder), [file(&ann)]);
}

#[test]
fn a_locked_keyring_is_replaced_by_the_file_where_nobody_can_be_asked() {
    let plane = Plane::new();
    let mut ann = stranger(&plane);
    let keyring = sit_at_a_desktop(&mut ann);
    keyring.lock();
    let logged_in = ann.log_in("admin", PASSWORD);
    expect_fine(&logged_in);
    expect_warning(&logged_in, "the keyring is locked");
    assert_eq!(files_with_tokens(&ann.folder), [file(&ann)]);
    // It has nothing of this hub: nothing is there to be unlocked.
    expect_silence(&ann.run(&["list"], ""));
    let line = tokens(&ann);
    assert!(
        line.starts_with("note") && line.contains("is locked"),
        "{line}"
    );

    expect_fine(&ann.run(&["config", "set", "tokens", "keyring"], ""));
    let refused = ann.log_in("admin", PASSWORD);
    assert_eq!(refused.code, Some(8), "{refused:?}");
    let says = |text: &str| refused.told.contains(text);
    assert!(says("locked") && says("tokens auto"), "{refused:?}");
}

#[test]
fn a_damaged_login_in_the_keyring_is_replaced() {
    let plane = Plane::new();
    let mut ann = stranger(&plane);
    let keyring = sit_at_a_desktop(&mut ann);
    expect_fine(&ann.log_in("admin", PASSWORD));
    keyring.replace(&hub(&plane), "{\"username\": \"hsr_secret\"");
    let list = ann.run(&["list"], "");
    assert_eq!(list.code, Some(4), "{list:?}");
    expect_warning(&list, "makes no sense");
    assert!(!list.told.contains("hsr_"), "{list:?}");
    expect_fine(&ann.log_in("admin", PASSWORD));
    expect_silence(&ann.run(&["list"], ""));
    assert_eq!(files_with_tokens(&ann.folder), Vec::<PathBuf>::new());
}

#[test]
fn without_a_keyring_nothing_is_said_about_it() {
    let plane = Plane::new();
    let mut ann = stranger(&plane);
    let bus = Bus::start(&ann.folder);
    for address in [&bus.address, "unix:path=/nowhere/bus"] {
        ann.bus = Some(address.to_owned());
        let logged_in = ann.log_in("admin", PASSWORD);
        expect_fine(&logged_in);
        assert!(!logged_in.told.contains("keyring"), "{logged_in:?}");
        expect_silence(&ann.run(&["list"], ""));
        assert_eq!(files_with_tokens(&ann.folder), [file(&ann)]);
        let line = tokens(&ann);
        assert!(
            line.starts_with("ok") && line.contains("there is no keyring"),
            "{line}"
        );
    }
    expect_fine(&ann.run(&["config", "set", "tokens", "keyring"], ""));
    let refused = ann.run(&["list"], "");
    assert_eq!(refused.code, Some(8), "{refused:?}");
    assert!(refused.told.contains("there is no keyring"), "{refused:?}");
}

#[test]
fn keyrings_that_do_not_work_cost_a_warning_and_a_bounded_time() {
    for (oddity, says) in [
        (Oddity::Silent, "did not answer"),
        (Oddity::Nonsense, "nonsense"),
    ] {
        let plane = Plane::new();
        let mut ann = Person::logged_in(&plane, "admin", PASSWORD);
        let bus = Bus::start(&ann.folder);
        let _keyring = OddKeyring::on(&bus, oddity);
        ann.bus = Some(bus.address.clone());
        let begun = Instant::now();
        let list = ann.run(&["list"], "");
        assert!(begun.elapsed() < BOUND, "{:?}", begun.elapsed());
        expect_fine(&list);
        expect_warning(&list, says);
        // A token for programs has nobody look for a keyring.
        let mut with_token = ann.command("hackstream", &["doctor"]);
        with_token.env("HACKSTREAM_API_TOKEN", "hst_none");
        let said = with_token.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&said.stderr), "");
    }
}

#[test]
fn whoever_is_asked_to_unlock_can_say_no_and_can_leave() {
    let plane = Plane::new();
    let mut ann = Person::logged_in(&plane, "admin", PASSWORD);
    {
        let bus = Bus::start(&ann.folder);
        let _keyring = OddKeyring::on(&bus, Oddity::Dismissed);
        ann.bus = Some(bus.address.clone());
        let mut screen = ann.sit_down(&["list"], None);
        screen.expect("waiting for the keyring to be unlocked");
        screen.expect("warning: the keyring is locked");
        assert!(screen.wait().success(), "{}", screen.screen());
        // Where nobody can be asked, nobody is.
        let silent = ann.run(&["list"], "");
        expect_fine(&silent);
        expect_warning(&silent, "nobody can be asked");
        assert!(!silent.told.contains("waiting"), "{silent:?}");
        let mut screen = ann.sit_down(&["list", "--no-input"], None);
        screen.expect("nobody can be asked");
        assert!(screen.wait().success(), "{}", screen.screen());
    }
    let bus = Bus::start(&ann.folder);
    let _keyring = OddKeyring::on(&bus, Oddity::Waiting);
    ann.bus = Some(bus.address.clone());
    let mut screen = ann.sit_down(&["list"], None);
    screen.expect("waiting for the keyring to be unlocked");
    screen.interrupt();
    assert_eq!(screen.wait().code(), Some(130), "{}", screen.screen());
}
