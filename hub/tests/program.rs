//! The program itself: started, asked over TLS with curl, ended; and no secret in what it leaves.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use hackstream_control_api::enroll::Join;
use serde_json::{Value, json};
use tempfile::TempDir;

use common::{PASSWORD, Running, hackstreamd, log_in, new_hub, with_input};

#[test]
fn it_starts_serves_ends_and_remembers() {
    let hub = new_hub();
    let tokens = log_in(&hub);
    let access = tokens["access_token"].as_str().unwrap();
    let (status, me) = hub.ask("GET", "/v1/me", access, &Value::Null);
    assert_eq!((status, &me["role"]), (200, &json!("admin")));
    assert_eq!(hub.ask("GET", "/health/live", "", &Value::Null).0, 204);
    let (status, health) = hub.ask("GET", "/health/ready", "", &Value::Null);
    assert_eq!(
        (status, &health["store"], &health["nodes"]),
        (503, &json!(true), &json!(0))
    );
    let fingerprint = hub.fingerprint.clone();
    let again = Running::start(hub.end());
    assert_eq!(again.fingerprint, fingerprint);
    assert_eq!(again.ask("GET", "/v1/me", access, &Value::Null).0, 200);
    // A second operator's command beside the hub that runs.
    let init = with_input(
        hackstreamd(again.folder.path(), &["init", "other"]),
        PASSWORD,
    );
    assert_eq!(init.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&init.stderr).contains("user add"),
        "{init:?}"
    );
}

#[test]
fn no_secret_is_left_anywhere() {
    let hub = new_hub();
    let tokens = log_in(&hub);
    let (access, refresh) = (&tokens["access_token"], &tokens["refresh_token"]);
    let (_, next) = hub.ask(
        "POST",
        "/v1/token/refresh",
        "",
        &json!({ "refresh_token": refresh }),
    );
    let wrong = json!({ "username": PASSWORD, "password": "canary-wrong-0815" });
    assert_eq!(hub.ask("POST", "/v1/login", "", &wrong).0, 401);
    let user = json!({ "username": "alice", "password": "canary-alice-2342" });
    assert_eq!(
        hub.ask("POST", "/v1/users", access.as_str().unwrap(), &user)
            .0,
        201
    );
    let node_file = hub.folder.path().join("node.token");
    let add = [
        "node",
        "add",
        "here",
        "--token-file",
        node_file.to_str().unwrap(),
    ];
    assert!(
        hackstreamd(hub.folder.path(), &add)
            .output()
            .unwrap()
            .status
            .success()
    );
    let node = fs::read_to_string(&node_file).unwrap();
    fs::remove_file(node_file).unwrap();
    // Below the token is the public key of jobs.
    let (node, job_key) = node.split_once('\n').unwrap();
    assert!(job_key.starts_with("ed25519:"), "{job_key}");
    let add = ["node", "add", "there", "--hub", "https://127.0.0.1:8443"];
    let added = hackstreamd(hub.folder.path(), &add).output().unwrap();
    let join = String::from_utf8(added.stdout).unwrap();
    let join: Join = join.trim().parse().unwrap();
    assert_eq!(join.key.as_deref(), Some(hub.fingerprint.as_str()));
    let process = format!("/proc/{}", hub.process.id());
    let seen = [
        fs::read(format!("{process}/cmdline")).unwrap(),
        fs::read(format!("{process}/environ")).unwrap(),
    ];
    let secrets = [
        "canary-",
        node,
        join.code.as_str(),
        text(access),
        text(refresh),
        text(&next["access_token"]),
        text(&next["refresh_token"]),
    ];
    let folder = hub.end();
    let mut looked_at = 0;
    for file in fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        looked_at += 1;
        for secret in secrets {
            assert!(!holds(&bytes, secret), "{} holds {secret}", path.display());
        }
    }
    assert!(looked_at >= 6, "{looked_at} files");
    assert!(
        seen.iter()
            .all(|bytes| secrets.iter().all(|secret| !holds(bytes, secret)))
    );
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    assert!(!secret.is_empty());
    bytes
        .windows(secret.len())
        .any(|window| window == secret.as_bytes())
}

/// Logins at once: each would take 19 MiB if nothing bounded them.
const FLOOD: usize = 48;

