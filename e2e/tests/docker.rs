//! Sessions of a node in containers of a real engine: `cargo xtask image test`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::Resources;
use hackstream_control_api::policy::Egress;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_e2e::compare::Screen as _;
use hackstream_e2e::container::{docker, image, of_session, said, socket};
use hackstream_e2e::mock_hub::NODE;
use hackstream_e2e::node::{spec, visit};
use hackstream_e2e::wait_until;
use hackstream_node::NodeError;
use hackstream_node::driver::docker::{DockerDriver, Places};
use hackstream_node::driver::local::processes::children;
use hackstream_node::driver::{Driver, Found};
use hackstream_node::record::{Life, Record, StopOrder};
use hackstream_node::spec::SessionSpec;
use tempfile::TempDir;

const SOON: StopOrder = StopOrder {
    grace: Seconds(10),
    cause: StopCause::User,
};

/// A node without an agent. Its sessions end with it.
struct Node {
    folder: TempDir,
    /// `None` while there is no agent.
    driver: Option<DockerDriver>,
}

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut node = Self {
            folder,
            driver: None,
        };
        node.start();
        assert_eq!(node.driver().problem(), None);
        node
    }

    /// The agent is gone, as if it had been killed.
    fn vanish(&mut self) {
        self.driver = None;
    }

    fn start(&mut self) {
        let places = Places {
            sessions: self.folder.path().join("containers"),
            node: NODE.parse().unwrap(),
            socket: socket(),
            image: image(),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: (0, 0),
            require_limits: false,
        };
        self.driver = Some(DockerDriver::new(places).unwrap());
    }

    fn driver(&self) -> &DockerDriver {
        self.driver.as_ref().unwrap()
    }

    fn folder(&self, session: SessionId) -> PathBuf {
        let sessions = self.folder.path().join("containers");
        sessions.join(session.to_string())
    }

    fn find(&self, session: SessionId) -> Option<Found> {
        let all = self.driver().list().unwrap();
        let seen = all.into_iter().find(|seen| seen.session() == session)?;
        seen.found().cloned()
    }

    fn ready(&self, spec: &SessionSpec) -> Record {
        self.driver().boot(spec).unwrap();
        wait_until("a session to be ready", || {
            let record = self.find(spec.session)?.record;
            let log = || self.log(spec.session);
            assert!(!record.life.is_over(), "{record:?}: {}", log());
            (record.life == Life::Ready).then_some(record)
        })
    }

    fn ended(&self, session: SessionId) -> Record {
        wait_until("the end of a session", || {
            let record = self.find(session)?.record;
            record.life.is_over().then_some(record)
        })
    }

    fn log(&self, session: SessionId) -> String {
        let piece = self.driver().log(session, 0, 8 << 20).unwrap();
        String::from_utf8_lossy(&piece.bytes).into_owned()
    }

    /// The log, once it has this.
    fn says(&self, session: SessionId, what: &str) -> String {
        wait_until(what, || {
            let log = self.log(session);
            log.contains(what).then_some(log)
        })
    }

    /// Fails if anything of an ended session is left but its record and its log.
    fn assert_nothing_left(&self, session: SessionId) {
        assert_eq!(container(session), "");
        let left = std::fs::read_dir(self.folder(session)).unwrap();
        let mut left: Vec<_> = left
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !name.starts_with("log-"))
            .collect();
        left.sort();
        let kept = ["lock", "mark.json", "spec.json", "state.json", "stop.json"];
        assert!(
            left.iter().all(|name| kept.contains(&name.as_str())),
            "{left:?}"
        );
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(&session.to_string()), "a mount is left");
        assert_eq!(carriers(), 0, "somebody still carries packets");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let filter = format!("label=hackstream.node={NODE}");
        let listed = docker(["ps", "--all", "--quiet", "--filter", &filter]);
        for id in String::from_utf8_lossy(&listed.stdout).lines() {
            if std::thread::panicking() {
                eprintln!("{:?}", docker(["logs", id]));
            }
            docker(["rm", "--force", "--volumes", id]);
        }
    }
}

/// The container of a session, if there is one.
fn container(session: SessionId) -> String {
    of_session(&session.to_string())
}

/// Processes that carry packets for networks of this process.
fn carriers() -> usize {
    let ours = format!("/proc/{}/fd/", std::process::id());
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let commands = processes.filter_map(|one| std::fs::read(one.path().join("cmdline")).ok());
    let mut commands = commands.map(|command| String::from_utf8_lossy(&command).into_owned());
    commands
        .by_ref()
        .filter(|command| command.contains("slirp4netns") && command.contains(&ours))
        .count()
}

