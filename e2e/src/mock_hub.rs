//! A hub that does what a test says: it hands out jobs, and writes down what it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::limits::MAX_NODE_TEXT_BYTES;
use hackstream_control_api::node::{
    Job, JobKind, JobList, JobOutcome, JobResult, LogAnswer, LogChunk, NodeSession, Report,
    ReportAnswer,
};
use hackstream_control_api::time::UnixMillis;

use crate::{hub, wait_until};

/// What the hub knows its node by.
pub const TOKEN: &str = "hsn_0123456789abcdef0123456789abcdef";

/// The node's name.
pub const NODE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// A hub on loopback, without TLS. It answers as long as it exists, unless it is told to be away.
pub struct MockHub {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_away: AtomicBool,
    is_over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: Vec<Job>,
    results: BTreeMap<JobId, JobResult>,
    report: Option<Report>,
    forget: Vec<SessionId>,
    log: String,
    strangers: usize,
    /// Results that are still to be refused.
    deaf: usize,
}

impl MockHub {
    /// A hub with nothing to do.
    ///
    /// # Panics
    /// If the system has no ports to give.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let ours = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ours.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // One that is away hangs up.
                if !ours.is_away.load(Ordering::SeqCst) {
                    let ours = Arc::clone(&ours);
                    std::thread::spawn(move || ours.serve(stream));
                }
            }
        });
        Self { address, shared }
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("unpoisoned")
    }

    /// Hangs up on everybody from now on, or answers again.
    pub fn set_away(&self, is_away: bool) {
        self.shared.is_away.store(is_away, Ordering::SeqCst);
    }

    /// Has the node do something; the job's number.
    pub fn order(&self, kind: JobKind) -> JobId {
        self.order_as(NODE.parse().expect("a name"), 60_000, kind)
    }

    /// The same for another node, or too late.
    ///
    /// # Panics
    /// Never.
    pub fn order_as(&self, node: NodeId, good_for: i64, kind: JobKind) -> JobId {
        let mut state = self.state();
        let seq = state.jobs.len() as u64 + 1;
        let now = UnixMillis(hub::now().0 * 1000);
        let id = JobId::new(
            now,
            seq.to_be_bytes()
                .iter()
                .chain(&[0, 0])
                .copied()
                .collect::<Vec<_>>()
                .try_into()
                .expect("ten"),
        );
        state.jobs.push(Job {
            id,
            node,
            seq,
            issued_at: now,
            not_after: UnixMillis(now.0.saturating_add_signed(good_for)),
            kind,
        });
        id
    }

    /// How a job went, once the node says so.
    #[must_use]
    pub fn result(&self, job: JobId) -> JobResult {
        wait_until("the result of a job", || {
            self.state().results.get(&job).cloned()
        })
    }

    /// Waits until a report says so of a session.
    ///
    /// # Panics
    /// If none does.
    pub fn reported<T>(&self, session: SessionId, find: impl Fn(&NodeSession) -> Option<T>) -> T {
        wait_until("a report", || {
            let state = self.state();
            let sessions = &state.report.as_ref()?.sessions;
            find(sessions.iter().find(|one| one.session == session)?)
        })
    }

    /// The last report.
    #[must_use]
    pub fn report(&self) -> Report {
        wait_until("a report", || self.state().report.clone())
    }

    /// Reports that come from now on; those before are forgotten.
    pub fn forget_reports(&self) {
        self.state().report = None;
    }

    /// Does not take the next results of jobs, so many, as a hub that is overloaded.
    pub fn be_deaf(&self, times: usize) {
        self.state().deaf = times;
    }

    /// The node need not report this session again.
    pub fn forget(&self, session: SessionId) {
        self.state().forget.push(session);
    }

    /// What came of logs.
    #[must_use]
    pub fn log(&self) -> String {
        self.state().log.clone()
    }

    /// Requests without the node's token.
    #[must_use]
    pub fn strangers(&self) -> usize {
        self.state().strangers
    }
}

impl Drop for MockHub {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Wakes the one that listens.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line.trim().is_empty() {
                break;
            }
            head.push(line.trim().to_owned());
        }
        let header = |name: &str| {
            let lines = head.iter().filter_map(|line| line.split_once(": "));
            let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
            found.next().map(|(_, value)| value.to_owned())
        };
        let length = header("content-length").map_or(0, |text| text.parse().expect("a number"));
        let mut body = vec![0; length];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        let is_known = header("authorization") == Some(format!("Bearer {TOKEN}"));
        let (status, answer) = if is_known {
            self.answer(&head[0], &body)
        } else {
            self.state.lock().expect("unpoisoned").strangers += 1;
            ("401 Unauthorized", String::new())
        };
        let length = answer.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
             connection: close\r\n\r\n{answer}"
        );
        let _ = reader.get_mut().write_all(answer.as_bytes());
    }

    fn answer(&self, request: &str, body: &[u8]) -> (&'static str, String) {
        let mut words = request.split(' ');
        let (method, path) = (words.next(), words.next().unwrap_or_default());
        let parts: Vec<&str> = path.split(['/', '?', '=', '&']).collect();
        match (method, &parts[..]) {
            (Some("GET"), ["", "v1", "node", "jobs", "after", after, ..]) => {
                let jobs = self.jobs_after(after.parse().expect("a number"));
                ("200 OK", json(&JobList { jobs }))
            }
            (Some("POST"), ["", "v1", "node", "jobs", job, "result"]) => {
                let mut state = self.state.lock().expect("unpoisoned");
                if state.deaf > 0 {
                    state.deaf -= 1;
                    return ("503 Service Unavailable", String::new());
                }
                let result: JobResult = serde_json::from_slice(body).expect("a result");
                let detail = result.detail.as_deref().unwrap_or_default();
                if detail.len() > MAX_NODE_TEXT_BYTES || detail.contains(char::is_control) {
                    return ("400 Bad Request", String::new());
                }
                state.results.insert(job.parse().expect("a number"), result);
                ("204 No Content", String::new())
            }
            (Some("POST"), ["", "v1", "node", "report"]) => {
                let mut state = self.state.lock().expect("unpoisoned");
                state.report = Some(serde_json::from_slice(body).expect("a report"));
                let answer = ReportAnswer {
                    now: UnixMillis(hub::now().0 * 1000),
                    forget: state.forget.clone(),
                    audit: None,
                };
                ("200 OK", json(&answer))
            }
            (Some("POST"), ["", "v1", "node", "logs", _]) => {
                let chunk: LogChunk = serde_json::from_slice(body).expect("a piece of a log");
                self.state
                    .lock()
                    .expect("unpoisoned")
                    .log
                    .push_str(&chunk.text);
                ("200 OK", json(&LogAnswer { wanted: true }))
            }
            _ => ("404 Not Found", String::new()),
        }
    }

    /// Jobs that are not done; waits a moment until there are some.
    fn jobs_after(&self, after: u64) -> Vec<Job> {
        for _ in 0..50 {
            let state = self.state.lock().expect("unpoisoned");
            let open = state
                .jobs
                .iter()
                .filter(|job| job.seq > after && !state.results.contains_key(&job.id));
            let open: Vec<Job> = open.cloned().collect();
            drop(state);
            if !open.is_empty() || self.is_away.load(Ordering::SeqCst) {
                return open;
            }
            std::thread::sleep(crate::LOOK);
        }
        Vec::new()
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// Fails unless a job was done.
///
/// # Panics
/// If it was not.
pub fn assert_done(result: &JobResult) {
    assert_eq!(result.outcome, JobOutcome::Done, "{result:?}");
}
