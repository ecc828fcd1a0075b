//! Addresses that the machine gets while a session runs: they are the machine's as well.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use hackstream_control_api::policy::{Egress, Timers};
use hackstream_e2e::agent_scene::AgentScene;
use hackstream_e2e::netns::Network;
use hackstream_e2e::wait_until;
use serde_json::Value;

/// What the machine answers to, and will; a host of the internet.
const MACHINE: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 1);
const INTERNET: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 2);
const LATER: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 9);
const WITHOUT_AGENT: Ipv4Addr = Ipv4Addr::new(11, 0, 0, 10);

/// The network of a session.
struct Inside(String);

impl Inside {
    fn of(scene: &AgentScene, session: &str) -> Self {
        let record = scene
            .path("state/sessions")
            .join(session)
            .join("state.json");
        let record: Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
        Self(format!("--net=/proc/{}/ns/net", record["init"]["pid"]))
    }

    fn run(&self, program: &str, words: &[&str]) -> String {
        let mut command = Command::new("nsenter");
        command.args([&self.0, "--", program]).args(words);
        let output = command.output().unwrap();
        format!(
            "{:?} {}{}",
            output.status.code(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    }

    fn reaches(&self, address: Ipv4Addr, port: u16) -> bool {
        let connect = format!("exec 3<>/dev/tcp/{address}/{port}");
        self.run("bash", &["-c", &connect]).starts_with("Some(0)")
    }

    fn is_closed_to(&self, address: Ipv4Addr) -> bool {
        let routes = self.run("ip", &["route", "show", "type", "unreachable"]);
        routes.lines().any(|route| {
            let mut words = route.split_whitespace();
            words.any(|word| word == address.to_string())
        })
    }
}

#[test]
fn a_session_does_not_reach_what_the_machine_becomes() {
    let network = Network::create().unwrap();
    network.server.add_address(MACHINE);
    network.viewer.add_address(INTERNET);
    network.server.route_everything(INTERNET);
    let listen = || TcpListener::bind("0.0.0.0:0").unwrap();
    let internet = std::thread::scope(|scope| {
        let other = scope.spawn(|| {
            network.viewer.enter();
            listen()
        });
        other.join().unwrap()
    });
    network.server.enter();
    let machine = listen();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let mut scene = AgentScene::new();
    let mut boot = scene.boot("terminal", Timers::default());
    boot.policy.egress = Egress::Internet;
    let session = scene.ready(&boot).session.to_string();
    let inside = Inside::of(&scene, &session);
    assert!(
        inside.reaches(INTERNET, port(&internet)),
        "there is no way out"
    );
    assert!(!inside.reaches(MACHINE, port(&machine)));

    network.server.add_address(LATER);
    wait_until("the new address to be closed", || {
        inside.is_closed_to(LATER).then_some(())
    });
    TcpStream::connect((LATER, port(&machine))).expect("the machine itself reaches it");
    assert!(!inside.reaches(LATER, port(&machine)));

    // What an agent has missed it finds when it is there again.
    drop(scene.agent.take());
    network.server.add_address(WITHOUT_AGENT);
    assert!(
        inside.reaches(WITHOUT_AGENT, port(&machine)),
        "there is nothing to mend"
    );
    scene.start();
    wait_until("that one to be closed as well", || {
        inside.is_closed_to(WITHOUT_AGENT).then_some(())
    });
    assert!(!inside.reaches(WITHOUT_AGENT, port(&machine)));
    assert!(
        inside.reaches(INTERNET, port(&internet)),
        "the way out is closed, too"
    );
}
