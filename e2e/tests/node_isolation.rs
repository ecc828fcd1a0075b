//! What programs of a session can reach of the machine, of its networks and of other sessions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::AsFd;

use hackstream_control_api::launch::Resources;
use hackstream_control_api::policy::Egress;
use hackstream_e2e::netns::Network;
use hackstream_e2e::node::{Node, spec};
use hackstream_e2e::wait_until;
use rustix::io::{FdFlags, fcntl_setfd};

/// What is tried, by name, in the order of the golden file: a shell command that must fail.
const PROBES: &str = include_str!("node_isolation.txt");

/// Has SERVER name the server's process, which is our grandparent.
const FIND_SERVER: &str = "export SERVER=$(perl -e 'for (glob(\"/proc/[0-9]*/cmdline\")) { \
    open(F, $_) or next; ($words) = <F>; \
    print m{(\\d+)} if $words =~ m{^/opt/hackstream/hackstream-server\\0run} }'); \
    echo \"the server is $SERVER\"\n";

fn probes() -> impl Iterator<Item = &'static str> {
    let lines = PROBES.lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The script of all probes. Each prints its name and whether it came through.
fn script() -> String {
    let mut script = FIND_SERVER.to_owned();
    for line in probes() {
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

/// What the machine answers to, a host of the internet, and others that are nobody's business.
const MACHINE: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 1);
const INTERNET: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 2);
const PRIVATE: [[u8; 4]; 5] = [
    [10, 9, 9, 9],
    [172, 16, 9, 9],
    [192, 168, 9, 9],
    [100, 64, 9, 9],
    [169, 254, 169, 254],
];

/// The machine among others, whom it reaches on all their addresses: what a session does not reach, its
/// own network keeps from it. From now on the calling thread is on that machine.
struct Town {
    _network: Network,
    _services: [TcpListener; 3],
    port: u16,
}

fn town() -> Town {
    let network = Network::create().unwrap();
    network.server.add_address(MACHINE);
    network.viewer.add_address(INTERNET);
    for private in PRIVATE {
        network.viewer.add_address(private.into());
    }
    network.server.route_everything(INTERNET);
    network.server.enter();
    let service = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = service.local_addr().unwrap().port();
    let [other, clouds] = std::thread::scope(|scope| {
        let others = scope.spawn(|| {
            network.viewer.enter();
            let clouds = TcpListener::bind((Ipv4Addr::from(PRIVATE[4]), 80)).unwrap();
            [TcpListener::bind(("0.0.0.0", port)).unwrap(), clouds]
        });
        others.join().unwrap()
    });
    for private in PRIVATE {
        let reached = TcpStream::connect((Ipv4Addr::from(private), port));
        reached.expect("the machine itself reaches them");
    }
    Town {
        _services: [service, other, clouds],
        port,
        _network: network,
    }
}

#[test]
fn a_session_reaches_nothing_but_itself() {
    let town = town();
    let node = Node::new();
    let mut victim = spec(&["xterm"]);
    victim
        .environment
        .insert("VICTIM".to_owned(), "secret".to_owned());
    let neighbour = node.ready(&victim);
    let canary = tempfile::NamedTempFile::new_in("/tmp").unwrap();
    // What whoever starts an agent may have left open.
    let left_open = std::fs::File::open("/").unwrap();
    fcntl_setfd(left_open.as_fd(), FdFlags::empty()).unwrap();

    let mut prisoner = spec(&["sh", "-c", &script()]);
    prisoner.egress = Egress::Internet;
    prisoner.resources = Resources {
        pids: 200,
        ..Resources::default()
    };
    let place = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let init = neighbour.init.unwrap().pid;
    prisoner.environment.extend([
        ("NEIGHBOUR".to_owned(), init.to_string()),
        ("THEIRS".to_owned(), place(&node.folder(victim.session))),
        ("OURS".to_owned(), place(&node.folder(prisoner.session))),
        ("CANARY".to_owned(), place(canary.path())),
        ("PORT".to_owned(), town.port.to_string()),
        ("MACHINE".to_owned(), MACHINE.to_string()),
    ]);
    node.ready(&prisoner);
    let log = wait_until("all probes", || {
        let log = node.log(prisoner.session);
        log.contains("every probe is done").then_some(log)
    });
    let through: Vec<_> = log
        .lines()
        .filter(|line| line.contains("CAME THROUGH"))
        .collect();
    assert_eq!(through, [""; 0]);
    let denied = log.lines().filter(|line| line.ends_with(": denied"));
    assert_eq!(denied.count(), probes().count(), "{log}");
    let server = log
        .lines()
        .find_map(|line| line.strip_prefix("the server is "));
    assert!(
        server.is_some_and(|number| number.parse::<i32>().is_ok()),
        "{log}"
    );
    // On the machine's disk is nothing that it wrote but its log.
    let mut files: Vec<_> = std::fs::read_dir(node.folder(prisoner.session))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let ours = [
        "etc",
        "keep.json",
        "lock",
        "log-00000000000000000000",
        "spec.json",
        "state.json",
        "status.sock",
    ];
    assert_eq!(files, ours);
}

/// The probes fail for the right reason only if what is allowed works, and what they are made of.
#[test]
fn a_session_has_what_it_needs() {
    let town = town();
    let node = Node::new();
    let internet = format!("bash -c '</dev/tcp/{INTERNET}/{}'", town.port);
    let datagrams = format!("bash -c 'echo >/dev/udp/{INTERNET}/{}'", town.port);
    let own = [
        "touch ~/file /tmp/file /dev/shm/file",
        "test \"$(id -u)\" = 1000",
        "unshare --user --map-root-user true",
        "test -n \"$DISPLAY\"",
        "getent hosts localhost",
        "ip route show default | grep -q tap0",
        "test \"$COLOUR\" = blue",
        // The tools of the probes.
        "timeout 5 sh -c true",
        "perl -MSocket -e 'socket(my $s, AF_INET, SOCK_STREAM, 0) or exit 1'",
        "perl -MSocket -e 'socket(my $s, 16, SOCK_RAW, 0) or exit 1'",
        "unshare --user --map-root-user --net perl -e 'exit 0'",
        "perl -e 'exit(syscall(434, $$ + 0, 0) >= 0 ? 0 : 1)'",
        "perl -e 'for (1..150) { $p = fork; exit 1 unless defined $p; unless ($p) { exit } } exit 0'",
        "command -v dmesg mount find grep tr",
        &internet,
        &datagrams,
    ];
    let checks = own.map(|check| {
        let shown = check.replace('\'', r"'\''");
        format!("{check} >/dev/null 2>&1 || echo 'LACKS: {shown}'")
    });
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
