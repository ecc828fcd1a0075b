//! What the agent tells its hub when no session can be started: the program itself, on a hub of ours.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use hackstream_control_api::node::Report;

/// Far longer than a report takes to come.
const LONG: Duration = Duration::from_secs(60);

/// Ends the agent with the test.
struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers requests on one connection, and passes reports on.
fn answer(stream: TcpStream, reports: &Sender<Report>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let (mut length, mut first) = (0, String::new());
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
            if first.is_empty() {
                first = line;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let answer = if first.starts_with("post /v1/node/report") {
            let _ = reports.send(serde_json::from_slice(&body).unwrap());
            r#"{"now":1,"forget":[]}"#
        } else {
            // Nothing to do, as a hub says after a while.
            std::thread::sleep(Duration::from_secs(1));
            r#"{"jobs":[]}"#
        };
        let length = answer.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{answer}"
        )?;
    }
}

#[test]
fn a_node_without_its_engine_reports_why() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let hub = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = hub.local_addr().unwrap().port();
    let (sender, reports) = channel();
    std::thread::spawn(move || {
        for stream in hub.incoming().flatten() {
            let sender = sender.clone();
            std::thread::spawn(move || answer(stream, &sender));
        }
    });
    let mut private = std::fs::OpenOptions::new();
    private.write(true).create_new(true).mode(0o600);
    let mut token = private.open(place("token")).unwrap();
    token.write_all(b"hsn_0123456789abcdef").unwrap();
    let config = format!(
        "node = \"01ARZ3NDEKTSV4RRFFQ69G5FAV\"\nhub = \"http://127.0.0.1:{port}\"\n\
         token_file = \"{}\"\nhost = \"node.example\"\nstate_dir = \"{}\"\ndriver = \"docker\"\n\
         require_limits = true\n[docker]\nsocket = \"{}\"\n[apps.term]\ncommand = [\"xterm\"]\n",
        place("token"),
        place("state"),
        place("engine.sock"),
    );
    std::fs::write(place("node.toml"), config).unwrap();
    let agent = Command::new(env!("CARGO_BIN_EXE_hackstream-noded"))
        .args(["--config", &place("node.toml")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _agent = Agent(agent.unwrap());
    let report: Report = reports.recv_timeout(LONG).unwrap();
    let problem = report.problem.unwrap();
    assert!(
        problem.contains("no container engine") && problem.contains(&place("engine.sock")),
        "{problem}"
    );
    assert!(!report.limits_enforced);
    assert_eq!(report.apps, ["term"]);
    // It goes on, and says it again: the engine may come.
    assert!(reports.recv_timeout(LONG).unwrap().problem.is_some());
}
