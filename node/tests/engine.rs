//! What the docker driver makes of a container engine that is not there, refuses, or talks nonsense.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hackstream_control_api::id::{NodeId, SessionId};
use hackstream_control_api::launch::Resources;
use hackstream_control_api::policy::{Egress, Policy, Timers};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_node::NodeError;
use hackstream_node::driver::Driver;
use hackstream_node::driver::docker::{DockerDriver, Places};
use hackstream_node::record::{Life, StopOrder};
use hackstream_node::spec::SessionSpec;
use tempfile::TempDir;

/// What an engine answers that keeps all limits and has the image.
const ABLE: &str = r#"{"MemoryLimit":true,"SwapLimit":true,"CpuCfsPeriod":true,"CpuCfsQuota":true,
    "PidsLimit":true}"#;

/// Far longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

/// An engine on a socket: to a method and a path it answers a status and a body, to others 404.
struct Mock {
    folder: TempDir,
    answers: Arc<Mutex<BTreeMap<String, (u16, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Mock {
    fn new() -> Self {
        let mock = Self {
            folder: tempfile::tempdir().unwrap(),
            answers: Arc::default(),
            asked: Arc::default(),
        };
        mock.answer("GET /info", 200, ABLE);
        mock.answer("GET /images/image/json", 200, "{}");
        mock.answer("GET /containers/json", 200, "[]");
        let listener = UnixListener::bind(mock.socket()).unwrap();
        let (answers, asked) = (Arc::clone(&mock.answers), Arc::clone(&mock.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, asked) = (Arc::clone(&answers), Arc::clone(&asked));
                std::thread::spawn(move || serve(stream.unwrap(), &answers, &asked));
            }
        });
        mock
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }

    fn answer(&self, what: &str, status: u16, body: &str) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(what.to_owned(), (status, body.to_owned()));
    }

    fn asked(&self, what: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| *one == what).count()
    }

    fn driver(&self) -> DockerDriver {
        driver(self.folder.path(), &self.socket())
    }
}

fn driver(folder: &Path, socket: &Path) -> DockerDriver {
    DockerDriver::new(Places {
        sessions: folder.join("containers"),
        node: NodeId::new(UnixMillis(2), [8; 10]),
        socket: socket.to_owned(),
        image: "image".to_owned(),
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        ports: (0, 0),
        require_limits: false,
    })
    .unwrap()
}

/// One request, and its answer.
fn serve(
    mut stream: UnixStream,
    answers: &Mutex<BTreeMap<String, (u16, String)>>,
    asked: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    let path = path.split('?').next().unwrap();
    let what = format!("{method} {path}");
    let missing = || (404, r#"{"message":"no such thing"}"#.to_owned());
    let known = answers.lock().unwrap().get(&what).cloned();
    asked.lock().unwrap().push(what);
    let (status, body) = known.unwrap_or_else(missing);
    if status == 0 {
        // Whatever this is, it is not HTTP.
        let _ = stream.write_all(body.as_bytes());
        return;
    }
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
}

fn spec(number: u8) -> SessionSpec {
    SessionSpec {
        session: SessionId::new(UnixMillis(1_795_000_000_000), [number; 10]),
        node: NodeId::new(UnixMillis(2), [8; 10]),
        owner: None,
        app: "test".to_owned(),
        command: vec!["xterm".to_owned()],
        takes_pages: false,
        environment: BTreeMap::new(),
        own_sandbox: false,
        screen: None,
        resources: Resources::default(),
        policy: Policy::default(),
        egress: Egress::None,
        timers: Timers::default(),
        ticket_keys: String::new(),
        labels: BTreeMap::new(),
    }
}

/// The one line that says why nothing can be started, both to who asks and in reports.
fn refusal(driver: &DockerDriver) -> String {
    let error = driver.boot(&spec(1)).unwrap_err().to_string();
    assert!(!error.contains('\n'), "{error}");
    assert_eq!(driver.problem(), Some(error.clone()));
    assert_eq!(driver.list().unwrap(), []);
    error
}

#[test]
fn without_an_engine_the_node_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let nobody = driver(folder.path(), &socket);
    assert!(refusal(&nobody).contains("no container engine at"));
    assert!(!nobody.limits_enforced());
    drop(nobody);
    // A socket on which nobody listens any more.
    drop(UnixListener::bind(&socket).unwrap());
    let gone = driver(folder.path(), &socket);
    assert!(refusal(&gone).contains("is it running?"));
}

#[test]
fn an_engine_without_the_image_or_the_wish_says_so() {
    let mock = Mock::new();
    mock.answer(
        "GET /images/image/json",
        404,
        r#"{"message":"No such image"}"#,
    );
    let line = refusal(&mock.driver());
    assert!(
        line.contains("no image image") && line.contains("xtask image"),
        "{line}"
    );
    mock.answer(
        "GET /images/image/json",
        500,
        "{\"message\":\"disk\\nis  full\"}",
    );
    assert!(refusal(&mock.driver()).contains("disk is full"));
}

#[test]
fn what_is_no_engine_is_none() {
    for nonsense in ["SSH-2.0-x\r\n", "", "HTTP/1.1 200 OK\r\n\r\n<html>"] {
        let mock = Mock::new();
        mock.answer("GET /containers/json", 0, nonsense);
        mock.answer("GET /info", 0, nonsense);
        let line = refusal(&mock.driver());
        assert!(line.contains("no container engine"), "{nonsense:?}: {line}");
    }
}

