//! What programs of a session can reach of the machine, of its networks and of other sessions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fmt::Write as _;
use std::net::TcpListener;

use hackstream_control_api::policy::Egress;
use hackstream_e2e::node::{Node, spec};
use hackstream_e2e::wait_until;
use hackstream_node::driver::local::network;

/// What is tried, by name, in the order of the golden file: a shell command that must fail.
const PROBES: &str = include_str!("node_isolation.txt");

/// The script of all probes. Each prints its name and whether it came through.
fn script() -> String {
    let mut script = String::new();
    for line in PROBES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let (name, probe) = line.split_once(": ").expect("a name and a command");
        let run = format!(
            "if timeout 5 sh -c '{}' >/dev/null 2>&1",
            probe.replace('\'', r"'\''")
        );
        writeln!(
            script,
            "{run}; then echo '{name}: CAME THROUGH'; else echo '{name}: denied'; fi"
        )
        .unwrap();
    }
    script.push_str("echo every probe is done; sleep 1000\n");
    script
}

#[test]
fn a_session_reaches_nothing_but_itself() {
    let node = Node::new();
    let mut victim = spec(&["xterm"]);
    victim
        .environment
        .insert("VICTIM".to_owned(), "secret".to_owned());
    let neighbour = node.ready(&victim);
    // Services of the machine: on loopback, and on every address that it has.
    let service = TcpListener::bind("0.0.0.0:0").unwrap();
    let machine = network::machine();
    let address = machine
        .first()
        .map_or("127.0.0.1".to_owned(), ToString::to_string);
    std::fs::write("/tmp/hackstream-canary", "a file of the machine").unwrap();

    let mut prisoner = spec(&["sh", "-c", &script()]);
    prisoner.egress = Egress::Internet;
    let place = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    prisoner.environment.extend([
        (
            "NEIGHBOUR".to_owned(),
            neighbour.init.unwrap().pid.to_string(),
        ),
        ("THEIRS".to_owned(), place(node.folder(victim.session))),
        ("OURS".to_owned(), place(node.folder(prisoner.session))),
        (
            "PORT".to_owned(),
            service.local_addr().unwrap().port().to_string(),
        ),
        ("MACHINE".to_owned(), address),
    ]);
    node.ready(&prisoner);
    let log = wait_until("all probes", || {
        let log = node.log(prisoner.session);
        log.contains("every probe is done").then_some(log)
    });
    let _ = std::fs::remove_file("/tmp/hackstream-canary");
    let through: Vec<_> = log
        .lines()
        .filter(|line| line.contains("CAME THROUGH"))
        .collect();
    assert_eq!(through, [""; 0]);
    let denied = log
        .lines()
        .filter(|line| line.ends_with(": denied"))
        .count();
    let probes = PROBES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(denied, probes.count(), "{log}");
}

/// The probes fail for the right reason only if what is allowed works.
#[test]
fn a_session_has_what_it_needs() {
    let node = Node::new();
    let own = [
        "touch ~/file /tmp/file /dev/shm/file",
        "test \"$(id -u)\" = 1000",
        "unshare --user --map-root-user true",
        "test -n \"$DISPLAY\"",
        "getent hosts localhost",
        "ip route show default | grep -q tap0",
        "test \"$COLOUR\" = blue",
    ];
    let checks = own.map(|check| format!("{check} >/dev/null 2>&1 || echo 'LACKS: {check}'"));
    let script = format!(
        "{}; echo every check is done; sleep 1000",
        checks.join("; ")
    );
    let mut spec = spec(&["sh", "-c", &script]);
    spec.egress = Egress::Internet;
    spec.environment
        .insert("COLOUR".to_owned(), "blue".to_owned());
    node.ready(&spec);
    let log = wait_until("all checks", || {
        let log = node.log(spec.session);
        log.contains("every check is done").then_some(log)
    });
    let lacks: Vec<_> = log.lines().filter(|line| line.contains("LACKS")).collect();
    assert_eq!(lacks, [""; 0]);

    let mut plain = self::spec(&[
        "sh",
        "-c",
        "unshare --user true && echo SANDBOX; echo done; sleep 1000",
    ]);
    plain.own_sandbox = false;
    node.ready(&plain);
    let log = wait_until("the check", || {
        let log = node.log(plain.session);
        log.lines().any(|line| line == "done").then_some(log)
    });
    assert!(!log.contains("SANDBOX"), "{log}");
}
