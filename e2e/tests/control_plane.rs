//! The control plane whole: hub, node and viewer are the real programs, and speak over TLS and QUIC. A
//! person logs in, launches a session, sees it, and ends it; what happened stands in the audit log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use hackstream_e2e::compare::Picture;
use hackstream_e2e::process::{Process, bound_command};
use hackstream_e2e::{program, wait_until};
use hackstream_ticket::ClientKey;
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";

/// A hub and one node. Both end with this value, and so do the sessions.
struct Plane {
    folder: TempDir,
    address: String,
    hub: Process,
    node: Option<Process>,
}

impl Plane {
    fn new() -> Self {
        let builder = tempfile::Builder::new();
        let folder = { builder }
            .prefix("hackstream-plane-")
            .tempdir_in("/dev/shm")
            .unwrap();
        // Sessions run as other users.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let state = folder.path().join("hub");
        let mut init = bound_command(program("hackstreamd"));
        init.args(["init", "admin"])
            .env("HACKSTREAMD_STATE_DIR", &state);
        let made = with_input(init, PASSWORD);
        assert!(made.status.success(), "{made:?}");
        let token = folder.path().join("node.token");
        let mut add = bound_command(program("hackstreamd"));
        add.args(["node", "add", "here", "--token-file"])
            .arg(&token)
            .env("HACKSTREAMD_STATE_DIR", &state);
        let added = with_input(add, "");
        let said = String::from_utf8(added.stdout).unwrap();
        let id = said.split_once("node ").unwrap().1;
        let id = id.split_once(';').unwrap().0;

        let mut serve = bound_command(program("hackstreamd"));
        serve
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("HACKSTREAMD_STATE_DIR", &state);
        let hub = Process::start(&mut serve);
        let ready = wait_until("the hub to be ready", || {
            hub.stdout
                .all()
                .into_iter()
                .find(|line| line.starts_with("ready "))
        });
        let address = ready
            .split_whitespace()
            .find_map(|word| word.strip_prefix("listen="));
        let mut plane = Self {
            address: address.unwrap().to_owned(),
            folder,
            hub,
            node: None,
        };
        plane.add_node(id);
        plane
    }

    /// The node's applications are its operator's: what the hub calls a browser is an xterm here.
    fn add_node(&mut self, id: &str) {
        let users = 30_000_000 + std::process::id() % 10_000 * 1000;
        let config = format!(
            "node = \"{id}\"\nhub = \"https://{}\"\nhub_certificate = \"{}\"\ntoken_file = \"{}\"\n\
             state_dir = \"{}\"\nserver = \"{}\"\nhost = \"127.0.0.1\"\nlisten = \"127.0.0.1\"\n\
             ports = [0, 0]\nusers = [{users}, 20]\nmax_sessions = 2\n\
             [apps.browser]\ncommand = [\"xterm\"]\n",
            self.address,
            self.path("hub/tls.crt.pem").display(),
            self.path("node.token").display(),
            self.path("node").display(),
            program("hackstream-server").display(),
        );
        fs::write(self.path("node.toml"), config).unwrap();
        let mut node = bound_command(program("hackstream-noded"));
        node.arg("--config").arg(self.path("node.toml"));
        self.node = Some(Process::start(&mut node));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Asks the hub, with curl.
    fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let mut config = format!(
            "url = \"https://{}{path}\"\nrequest = {method}\ncacert = \"{}\"\nsilent\nmax-time = 60\n\
             write-out = \"\\n%{{http_code}}\"\n",
            self.address,
            self.path("hub/tls.crt.pem").display()
        );
        if !token.is_empty() {
            config += &format!("header = \"Authorization: Bearer {token}\"\n");
        }
        if !body.is_null() {
            let text = body.to_string().replace('"', "\\\"");
            config += &format!("header = \"Content-Type: application/json\"\ndata = \"{text}\"\n");
        }
        let mut curl = Command::new("curl");
        curl.args(["--config", "-"]);
        let output = with_input(curl, &config);
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, code) = text.rsplit_once('\n').unwrap();
        let body = serde_json::from_str(body).unwrap_or(Value::Null);
        (code.parse().unwrap(), body)
    }

    fn ok(&self, method: &str, path: &str, token: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, token, body);
        assert!((200..300).contains(&status), "{status} {answer}");
        answer
    }

    /// The session once it is in that state.
    fn session(&self, id: &str, state: &str, token: &str) -> Value {
        let path = format!("/v1/sessions/{id}");
        wait_until(&format!("the session to be {state}"), || {
            let session = self.ok("GET", &path, token, &Value::Null);
            (session["state"] == state).then_some(session)
        })
    }

    /// The descriptor for a viewer that holds `key`.
    fn connect(&self, id: &str, key: &ClientKey, token: &str) -> Value {
        let wish = json!({ "client_key": key.public().hash().to_string() });
        let path = format!("/v1/sessions/{id}/connect");
        let mut goal = self.ok("POST", &path, token, &wish);
        let ticket = goal["token"].take();
        goal["ticket"] = ticket;
        goal["key"] = key.secret_text().into();
        goal
    }

    /// Runs a viewer until it has a whole picture.
    fn view(&self, goal: &Value) -> (Output, PathBuf) {
        let file = self.path("seen.png");
        let mut viewer = bound_command(program("hackstream-view"));
        viewer
            .args(["--headless", "--mute", "--ticket-file", "-", "--screenshot"])
            .arg(&file)
            .env("HOME", self.folder.path());
        (with_input(viewer, &goal.to_string()), file)
    }
}