#[test]
fn limits_are_kept_only_if_the_engine_says_so() {
    let mock = Mock::new();
    assert!(mock.driver().limits_enforced());
    mock.answer(
        "GET /info",
        200,
        &ABLE.replace("\"PidsLimit\":true", "\"PidsLimit\":false"),
    );
    let driver = mock.driver();
    assert!(!driver.limits_enforced());
    assert_eq!(driver.problem(), None);
}

#[test]
fn a_container_that_cannot_be_made_leaves_nothing() {
    let mock = Mock::new();
    mock.answer(
        "POST /containers/create",
        500,
        r#"{"message":"no space left on device"}"#,
    );
    let driver = mock.driver();
    let error = driver.boot(&spec(1)).unwrap_err();
    assert!(matches!(&error, NodeError::EngineRefuses { why, .. } if why.contains("no space")));
    assert_eq!(driver.list().unwrap(), []);
    let left = std::fs::read_dir(mock.folder.path().join("containers")).unwrap();
    assert_eq!(left.count(), 0);
}

fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn life(driver: &DockerDriver, number: u8) -> Option<Life> {
    let list = driver.list().unwrap();
    let seen = list
        .iter()
        .find(|seen| seen.session() == spec(number).session)?;
    Some(seen.found()?.record.life.clone())
}

/// An engine that makes containers and starts none.
#[test]
fn a_container_that_does_not_start_has_failed_and_is_removed() {
    let mock = Mock::new();
    let session = spec(1).session;
    let place = format!("/containers/hackstream-{session}");
    mock.answer(
        "POST /containers/create",
        201,
        r#"{"Id":"x","Warnings":[]}"#,
    );
    let why = r#"{"message":"exec: \"tini\": not found"}"#;
    mock.answer(&format!("POST {place}/start"), 400, why);
    mock.answer(&format!("DELETE {place}"), 204, "");
    let driver = mock.driver();
    driver.boot(&spec(1)).unwrap();
    let ended = wait_for("its end", || life(&driver, 1).filter(Life::is_over));
    let Life::Ended { cause, detail, .. } = ended else {
        unreachable!()
    };
    assert_eq!(cause, StopCause::StartFailed);
    assert!(detail.unwrap().contains("tini"));
    assert_eq!(mock.asked(&format!("DELETE {place}")), 1);
    // Told again, in every state.
    assert!(matches!(driver.boot(&spec(1)), Err(NodeError::Over(_))));
    let order = StopOrder {
        grace: Seconds(1),
        cause: StopCause::User,
    };
    driver.stop(session, order).unwrap();
    driver.kill(session).unwrap();
    driver.forget(session).unwrap();
    assert_eq!(driver.list().unwrap(), []);
    driver.stop(session, order).unwrap();
    driver.forget(session).unwrap();
}

/// An agent that was killed between making a container and handing it its sockets.
#[test]
fn a_start_that_was_cut_off_is_ended_by_the_next_agent() {
    let mock = Mock::new();
    let session = spec(1).session;
    let place = format!("/containers/hackstream-{session}");
    mock.answer(
        "POST /containers/create",
        201,
        r#"{"Id":"x","Warnings":[]}"#,
    );
    mock.answer(&format!("POST {place}/start"), 204, "");
    let runs = r#"{"State":{"Running":true,"Status":"running","Pid":1},"Config":{"Labels":{}}}"#;
    mock.answer(&format!("GET {place}/json"), 200, runs);
    let driver = mock.driver();
    driver.boot(&spec(1)).unwrap();
    wait_for("the start", || {
        (mock.asked(&format!("POST {place}/start")) > 0).then_some(())
    });
    drop(driver);
    mock.answer(&format!("DELETE {place}"), 204, "");
    let next = mock.driver();
    let ended = wait_for("its end", || life(&next, 1).filter(Life::is_over));
    assert!(
        matches!(
            ended,
            Life::Ended {
                cause: StopCause::StartFailed,
                ..
            }
        ),
        "{ended:?}"
    );
    assert!(mock.asked(&format!("DELETE {place}")) > 0);
}

/// A container of this node whose folder is gone is seen, and can be killed.
#[test]
fn a_container_without_a_folder_is_listed_and_can_be_killed() {
    let mock = Mock::new();
    let session = spec(1).session;
    let listed = format!(r#"[{{"Id":"x","Labels":{{"hackstream.session":"{session}"}}}}]"#);
    mock.answer("GET /containers/json", 200, &listed);
    let driver = mock.driver();
    let list = driver.list().unwrap();
    assert_eq!(list.len(), 1);
    assert!(list[0].session() == session && list[0].found().is_none() && list[0].runs());
    let place = format!("/containers/hackstream-{session}");
    mock.answer(&format!("DELETE {place}"), 204, "");
    mock.answer("GET /containers/json", 200, "[]");
    driver.kill(session).unwrap();
    assert_eq!(mock.asked(&format!("DELETE {place}")), 1);
    wait_for("it to be gone", || {
        driver.list().unwrap().is_empty().then_some(())
    });
}
