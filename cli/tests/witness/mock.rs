//! A hub with an audit log and nothing else, on loopback without TLS.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use hackstream_audit::chain::{START, hash, parts};
use hackstream_audit::{Point, Signer, hex, unhex};
use hackstream_control_api::audit::{AuditEntry, AuditState, Checkpoint, SignedCheckpoint};
use hackstream_control_api::time::UnixMillis;
use serde_json::{Value, json};

/// What somebody does who can write the hub's database.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tamper {
    /// Rows at the end go.
    Cut { after: usize },
    /// They go, and as many others come, and more.
    CutAndFill { after: usize },
    /// A row is changed, and the chain made anew from there on.
    MakeAnew { from: usize },
    /// A row is changed.
    Change { row: usize },
    /// A row goes.
    Delete { row: usize },
    /// A row is there twice.
    Insert { row: usize },
    /// A row and the next one change places.
    Swap { row: usize },
    /// Somebody else signs.
    OtherKey,
    /// Checkpoints are gone.
    NoSignature,
    /// The last checkpoint is made to say something else.
    ForgedSignature,
}

#[derive(Clone)]
struct Log {
    rows: Vec<AuditEntry>,
    signed: Option<SignedCheckpoint>,
    restored_at: u64,
}

struct State {
    log: Log,
    before: Log,
    tokens: u32,
    are_tokens_good: bool,
    largest_page: usize,
}

/// The hub, as long as the test runs.
pub(crate) struct Mock {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

fn entry(seq: u64, action: &str) -> AuditEntry {
    AuditEntry {
        seq,
        ts: UnixMillis(1_700_000_000_000 + seq),
        actor_type: "hub".to_owned(),
        actor_id: None,
        action: action.to_owned(),
        target_type: None,
        target_id: None,
        subject_user_id: None,
        session_id: None,
        outcome: "ok".to_owned(),
        meta: "{}".to_owned(),
        prev_hash: String::new(),
        hash: String::new(),
    }
}

impl Log {
    fn write(&mut self, action: &str) {
        self.rows.push(entry(self.rows.len() as u64 + 1, action));
        self.chain(self.rows.len() - 1);
    }

    /// Makes the chain anew from this row on, counted from 0.
    fn chain(&mut self, from: usize) {
        for index in from..self.rows.len() {
            let prev = match index {
                0 => START,
                index => unhex(&self.rows[index - 1].hash).unwrap(),
            };
            let row = &mut self.rows[index];
            (row.prev_hash, row.hash) = (hex(&prev), hex(&START));
            let (columns, ..) = parts(row).unwrap();
            row.hash = hex(&hash(&prev, &columns.attested()));
        }
    }

    fn point(&self, seq: u64) -> Option<Checkpoint> {
        let head = match usize::try_from(seq).unwrap() {
            0 => hex(&START),
            row => self.rows.get(row - 1)?.hash.clone(),
        };
        Some(Checkpoint { seq, head })
    }

    fn sign(&mut self, key: u8) {
        let end = Point::of(&self.point(self.rows.len() as u64).unwrap()).unwrap();
        let signer = Signer::from_seed(&[key; 32]).unwrap();
        let at = UnixMillis(1_700_000_000_000 + end.seq);
        self.signed = Some(signer.sign(end, at, UnixMillis(self.restored_at)));
    }

    fn tamper(&mut self, tamper: Tamper) {
        match tamper {
            Tamper::Cut { after } => self.rows.truncate(after),
            Tamper::CutAndFill { after } => {
                let fill = self.rows.len() - after + 3;
                self.rows.truncate(after);
                (0..fill).for_each(|_| self.write("other"));
            }
            Tamper::MakeAnew { from } => {
                self.rows[from - 1].action = "other".to_owned();
                self.chain(from - 1);
            }
            Tamper::Change { row } => self.rows[row - 1].outcome = "other".to_owned(),
            Tamper::Delete { row } => drop(self.rows.remove(row - 1)),
            Tamper::Insert { row } => {
                let mut copy = self.rows[row - 2].clone();
                copy.seq = row as u64;
                self.rows.insert(row - 1, copy);
                self.number();
            }
            Tamper::Swap { row } => {
                self.rows.swap(row - 1, row);
                self.number();
            }
            Tamper::OtherKey => self.sign(2),
            Tamper::NoSignature => self.signed = None,
            Tamper::ForgedSignature => self.signed.as_mut().unwrap().ts.0 += 1,
        }
        // Whoever has the database cannot sign: what was signed is gone, or the honest hub signs what
        // it finds.
        let is_shorter = self
            .signed
            .as_ref()
            .is_some_and(|signed| signed.seq > self.rows.len() as u64);
        if is_shorter || matches!(tamper, Tamper::CutAndFill { .. } | Tamper::MakeAnew { .. }) {
            self.sign(1);
        }
    }

