//! How machines become nodes, and cease to be: hub, agent and command line are the real programs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use hackstream_e2e::plane::Plane;
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::{program, wait_until};
use serde_json::Value;

fn configure(plane: &Plane, name: &str) -> PathBuf {
    let file = plane.path(&format!("{name}.toml"));
    let config = format!(
        "state_dir = \"{}\"\nhost = \"127.0.0.1\"\n[apps.browser]\ncommand = [\"xterm\"]\n",
        plane.path(name).display()
    );
    fs::write(&file, config).unwrap();
    file
}

fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.trim().lines().count(), 1, "one clear line: {text}");
    (output.status.code(), text)
}

fn nodes(plane: &Plane, admin: &str) -> Vec<Value> {
    let nodes = plane.ok("GET", "/v1/nodes", admin, &Value::Null);
    nodes.as_array().unwrap().clone()
}

#[test]
fn a_code_is_good_for_one_machine_that_found_the_right_hub() {
    let plane = Plane::new();
    let admin = &plane.log_in();
    let (attic, cellar) = (configure(&plane, "attic"), configure(&plane, "cellar"));
    let join = plane.join("attic");
    let key = plane.fingerprint.strip_prefix("sha256:").unwrap();

    // Another hub at that address is told nothing, and the code stays good.
    let strange = join.replace(key, &"0".repeat(64));
    let (code, text) = said(&plane.enroll(&attic, &strange));
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("another than the expected hub") && text.contains(key),
        "{text}"
    );
    let (code, text) = said(&plane.enroll(&attic, "hsa_0123"));
    assert_eq!(code, Some(2), "{text}");

    assert_eq!(said(&plane.enroll(&attic, &join)).0, Some(0));
    // As if the answer had been lost.
    assert_eq!(said(&plane.enroll(&attic, &join)).0, Some(0));
    let (code, text) = said(&plane.enroll(&cellar, &join));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("used by another machine"), "{text}");
    assert_eq!(nodes(&plane, admin).len(), 1);

    let secret = join.split('.').nth(1).unwrap();
    let mut agent = bound_command(program("hackstream-noded"));
    agent.arg("--config").arg(&attic);
    let agent = Process::start(&mut agent);
    let node = wait_until("the node to report", || {
        let node = nodes(&plane, admin).remove(0);
        (node["alive"] == true).then_some(node)
    });
    assert_eq!(node["name"], "attic");

    // Taken out, it is nobody at once, while it waits for jobs.
    let id = node["id"].as_str().unwrap();
    plane.ok("DELETE", &format!("/v1/nodes/{id}"), admin, &Value::Null);
    agent.stderr.wait_for("the agent to be refused", |line| {
        line.contains("refused with 401").then_some(())
    });
    assert!(nodes(&plane, admin).is_empty());
    for file in ["hub/hub.sqlite", "hub/hub.sqlite-wal"] {
        let kept = fs::read(plane.path(file)).unwrap_or_default();
        let found = kept
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "the code is in {file}");
    }
}
