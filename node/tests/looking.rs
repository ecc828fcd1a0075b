//! What the agent makes of sessions that it looks after: when it ends them, and what it tells the hub.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::Resources;
use hackstream_control_api::node::{NodeSession, NodeSessionState, StartPhase, StartTimes, Usage};
use hackstream_control_api::policy::{Egress, Policy, Timers};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_node::NodeError;
use hackstream_node::agent::memory::Memory;
use hackstream_node::agent::sessions::Sessions;
use hackstream_node::clock::Uptime;
use hackstream_node::driver::{Broken, Driver, Found, LogPiece, Seen};
use hackstream_node::record::{Life, Record, StopOrder};
use hackstream_node::spec::SessionSpec;
use tempfile::TempDir;

/// A driver of sessions that exist on paper only.
#[derive(Default)]
struct Paper {
    list: Mutex<Vec<Seen>>,
    stopped: Mutex<Vec<(SessionId, StopCause)>>,
    loaded: AtomicBool,
}

impl Driver for Paper {
    fn boot(&self, _: &SessionSpec) -> Result<(), NodeError> {
        Ok(())
    }
    fn stop(&self, session: SessionId, order: StopOrder) -> Result<(), NodeError> {
        self.stopped.lock().unwrap().push((session, order.cause));
        Ok(())
    }
    fn kill(&self, _: SessionId) -> Result<(), NodeError> {
        Ok(())
    }
    fn list(&self) -> Result<Vec<Seen>, NodeError> {
        Ok(self.list.lock().unwrap().clone())
    }
    fn usage(&self, _: SessionId) -> Result<Usage, NodeError> {
        Ok(Usage::default())
    }
    fn is_loaded(&self, _: SessionId) -> bool {
        self.loaded.load(Ordering::SeqCst)
    }
    fn open_page(&self, session: SessionId, _: &str) -> Result<(), NodeError> {
        Err(NodeError::Unknown(session))
    }
    fn log(&self, session: SessionId, _: u64, _: usize) -> Result<LogPiece, NodeError> {
        Err(NodeError::Unknown(session))
    }
    fn forget(&self, _: SessionId) -> Result<(), NodeError> {
        Ok(())
    }
    fn limits_enforced(&self) -> bool {
        false
    }
}

/// The first moment of the tests, by both clocks.
const DATE: u64 = 1_795_000_000_000;
const UPTIME: u64 = 50_000_000;

/// What the node is called.
const NODE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A node, and an agent that may be started anew.
struct Scene {
    folder: TempDir,
    driver: Arc<Paper>,
    agent: Sessions,
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let driver = Arc::<Paper>::default();
        let agent = agent(folder.path(), &driver, 0);
        Self {
            folder,
            driver,
            agent,
        }
    }

    /// From now on another agent looks after the sessions, which knows nothing.
    fn restart(&mut self, seconds: u64) {
        self.agent = agent(self.folder.path(), &self.driver, seconds);
    }

    /// A session that is ready since second 0 and ends after 10 minutes without input, or 5 without
    /// viewers.
    fn session(&self, last: char) -> SessionId {
        let session = id(last);
        let mut record = Record::begun(None);
        record.life = Life::Ready;
        record.ready = Some(Uptime(UPTIME));
        record.entered = Uptime(UPTIME);
        let found = Found {
            spec: spec(session),
            record,
        };
        let mut list = self.driver.list.lock().unwrap();
        list.push(Seen::Found(Box::new(found)));
        session
    }

    /// Has the session's server answer the next question.
    fn answer(
        &self,
        session: SessionId,
        viewers: usize,
        still: f64,
    ) -> std::thread::JoinHandle<()> {
        let viewers = vec!["{}"; viewers].join(",");
        let text = format!("{{\"viewers\":[{viewers}],\"last_input_seconds\":{still}}}");
        self.answer_with(session, text)
    }

    /// The same in these words.
    fn answer_with(&self, session: SessionId, text: String) -> std::thread::JoinHandle<()> {
        let folder = self.folder.path().join(session.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("status.sock");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            // Who hangs up without having read takes back what they said.
            BufReader::new(&stream)
                .read_line(&mut String::new())
                .unwrap();
            (&stream).write_all(text.as_bytes()).unwrap();
        })
    }

    /// Looks after so many seconds.
    fn look(&mut self, seconds: u64) -> Vec<NodeSession> {
        self.look_by(seconds, DATE + seconds * 1000)
    }

    /// The same while the wall clock says something of its own.
    fn look_by(&mut self, seconds: u64, date: u64) -> Vec<NodeSession> {
        let now = Uptime(UPTIME + seconds * 1000);
        self.agent.look(UnixMillis(date), now).unwrap()
    }

    /// What the agent has ended.
    fn ended(&self) -> Vec<(SessionId, StopCause)> {
        self.driver.stopped.lock().unwrap().clone()
    }
}