    fn number(&mut self) {
        for (seq, row) in (1..).zip(&mut self.rows) {
            row.seq = seq;
        }
    }
}

impl Mock {
    pub(crate) fn with_rows(count: usize) -> Self {
        let mut log = Log {
            rows: Vec::new(),
            signed: None,
            restored_at: 0,
        };
        (0..count).for_each(|_| log.write("test"));
        log.sign(1);
        let state = Arc::new(Mutex::new(State {
            before: log.clone(),
            log,
            tokens: 0,
            are_tokens_good: true,
            largest_page: 0,
        }));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    pub(crate) fn write(&self, count: usize) {
        self.change(|state| (0..count).for_each(|_| state.log.write("test")));
    }

    pub(crate) fn sign(&self) {
        self.change(|state| state.log.sign(1));
    }

    /// Changes the log; [`Self::undo`] makes it what it was.
    pub(crate) fn tamper(&self, tamper: Tamper) {
        self.change(|state| {
            state.before = state.log.clone();
            state.log.tamper(tamper);
        });
    }

    pub(crate) fn undo(&self) {
        self.change(|state| state.log = state.before.clone());
    }

    /// What was signed before it was tampered with.
    pub(crate) fn show_old_checkpoint(&self) {
        self.change(|state| state.log.signed = state.before.signed.clone());
    }

    pub(crate) fn declare_restored(&self) {
        self.change(|state| {
            state.log.restored_at += 1_700_000_000_000;
            state.log.write("audit.restored");
            state.log.sign(1);
        });
    }

    pub(crate) fn let_tokens_expire(&self) {
        self.change(|state| state.are_tokens_good = false);
    }

    pub(crate) fn largest_page(&self) -> usize {
        self.change(|state| state.largest_page)
    }
}

fn serve(stream: TcpStream, shared: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    while let Some((head, body)) = request(&mut reader) {
        let (status, link, answer) = shared.lock().unwrap().answer(&head[0], &body);
        let text = answer.to_string();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{link}\r\n{text}",
            text.len()
        );
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<(Vec<String>, Value)> {
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_lowercase());
    }
    let length = head
        .iter()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some((head, serde_json::from_slice(&body).unwrap_or_default()))
}

impl State {
    fn answer(&mut self, request: &str, body: &Value) -> (&'static str, String, Value) {
        let words: Vec<_> = request.split(' ').collect();
        let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
        let number = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(key, _)| *key == name);
            found.map(|(_, value)| value.parse::<u64>().unwrap())
        };
        let good = |answer| ("200 OK", String::new(), answer);
        match (words[0], path) {
            ("post", "/v1/login" | "/v1/token/refresh") => good(self.grant(body)),
            ("post", "/v1/logout") => good(json!({})),
            _ if !self.are_tokens_good => {
                let problem = json!({ "type": "about:blank", "title": "Unauthenticated",
                    "status": 401, "code": "token_expired" });
                ("401 Unauthorized", String::new(), problem)
            }
            ("get", "/v1/apps") => good(json!([])),
            ("get", "/v1/audit/checkpoint") => good(json!(self.shown(number("seen")))),
            ("get", "/v1/audit") => self.page(number("cursor").unwrap_or(0), number("limit")),
            _ => ("404 Not Found", String::new(), Value::Null),
        }
    }

    fn grant(&mut self, body: &Value) -> Value {
        self.tokens += 1;
        self.are_tokens_good = true;
        json!({
            "access_token": format!("hsa_{}", self.tokens),
            "refresh_token": format!("hsr_{}", self.tokens),
            "expires_in": 600,
            "audit": self.shown(body["seen"].as_u64()),
        })
    }

    fn shown(&self, seen: Option<u64>) -> AuditState {
        AuditState {
            end: self.log.point(self.log.rows.len() as u64).unwrap(),
            signed: self.log.signed.clone(),
            seen: seen.and_then(|seq| self.log.point(seq)),
        }
    }

    fn page(&mut self, cursor: u64, limit: Option<u64>) -> (&'static str, String, Value) {
        let limit = usize::try_from(limit.unwrap_or(50)).unwrap();
        assert!(limit <= 200, "no page is larger");
        self.largest_page = self.largest_page.max(limit);
        let behind = self.log.rows.iter().filter(|row| row.seq > cursor);
        let rows: Vec<_> = behind.take(limit).collect();
        let link = match rows.last() {
            Some(last) if rows.len() == limit => format!(
                "link: </v1/audit?limit={limit}&cursor={}>; rel=\"next\"\r\n",
                last.seq
            ),
            _ => String::new(),
        };
        ("200 OK", link, json!(rows))
    }
}
