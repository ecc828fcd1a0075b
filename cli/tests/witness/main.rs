//! The real programs against a hub whose log is what a test says: who cuts it or makes it anew is found
//! out by whoever has seen more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod mock;

use std::process::{Command, Output, Stdio};

use mock::{Mock, Tamper};
use tempfile::TempDir;

/// Somebody with a home, who uses this hub.
struct Person {
    home: TempDir,
    hub: String,
}

struct Went {
    code: Option<i32>,
    said: String,
    told: String,
}

impl Person {
    fn new(mock: &Mock) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            hub: mock.url(),
        }
    }

    fn run(&self, program: &str, words: &[&str]) -> Went {
        let mut command = Command::new(program);
        command
            .args(words)
            .args(["--no-input", "--api-url", &self.hub])
            .env_clear()
            .env("HOME", self.home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A program that reads nothing may be gone by now.
        let _ = std::io::Write::write_all(&mut stdin, b"correct horse battery\n");
        drop(stdin);
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        Went {
            code: status.code(),
            said: String::from_utf8(stdout).unwrap(),
            told: String::from_utf8(stderr).unwrap(),
        }
    }

    fn log_in(&self) -> Went {
        let login = ["login", "--username", "ann", "--password-stdin"];
        self.run(env!("CARGO_BIN_EXE_hackstream"), &login)
    }

    fn user(&self, words: &[&str]) -> Went {
        self.run(env!("CARGO_BIN_EXE_hackstream"), words)
    }

    fn control(&self, words: &[&str]) -> Went {
        self.run(env!("CARGO_BIN_EXE_hackstreamctl"), words)
    }
}

impl Went {
    #[track_caller]
    fn expect(&self, code: i32, words: &[&str]) -> &Self {
        let all = format!("{}{}", self.said, self.told);
        assert_eq!(self.code, Some(code), "{all}");
        for word in words {
            assert!(all.contains(word), "no {word:?} in {all}");
        }
        self
    }

    #[track_caller]
    fn expect_no_alarm(&self, code: i32) -> &Self {
        assert!(!self.told.contains("ALARM"), "{}", self.told);
        self.expect(code, &[])
    }
}

#[test]
fn a_log_that_grows_raises_no_alarm() {
    let mock = Mock::with_rows(5);
    let ann = Person::new(&mock);
    ann.log_in().expect_no_alarm(0);
    mock.write(3);
    ann.user(&["apps"]).expect_no_alarm(0);
    mock.sign();
    // A new login compares as well, and so does one after a logout.
    ann.log_in().expect_no_alarm(0);
    ann.user(&["logout"]).expect_no_alarm(0);
    mock.write(1);
    ann.log_in().expect_no_alarm(0);
    let verified = ann.control(&["audit", "verify"]);
    verified.expect(0, &["9 rows, all as they were written", "up to row 9"]);
}

/// At a login and at a refresh, until the log is as it was or somebody has decided.
#[test]
fn a_log_that_was_cut_or_made_anew_raises_an_alarm() {
    for tamper in [
        Tamper::Cut { after: 3 },
        Tamper::CutAndFill { after: 3 },
        Tamper::MakeAnew { from: 4 },
        Tamper::OtherKey,
        Tamper::NoSignature,
        Tamper::ForgedSignature,
    ] {
        let mock = Mock::with_rows(8);
        let ann = Person::new(&mock);
        ann.log_in().expect_no_alarm(0);
        mock.tamper(tamper);
        let words = ["ALARM", "backup", "hackstreamd audit restored", "--accept"];
        ann.log_in().expect(9, &words);
        // What was done all the same is done.
        let list = ann.user(&["apps", "--json"]);
        assert_eq!(list.said.trim(), "[]", "{tamper:?}: {}", list.told);
        ann.log_in().expect(9, &words);
        mock.let_tokens_expire();
        let refreshed = ann.user(&["apps", "--json"]);
        refreshed.expect(9, &words);
        assert_eq!(refreshed.said.trim(), "[]", "{tamper:?}");
        ann.user(&["logout"]).expect(0, &["logged out"]);
        ann.log_in().expect(9, &words);
        ann.control(&["audit", "verify"]).expect(9, &["ALARM"]);
        mock.undo();
        ann.log_in().expect_no_alarm(0);
    }
}

#[test]
fn a_log_that_was_never_seen_whole_is_found_by_its_own_checkpoint() {
    let mock = Mock::with_rows(8);
    mock.tamper(Tamper::Cut { after: 3 });
    let ann = Person::new(&mock);
    // The checkpoint of row 8 is still shown: whoever cut the log forgot it.
    mock.show_old_checkpoint();
    ann.log_in()
        .expect(9, &["ALARM", "row 8 was signed, and it ends with row 3"]);
}