fn cause(record: &Record) -> StopCause {
    match &record.life {
        Life::Ended { cause, .. } => *cause,
        other => panic!("{other:?}"),
    }
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn a_session_starts_once_is_seen_and_ends_when_told() {
    let node = Node::new();
    let volumes = said(["volume", "ls", "--quiet"]);
    let spec = spec(&["xterm"]);
    let session = spec.session;
    let ready = node.ready(&spec);
    let made = container(session);
    // Told once more, it goes on.
    node.driver().boot(&spec).unwrap();
    assert_eq!(node.find(session).unwrap().record, ready);
    assert_eq!(container(session), made);
    assert!(node.driver().usage(session).unwrap().memory_bytes > 1 << 20);
    let look = |what| said(["inspect", "--format", what, &made]);
    assert_eq!(
        look("{{.HostConfig.NetworkMode}} {{.NetworkSettings.Ports}}"),
        "none map[]"
    );
    // A ticket of the hub lets a viewer in, to the key that the record names.
    let viewer = visit(session, ready.port, ready.server_spki.as_ref().unwrap());
    viewer.close().unwrap();

    node.driver().stop(session, SOON).unwrap();
    let ended = node.ended(session);
    assert_eq!(cause(&ended), StopCause::User);
    assert!(
        !matches!(&ended.life, Life::Ended { exit: Some(exit), .. }
            if *exit == hackstream_control_api::node::Exit::Signal(9)),
        "it had to be killed: {ended:?}"
    );
    node.assert_nothing_left(session);
    assert_eq!(said(["volume", "ls", "--quiet"]), volumes);
    assert!(node.driver().log(session, 0, 1 << 20).unwrap().is_last);
    for _ in 0..2 {
        node.driver().stop(session, SOON).unwrap();
        node.driver().kill(session).unwrap();
    }
    let again = node.driver().boot(&spec);
    assert!(matches!(again, Err(NodeError::Over(_))), "{again:?}");
    node.driver().forget(session).unwrap();
    assert!(!node.folder(session).exists());
    assert_eq!(node.driver().list().unwrap(), []);
}

/// Counts aloud, while a terminal is open.
const COUNT: &str = "n=0; while :; do n=$((n+1)); echo count $n; sleep 0.02; done & exec xterm";

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn sessions_outlive_the_agent_and_their_log_has_no_gap() {
    let mut node = Node::new();
    let spec = spec(&["sh", "-c", COUNT]);
    let session = spec.session;
    let ready = node.ready(&spec);
    node.says(session, "count 50\n");
    for _ in 0..2 {
        node.vanish();
        std::thread::sleep(Duration::from_millis(500));
        node.start();
        let found = node.find(session).unwrap();
        assert_eq!((&found.spec, &found.record), (&spec, &ready));
    }
    // It does not start it again.
    node.driver().boot(&spec).unwrap();
    node.says(session, "count 200\n");
    let viewer = visit(session, ready.port, ready.server_spki.as_ref().unwrap());
    viewer.close().unwrap();
    node.driver().stop(session, SOON).unwrap();
    assert_eq!(cause(&node.ended(session)), StopCause::User);
    let log = node.log(session);
    let counts = log.lines().filter_map(|line| line.strip_prefix("count "));
    let counts: Vec<usize> = counts.map(|count| count.parse().unwrap()).collect();
    let expected: Vec<usize> = (1..=counts.len()).collect();
    assert_eq!(counts, expected, "each line once, in order");
    node.assert_nothing_left(session);
}

/// Programs that do all they can to stay.
const STUBBORN: &str = "trap '' TERM HUP INT; \
    (trap '' TERM HUP INT; setsid sh -c 'trap \"\" TERM HUP INT; sleep 1000 & sleep 1000' &) ; \
    sleep 1000 & kill -STOP $!; \
    echo all there; while :; do sleep 1000; done";

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn what_wants_to_stay_is_killed_and_what_others_kill_has_crashed() {
    let node = Node::new();
    let [by_force, when_told, by_others] = [(); 3].map(|()| spec(&["sh", "-c", STUBBORN]));
    for spec in [&by_force, &when_told, &by_others] {
        node.ready(spec);
        node.says(spec.session, "all there");
    }
    node.driver().kill(by_force.session).unwrap();
    // At once, without waiting.
    node.assert_nothing_left(by_force.session);
    assert_eq!(cause(&node.ended(by_force.session)), StopCause::Crashed);
    let hurried = StopOrder {
        grace: Seconds(0),
        cause: StopCause::Idle,
    };
    node.driver().stop(when_told.session, hurried).unwrap();
    assert_eq!(cause(&node.ended(when_told.session)), StopCause::Idle);
    node.assert_nothing_left(when_told.session);
    said(["rm", "--force", &container(by_others.session)]);
    assert_eq!(cause(&node.ended(by_others.session)), StopCause::Crashed);
    node.assert_nothing_left(by_others.session);
    let missing = spec(&["no-such-program"]);
    node.driver().boot(&missing).unwrap();
    let ended = node.ended(missing.session);
    assert_eq!(cause(&ended), StopCause::StartFailed);
    let why = matches!(&ended.life, Life::Ended { detail: Some(text), .. }
        if text.contains("no-such-program"));
    assert!(why, "{ended:?}");
}

/// What programs of a container must not be able to do: shell commands that must fail.
const PROBES: [&str; 30] = [
    "touch /usr/file",
    "touch /etc/file",
    "touch /file",
    "touch /etc/hackstream/file",
    "touch /var/tmp/file",
    "ls /etc/hackstream/door.sock",
    "echo 1 > /proc/sys/kernel/panic",
    "mount -t tmpfs none /tmp",
    "unshare --user true",
    "unshare --user --map-root-user --mount true",
    "grep -E 'Cap(Eff|Prm|Bnd):.*[1-9a-f]' /proc/self/status",
    "grep -q 'NoNewPrivs:.0' /proc/self/status",
    "grep -q 'Seccomp:.[01]' /proc/self/status",
    "cat /etc/shadow",
    "ls /dev/mem /dev/kmsg /dev/vda /dev/sda /dev/fuse /dev/net/tun",
    "mkdir /sys/fs/cgroup/memory/own",
    "grep -v -e ' lo:' -e '|' /proc/net/dev",
    "bash -c '</dev/tcp/127.0.0.1/22'",
    "perl -MSocket -e 'socket(my $s, AF_INET, SOCK_RAW, 1) or exit 1'",
    "perl -MSocket -e 'socket(my $s, 17, SOCK_RAW, 768) or exit 1'",
    "perl -MSocket -e 'socket(my $s, 40, SOCK_STREAM, 0) or exit 1'",
    "perl -MSocket -e 'socket(my $s, 38, SOCK_SEQPACKET, 0) or exit 1'",
    "perl -e 'exit(syscall(101, 0, 0, 0, 0) == 0 ? 0 : 1)'",
    "perl -e 'exit(syscall(250, 0, -5, 1) < 0 ? 1 : 0)'",
    "perl -e 'exit(syscall(321, 0, 0, 0) >= 0 || $!{EFAULT} || $!{EINVAL} ? 0 : 1)'",
    "perl -e 'for (1..300) { $p = fork; unless (defined $p) { kill 9, @p; exit 1 } \
        unless ($p) { sleep 20; exit } push @p, $p } kill 9, @p; exit 0'",
    "ls /proc/$SERVER/fd/3",
    "cat /proc/$SERVER/environ",
    "perl -e 'open(M, \"+<\", \"/proc/$ENV{SERVER}/mem\") or exit 1'",
    "find /run /home /tmp /dev/shm -name server.key | grep .",
];

/// What they need all the same.
const NEEDS: [&str; 6] = [
    "touch ~/file /tmp/file /dev/shm/file",
    "test \"$(id --user)\" = 1000",
    "test -n \"$DISPLAY\"",
    "test -r /etc/hackstream/hub.pub",
    "test ! -s /etc/resolv.conf",
    "perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or exit 1'",
];

#[test]
#[ignore = "needs the image: cargo xtask image test; x86-64, whose numbers of calls are in the probes"]
fn programs_reach_nothing_but_their_session() {
    let node = Node::new();
    let mut script = "SERVER=$(for p in /proc/[0-9]*; do \
        tr '\\0' ' ' < $p/cmdline 2> /dev/null | grep -q '^hackstream-server run' && basename $p; \
        done | head -n 1); export SERVER; echo the server is $SERVER; "
        .to_owned();
    for (number, probe) in PROBES.iter().enumerate() {
        script += &format!("({probe}) > /dev/null 2>&1 && echo CAME THROUGH: probe {number}; ");
    }
    for (number, need) in NEEDS.iter().enumerate() {
        script += &format!("({need}) > /dev/null 2>&1 || echo LACKS: need {number}; ");
    }
    script += "echo every probe is done; sleep 1000";
    let mut spec = spec(&["sh", "-c", &script]);
    spec.own_sandbox = false;
    spec.resources = Resources {
        memory_limit: 1 << 30,
        pids: 200,
        ..Resources::default()
    };
    node.ready(&spec);
    let log = node.says(spec.session, "every probe is done");
    let wrong = log
        .lines()
        .filter(|line| line.contains("CAME THROUGH") || line.contains("LACKS"));
    let wrong: Vec<_> = wrong.collect();
    assert_eq!(wrong, [""; 0], "{log}");
    let server = log
        .lines()
        .find_map(|line| line.strip_prefix("the server is "));
    assert!(
        server.is_some_and(|number| number.parse::<i32>().is_ok()),
        "{log}"
    );
    let limits = "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}} {{.HostConfig.CpuQuota}}";
    let limits = said(["inspect", "--format", limits, &container(spec.session)]);
    if node.driver().limits_enforced() {
        assert_eq!(limits, format!("{} 200 200000", 1 << 30));
    }
}

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn a_way_out_leads_to_no_neighbours_and_ends_with_the_session() {
    let mut node = Node::new();
    let script = "grep -q '^tap0.00000000' /proc/net/route && echo has a way out; \
        for a in 10.9.9.9 172.16.9.9 192.168.9.9 169.254.169.254; do \
        bash -c \"</dev/tcp/$a/80\" 2>&1 | grep -i 'no route\\|unreachable'; done; \
        grep -q 'nameserver 10.0.2.3' /etc/resolv.conf && echo knows whom to ask; \
        echo all done; sleep 1000";
    let mut spec = spec(&["sh", "-c", script]);
    spec.egress = Egress::Internet;
    node.ready(&spec);
    let log = node.says(spec.session, "all done");
    assert!(
        log.contains("has a way out") && log.contains("knows whom to ask"),
        "{log}"
    );
    let closed = |line: &&str| line.contains("/dev/tcp/") && line.contains("o route to host");
    assert_eq!(log.lines().filter(closed).count(), 4, "{log}");
    assert!(carriers() > 0);
    // Nobody of us is there when it ends.
    node.vanish();
    said(["kill", &container(spec.session)]);
    wait_until("the way out to be gone", || (carriers() == 0).then_some(()));
    node.start();
    assert_eq!(cause(&node.ended(spec.session)), StopCause::Crashed);
    node.assert_nothing_left(spec.session);
}

/// The colour of the page, drawn by a process that only has what Firefox leaves it.
const GREEN: u32 = 0x0000_c000;

const FIREFOX: &str = "mkdir ~/profile && cd ~/profile && \
    echo 'user_pref(\"datareporting.policy.dataSubmissionEnabled\", false); \
          user_pref(\"browser.aboutwelcome.enabled\", false);' > user.js && \
    echo '<body style=background:#00c000><script>document.title = 1 + 1</script>' > page.html && \
    exec firefox-esr --no-remote --profile . page.html";

#[test]
#[ignore = "needs the image: cargo xtask image test"]
fn firefox_keeps_both_layers_of_its_sandbox() {
    let node = Node::new();
    let spec = spec(&["sh", "-c", FIREFOX]);
    assert!(spec.own_sandbox);
    let ready = node.ready(&spec);
    let viewer = visit(
        spec.session,
        ready.port,
        ready.server_spki.as_ref().unwrap(),
    );
    wait_until("the page", || {
        (viewer.picture().at(400, 450) == Some(GREEN)).then_some(())
    });
    // Processes for pages, each in a namespace of users below the session's.
    let init = ready.init.unwrap().pid;
    let users = |process: i32| std::fs::read_link(format!("/proc/{process}/ns/user")).ok();
    let mut all = vec![init];
    let mut next = 0;
    while let Some(&one) = all.get(next) {
        all.extend(children(one));
        next += 1;
    }
    let pages = all.iter().filter(|process| {
        let command = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        command.contains("-contentproc") && command.trim_end().ends_with(" tab")
    });
    let pages: Vec<i32> = pages.copied().collect();
    assert!(!pages.is_empty(), "{}", node.log(spec.session));
    for page in pages {
        let own = users(page);
        assert!(
            own.is_none() || own != users(init),
            "process {page} has no sandbox"
        );
    }
    viewer.close().unwrap();
    node.driver().kill(spec.session).unwrap();
    node.assert_nothing_left(spec.session);
}