#[test]
fn a_flood_of_logins_takes_no_memory_for_long() {
    let hub = new_hub();
    let before = peak_kib(&hub);
    std::thread::scope(|scope| {
        for number in 0..FLOOD {
            let body = json!({ "username": format!("nobody{number}"), "password": "x".repeat(20) });
            let hub = &hub;
            scope.spawn(move || {
                let (status, problem) = hub.ask("POST", "/v1/login", "", &body);
                assert!([401, 429, 503].contains(&status), "{status} {problem}");
            });
        }
    });
    let after = peak_kib(&hub);
    assert!(
        after < before + 100 * 1024,
        "{before} KiB became {after} KiB"
    );
}

/// The most memory that a hub has had.
fn peak_kib(hub: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", hub.process.id())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_damaged_log_is_told_by_the_exit_code() {
    let folder = new_hub().end();
    let verify = || {
        hackstreamd(folder.path(), &["audit", "verify"])
            .output()
            .unwrap()
    };
    assert_eq!(verify().status.code(), Some(0));
    let database = rusqlite::Connection::open(folder.path().join("hub.sqlite")).unwrap();
    database
        .execute("UPDATE audit SET outcome = 'fine' WHERE seq = 1", [])
        .unwrap();
    let bad = verify();
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&bad.stdout).starts_with("row 1 is the first"),
        "{bad:?}"
    );
}

/// The database is that of an earlier day, and what the hub keeps beside it is of today.
#[test]
fn a_restored_backup_has_to_be_declared() {
    let folder = new_hub().end();
    let run = |words: &[&str], input: &str| {
        let output = with_input(hackstreamd(folder.path(), words), input);
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code(), text)
    };
    let database = folder.path().join("hub.sqlite");
    let backup = folder.path().join("backup.sqlite");
    let open = rusqlite::Connection::open(&database).unwrap();
    open.execute("VACUUM INTO ?1", [backup.to_str().unwrap()])
        .unwrap();
    drop(open);
    let added = run(&["user", "add", "late"], "a battery of horses\n");
    assert_eq!(added.0, Some(0), "{added:?}");
    // Signs what there is; nobody has to wait a minute for that.
    assert_eq!(run(&["audit", "restored"], "").0, Some(0));
    let whole = run(&["audit", "verify"], "");
    assert!(whole.1.contains("agree up to row 3"), "{whole:?}");

    for rest in ["hub.sqlite-wal", "hub.sqlite-shm"] {
        let _ = fs::remove_file(folder.path().join(rest));
    }
    fs::copy(&backup, &database).unwrap();
    let (code, said) = run(&["audit", "verify"], "");
    assert_eq!(code, Some(1));
    assert!(
        said.contains("row 2 is the first") && said.contains("knows row 3"),
        "{said}"
    );
    for name in ["checkpoint.key", "checkpoint.json"] {
        let file = fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600, "{name}");
    }
    let hub = Running::start(folder);
    let told = wait_for_log(&hub, "the audit log is not signed");
    assert!(told.contains("hackstreamd audit restored"), "{told}");
    let access = log_in(&hub)["access_token"].as_str().unwrap().to_owned();
    assert_eq!(hub.ask("GET", "/v1/me", &access, &Value::Null).0, 200);
    let folder = hub.end();
    let run = |words: &[&str]| hackstreamd(folder.path(), words).output().unwrap();
    let declared = run(&["audit", "restored"]);
    assert!(declared.status.success(), "{declared:?}");
    let verified = run(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

fn wait_for_log(hub: &Running, words: &str) -> String {
    for _ in 0..1000 {
        let log = fs::read_to_string(hub.folder.path().join("log")).unwrap();
        if let Some(line) = log.lines().find(|line| line.contains(words)) {
            return line.to_owned();
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the hub never said {words:?}");
}

#[test]
fn what_cannot_be_is_said_with_its_code() {
    let folder = TempDir::new().unwrap();
    let code = |arguments: &[&str]| {
        hackstreamd(folder.path(), arguments)
            .output()
            .unwrap()
            .status
            .code()
    };
    assert_eq!(code(&["serve", "--metrics", "0.0.0.0:1"]), Some(2));
    assert_eq!(code(&["serve", "--listen", "192.0.2.1:1"]), Some(72));
    assert_eq!(
        code(&["serve", "--database", "/nowhere/hub.sqlite"]),
        Some(73)
    );
    // Nothing there is not the same as nothing wrong.
    let elsewhere = TempDir::new().unwrap();
    let verify = hackstreamd(elsewhere.path(), &["audit", "verify"])
        .output()
        .unwrap();
    assert_eq!(verify.status.code(), Some(73), "{verify:?}");
    assert!(!elsewhere.path().join("hub.sqlite").exists());
    let short = with_input(hackstreamd(folder.path(), &["init", "root"]), "short\n");
    assert_eq!(short.status.code(), Some(1));
}