#[test]
fn a_declared_backup_is_told_once() {
    let mock = Mock::with_rows(8);
    let ann = Person::new(&mock);
    ann.log_in().expect_no_alarm(0);
    mock.tamper(Tamper::Cut { after: 3 });
    mock.declare_restored();
    ann.log_in()
        .expect_no_alarm(0)
        .expect(0, &["note:", "a backup was restored"]);
    let again = ann.log_in();
    again.expect_no_alarm(0);
    assert!(!again.told.contains("note:"), "{}", again.told);
}

#[test]
fn a_person_can_accept_what_they_were_told_of() {
    let mock = Mock::with_rows(8);
    let ann = Person::new(&mock);
    ann.log_in().expect_no_alarm(0);
    mock.tamper(Tamper::OtherKey);
    ann.log_in().expect(9, &["ALARM", "signed by the key"]);
    // Nobody is there who could be asked.
    ann.user(&["audit", "--accept"]).expect(2, &["--help"]);
    ann.log_in().expect(9, &["ALARM"]);
    ann.user(&["audit", "--accept", "--yes"])
        .expect(0, &["known:", "now:", "goes on"]);
    ann.log_in().expect_no_alarm(0);
    // A log that contradicts itself is not taken.
    mock.tamper(Tamper::ForgedSignature);
    ann.user(&["audit", "--accept", "--yes"])
        .expect(1, &["cannot be accepted"]);
}

#[test]
fn the_first_bad_row_is_named_by_a_machine_that_fetches_the_log() {
    let mock = Mock::with_rows(450);
    let ann = Person::new(&mock);
    ann.log_in().expect_no_alarm(0);
    let verify = ["audit", "verify"];
    let verified = ann.control(&verify);
    verified.expect(0, &["450 rows, all as they were written"]);
    assert!(mock.largest_page() <= 200, "pages are bounded");
    for (tamper, code, first) in [
        (Tamper::Change { row: 317 }, 1, "row 317 is the first"),
        (Tamper::Swap { row: 399 }, 1, "row 399 is the first"),
        // These move the last row, too, which this machine has seen.
        (Tamper::Delete { row: 200 }, 9, "row 200 is the first"),
        (Tamper::Insert { row: 201 }, 9, "row 201 is the first"),
    ] {
        mock.tamper(tamper);
        ann.control(&verify).expect(code, &[first]);
        mock.undo();
    }
    ann.control(&verify).expect_no_alarm(0);
}

#[test]
fn the_file_of_another_witness_shows_what_one_has_not_seen() {
    let mock = Mock::with_rows(40);
    let node = Person::new(&mock);
    node.log_in().expect_no_alarm(0);
    let file = node.home.path().join("saved.json");
    let file = file.to_str().unwrap();
    let saved = node.control(&["audit", "checkpoint", "--save", file]);
    saved.expect(0, &["row 40, signed on", "key"]);
    mock.write(40);
    mock.sign();
    mock.tamper(Tamper::MakeAnew { from: 7 });
    // Somebody who was not there before.
    let bob = Person::new(&mock);
    bob.log_in().expect_no_alarm(0);
    bob.control(&["audit", "verify"]).expect_no_alarm(0);
    let compared = ["audit", "verify", "--from-witness", file];
    bob.control(&compared)
        .expect(1, &["row 40 is the first", "made anew"]);
    let memory = node
        .home
        .path()
        .join(".local/state/hackstream/witness.json");
    let compared = [
        "audit",
        "verify",
        "--from-witness",
        memory.to_str().unwrap(),
    ];
    bob.control(&compared).expect(1, &["row 40 is the first"]);
    mock.tamper(Tamper::Cut { after: 20 });
    let compared = ["audit", "verify", "--from-witness", file, "--json"];
    let cut = bob.control(&compared);
    cut.expect(9, &["\"first_bad_seq\": 21", "a checkpoint knows row 40"]);
    std::fs::write(file, "{\"seq\": 40}").unwrap();
    bob.control(&compared).expect(8, &["holds no checkpoint"]);
    // What was there before a backup that was declared is told, and no fault.
    mock.declare_restored();
    let compared = [
        "audit",
        "verify",
        "--from-witness",
        memory.to_str().unwrap(),
    ];
    let restored = bob.control(&compared);
    restored.expect(0, &["row 40 was seen before", "backup was restored"]);
}

#[test]
fn a_damaged_memory_is_named_and_not_forgotten() {
    let mock = Mock::with_rows(3);
    let ann = Person::new(&mock);
    ann.log_in().expect_no_alarm(0);
    let memory = ann.home.path().join(".local/state/hackstream/witness.json");
    std::fs::write(&memory, "{").unwrap();
    ann.log_in().expect(8, &["witness.json makes no sense"]);
    assert_eq!(std::fs::read_to_string(&memory).unwrap(), "{");
}