fn agent(folder: &Path, driver: &Arc<Paper>, seconds: u64) -> Sessions {
    let memory = Arc::new(Memory::open(&folder.join("agent.json"), NODE.parse().unwrap()).unwrap());
    let millis = seconds * 1000;
    let now = (UnixMillis(DATE + millis), Uptime(UPTIME + millis));
    let driver: Arc<dyn Driver> = Arc::<Paper>::clone(driver);
    Sessions::new(driver, memory, folder.to_owned(), "node".to_owned(), now)
}

fn id(last: char) -> SessionId {
    format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
}

fn spec(session: SessionId) -> SessionSpec {
    SessionSpec {
        session,
        node: NODE.parse().unwrap(),
        owner: Some("01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap()),
        app: "test".to_owned(),
        command: Vec::new(),
        takes_pages: false,
        environment: Default::default(),
        own_sandbox: false,
        screen: None,
        resources: Resources::default(),
        policy: Policy::default(),
        egress: Egress::None,
        timers: Timers {
            idle: Seconds(600),
            disconnect: Seconds(300),
            max_duration: Seconds(100_000),
        },
        ticket_keys: String::new(),
        labels: Default::default(),
    }
}

#[test]
fn a_session_that_cannot_be_looked_after_is_reported_as_it_was() {
    let mut scene = Scene::new();
    let (whole, hurt) = (scene.session('A'), scene.session('B'));
    let before = scene.look(1);
    let broken = |session| {
        Seen::Broken(Broken {
            session,
            why: "state.json is damaged".to_owned(),
        })
    };
    let stranger = id('C');
    scene.driver.list.lock().unwrap().truncate(1);
    scene
        .driver
        .list
        .lock()
        .unwrap()
        .extend([broken(hurt), broken(stranger)]);
    let after = scene.look(2);
    let of = |all: &[NodeSession], session| {
        let mut all = all.iter();
        all.find(|one| one.session == session).unwrap().clone()
    };
    assert_eq!(after.len(), 3);
    assert_eq!(of(&after, whole).state, NodeSessionState::Ready);
    assert_eq!(of(&after, hurt), of(&before, hurt));
    let unknown = of(&after, stranger);
    assert_eq!(unknown.state, NodeSessionState::Stopping);
    assert!(unknown.detail.unwrap().contains("damaged"));
}

#[test]
fn a_new_agent_does_not_end_what_it_has_not_seen_yet() {
    let mut scene = Scene::new();
    let session = scene.session('A');
    // Ready for an hour. Its viewer is away for a moment, or its server does not answer at once.
    scene.restart(3600);
    let told = scene.look(3601);
    assert_eq!((told.len(), scene.ended()), (1, vec![]));
    let said = scene.answer(session, 0, 5.0);
    scene.look(3602);
    said.join().unwrap();
    assert_eq!(scene.ended(), []);
    // It stays away.
    let said = scene.answer(session, 0, 700.0);
    scene.look(3600 + 301);
    said.join().unwrap();
    assert_eq!(scene.ended(), [(session, StopCause::Disconnected)]);
}

#[test]
fn who_comes_back_has_the_whole_time() {
    let mut scene = Scene::new();
    let session = scene.session('A');
    let mut see = |seconds, viewers, still| {
        let said = scene.answer(session, viewers, still);
        scene.look(seconds);
        said.join().unwrap();
        scene.ended()
    };
    assert_eq!(see(10, 1, 10.0), []);
    assert_eq!(see(590, 1, 590.0), []);
    assert_eq!(see(600, 0, 600.0), []);
    assert_eq!(see(800, 1, 800.0), [], "back, and nothing done yet");
    assert_eq!(see(1399, 1, 1399.0), []);
    assert_eq!(see(1401, 1, 1401.0), [(session, StopCause::Idle)]);
}

#[test]
fn whose_server_is_silent_is_ended_by_no_timer_of_people() {
    let mut scene = Scene::new();
    let session = scene.session('A');
    let said = scene.answer(session, 1, 1.0);
    scene.look(1);
    said.join().unwrap();
    scene.look(50_000);
    assert_eq!(scene.ended(), []);
    scene.look(100_001);
    assert_eq!(scene.ended(), [(session, StopCause::MaxDuration)]);
}

#[test]
fn a_step_of_the_wall_clock_ends_nothing() {
    let mut scene = Scene::new();
    let session = scene.session('A');
    for (seconds, date) in [
        (1, DATE),
        (2, DATE + 1_000_000_000),
        (3, DATE - 1_000_000_000),
    ] {
        let said = scene.answer(session, 1, 0.5);
        let told = scene.look_by(seconds, date);
        said.join().unwrap();
        assert_eq!(scene.ended(), []);
        // What people are told goes with their clock.
        let ends = told[0].stops_at.unwrap().0;
        assert!(ends.abs_diff(date + 600_000) < 5000, "{ends} at {date}");
    }
}

#[test]
fn those_that_run_are_reported_first() {
    let mut scene = Scene::new();
    for last in ['A', 'B', 'C'] {
        scene.session(last);
    }
    for seen in scene.driver.list.lock().unwrap().iter_mut().take(2) {
        if let Seen::Found(found) = seen {
            found.record.life = Life::Ended {
                cause: StopCause::User,
                exit: None,
                detail: None,
            };
        }
    }
    assert_eq!(scene.look(1)[0].session, id('C'));
}

#[test]
fn a_browser_that_shows_nothing_yet_waits_for_nobody() {
    let mut scene = Scene::new();
    scene.session('A');
    if let Seen::Found(found) = &mut scene.driver.list.lock().unwrap()[0] {
        (found.spec.takes_pages, found.spec.owner) = (true, None);
    }
    let state = |told: &[NodeSession]| (told[0].state, told[0].phase);
    let loading = (NodeSessionState::Starting, Some(StartPhase::Application));
    assert_eq!(state(&scene.look(1)), loading);
    scene.driver.loaded.store(true, Ordering::SeqCst);
    let ready = (NodeSessionState::Ready, None);
    assert_eq!(state(&scene.look(2)), ready);
    scene.driver.loaded.store(false, Ordering::SeqCst);
    assert_eq!(state(&scene.look(3)), loading);
    // One that never shows anything is taken as it is.
    assert_eq!(state(&scene.look(31)), ready);
}

#[test]
fn a_start_is_timed_to_the_first_frame() {
    let mut scene = Scene::new();
    let session = scene.session('A');
    let start = |told: &[NodeSession]| (told[0].start, told[0].first_frame_ago_ms);
    assert_eq!(start(&scene.look(1)), (StartTimes::default(), None));
    let text = r#"{"viewers":[{}],"last_input_seconds":null,"first_viewer_seconds":2.5,
        "first_frame_seconds":2.48}"#;
    let answered = scene.answer_with(session, text.to_owned());
    let first = StartTimes {
        viewer_ms: Some(500),
        first_frame_ms: Some(20),
        ..StartTimes::default()
    };
    assert_eq!(start(&scene.look(3)), (first, Some(2480)));
    answered.join().unwrap();
    // What came first stays first, also of a server that says otherwise now or nothing at all.
    let answered = scene.answer_with(session, text.to_owned());
    assert_eq!(start(&scene.look(10)), (first, Some(9480)));
    answered.join().unwrap();
    assert_eq!(start(&scene.look(11)), (first, Some(10_480)));
}