impl Drop for Plane {
    fn drop(&mut self) {
        drop(self.node.take());
        // Sessions outlive their agent.
        let sessions = fs::read_dir(self.path("node/sessions"));
        for session in sessions.into_iter().flatten().flatten() {
            let state = fs::read(session.path().join("state.json")).unwrap_or_default();
            let state: Value = serde_json::from_slice(&state).unwrap_or_default();
            let keeper = state["keeper"]["pid"]
                .as_i64()
                .and_then(|k| i32::try_from(k).ok());
            let keeper = keeper.and_then(rustix::process::Pid::from_raw);
            if let (Some(keeper), false) = (keeper, state["life"]["is"] == "ended") {
                let _ = rustix::process::kill_process(keeper, rustix::process::Signal::KILL);
            }
        }
    }
}

fn with_input(mut command: Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

/// Whether there is anything but one colour.
fn has_something(picture: &Picture) -> bool {
    let first = picture.at(0, 0);
    let mut places = (0..600).flat_map(|y| (0..700).map(move |x| (x, y)));
    places.any(|(x, y)| picture.at(x, y).is_some() && picture.at(x, y) != first)
}

#[test]
fn a_person_logs_in_launches_sees_and_stops() {
    let mut plane = Plane::new();
    let login = json!({ "username": "admin", "password": PASSWORD, "device": "test" });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().unwrap().to_owned();
    wait_until("the node to report", || {
        let ready = plane.ask("GET", "/health/ready", "", &Value::Null);
        (ready.0 == 200).then_some(())
    });
    let launch = json!({ "app": "browser" });
    let launched = plane.ok("POST", "/v1/sessions", &token, &launch);
    let id = launched["session_id"].as_str().unwrap().to_owned();
    plane.session(&id, "claimed", &token);

    let key = ClientKey::from_seed(&[9; 32]).unwrap();
    let goal = wait_until("the application to be seen", || {
        let goal = plane.connect(&id, &key, &token);
        let (seen, file) = plane.view(&goal);
        assert!(seen.status.success(), "{seen:?}");
        has_something(&Picture::read_png(&file)).then_some(goal)
    });
    // The same ticket lets nobody in again; another does, for one that was asked for meanwhile.
    let (again, _) = plane.view(&goal);
    assert_eq!(again.status.code(), Some(4), "{again:?}");
    let goal = plane.connect(&id, &key, &token);
    // Whoever has a ticket needs no hub.
    plane.hub.signal(rustix::process::Signal::TERM);
    assert_eq!(plane.hub.wait().code, Some(0));
    let (seen, _) = plane.view(&goal);
    assert!(seen.status.success(), "{seen:?}");
}

#[test]
fn a_stopped_session_is_gone_and_the_log_tells_it() {
    let plane = Plane::new();
    let login = json!({ "username": "admin", "password": PASSWORD });
    let tokens = plane.ok("POST", "/v1/login", "", &login);
    let token = tokens["access_token"].as_str().unwrap();
    wait_until("the node to report", || {
        let ready = plane.ask("GET", "/health/ready", "", &Value::Null);
        (ready.0 == 200).then_some(())
    });
    let launched = plane.ok("POST", "/v1/sessions", token, &json!({ "app": "browser" }));
    let id = launched["session_id"].as_str().unwrap();
    plane.session(id, "claimed", token);
    plane.connect(id, &ClientKey::from_seed(&[9; 32]).unwrap(), token);
    plane.ok(
        "POST",
        &format!("/v1/sessions/{id}/stop"),
        token,
        &Value::Null,
    );
    let ended = plane.session(id, "stopped", token);
    assert_eq!(ended["stop_cause"], "user");
    wait_until("the session's folder to go", || {
        let folders = fs::read_dir(plane.path("node/sessions")).unwrap();
        (folders.count() == 0).then_some(())
    });
    let log = plane
        .ok("GET", "/v1/audit", token, &Value::Null)
        .to_string();
    for action in ["login", "session.create", "session.connect", "session.stop"] {
        assert!(log.contains(action), "no {action} in {log}");
    }
}
