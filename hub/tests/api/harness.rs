//! A hub in this process, some users and a node.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use hackstream_control_api::account::Role;
use hackstream_control_api::id::NodeId;
use hackstream_control_api::login::Tokens;
use hackstream_control_api::node::{JOB_TYPE, JobEnvelope, JobList};
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_hub::audit::Actor;
use hackstream_hub::auth::password::Passwords;
use hackstream_hub::auth::token::{Kind, Token};
use hackstream_hub::deeds::pool::{self, Tended};
use hackstream_hub::deeds::{admin, fleet};
use hackstream_hub::fault::Fault;
use hackstream_hub::http::{Peer, routing};
use hackstream_hub::hub::Hub;
use hackstream_hub::keys::Keys;
use hackstream_hub::metrics::Metrics;
use hackstream_hub::store::{Store, Tx};
use hackstream_ticket::HubKeys;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tower::ServiceExt as _;

use crate::database::Database;

/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) json: Value,
}

impl Reply {
    /// The problem's code, after a look at what every problem has.
    pub(crate) fn code(&self) -> &str {
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        assert_eq!(self.json["status"], self.status, "{self:?}");
        self.json["code"].as_str().unwrap()
    }

    pub(crate) fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }
}

/// A hub with the users `admin`, `auditor`, `alice` and `bob`.
pub(crate) struct Api {
    pub(crate) hub: Arc<Hub>,
    pub(crate) router: Router,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) clock: Arc<AtomicU64>,
    /// Transactions that were committed.
    pub(crate) commits: Arc<AtomicU64>,
    /// With what nodes check jobs.
    pub(crate) job_keys: HubKeys,
}

impl Api {
    pub(crate) fn new(database: &Database) -> Self {
        let clock = Arc::new(AtomicU64::new(1_700_000_000_000));
        let told = Arc::clone(&clock);
        let now = Arc::new(move || UnixMillis(told.load(Ordering::SeqCst)));
        let commits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&commits);
        let count = Box::new(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        let keys = Keys::open(database.folder.path()).unwrap();
        let signer = keys.job_signer().unwrap();
        let job_keys = signer.public().into();
        let store = Store::open(&database.place, now, count, signer).unwrap();
        let hub = Arc::new(Hub::new(store, &keys, Arc::new(Metrics::default())).unwrap());
        let router = routing::router(&hub).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .unwrap();
        let api = Self {
            hub,
            router,
            runtime: Arc::new(runtime),
            clock,
            commits,
            job_keys,
        };
        let phc = Passwords::new().unwrap().hash(PASSWORD).unwrap();
        for (name, role) in [
            ("admin", Role::Admin),
            ("auditor", Role::Auditor),
            ("alice", Role::User),
            ("bob", Role::User),
        ] {
            let draft = admin::Draft {
                username: name.to_owned(),
                phc: phc.clone(),
                role,
                email: None,
                name: None,
            };
            api.write(move |tx| admin::add_user(tx, Actor::Operator, &draft));
            // Ids of one moment are in no order.
            api.clock.fetch_add(1, Ordering::SeqCst);
        }
        api
    }

    /// Does something in the store.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, Fault> + Send + 'static,
    ) -> T {
        self.runtime.block_on(self.hub.store.write(work)).unwrap()
    }

    pub(crate) fn wait(&self, span: Seconds) {
        self.clock.fetch_add(span.0 * 1000, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub(crate) fn call(&self, method: &str, path: &str, token: &str, body: Value) -> Reply {
        let text = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        self.raw(request(method, path, token, &[], text))
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Reply {
        self.call("GET", path, token, Value::Null)
    }

    pub(crate) fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.call("POST", path, token, body)
    }

    pub(crate) fn raw(&self, request: Request<Body>) -> Reply {
        self.runtime.block_on(answer(self.router.clone(), request))
    }

    /// The same request so many times at once.
    pub(crate) fn flood(
        &self,
        times: usize,
        request: impl Fn(usize) -> Request<Body>,
    ) -> Vec<Reply> {
        let calls: Vec<_> = (0..times)
            .map(|number| {
                self.runtime
                    .spawn(answer(self.router.clone(), request(number)))
            })
            .collect();
        let wait = |call: JoinHandle<Reply>| self.runtime.block_on(call).unwrap();
        calls.into_iter().map(wait).collect()
    }

    pub(crate) fn login(&self, username: &str) -> Tokens {
        let body = json!({ "username": username, "password": PASSWORD, "device": "test" });
        serde_json::from_value(self.post("/v1/login", "", body).ok()).unwrap()
    }

    /// An access token of a new login.
    pub(crate) fn token(&self, username: &str) -> String {
        self.login(username).access_token
    }

    /// A node that has reported: its id and token. It has room for many sessions.
    pub(crate) fn node(&self, name: &'static str) -> (NodeId, String) {
        let token = Token::random(Kind::Node).unwrap();
        let text = token.text().to_owned();
        let id = self.write(move |tx| fleet::add(tx, Actor::Operator, name, &token));
        self.report(&text, 0, json!([])).ok();
        (id, text)
    }

    /// A report of a node with room.
    pub(crate) fn report(&self, token: &str, last_seq: u64, sessions: Value) -> Reply {
        let report = json!({
            "version": "test", "last_seq": last_seq, "limits_enforced": true,
            "apps": ["browser"], "sessions": sessions,
            "capacity": { "memory_bytes": 1_u64 << 40, "memory_allocatable": 1_u64 << 40,
                "cpu_millis": 1_000_000, "cpu_allocatable": 1_000_000, "max_sessions": 1000 },
        });
        self.post("/v1/node/report", token, report)
    }

    pub(crate) fn launch(&self, token: &str) -> String {
        let launched = self
            .post("/v1/sessions", token, json!({ "app": "browser" }))
            .ok();
        launched["session_id"].as_str().unwrap().to_owned()
    }

    /// Does for the warm pools what is to be done now.
    pub(crate) fn tend(&self) -> Tended {
        let keys = self.hub.ticket_keys.clone();
        self.write(move |tx| pool::tend(tx, &keys))
    }

    /// Tells the hub how a job went.
    pub(crate) fn done(&self, node: &str, job: &Value, outcome: &str) {
        let path = format!("/v1/node/jobs/{}/result", job["id"].as_str().unwrap());
        let result = json!({ "outcome": outcome, "detail": "as the node says" });
        self.post(&path, node, result).ok();
    }

    /// The jobs of a node that are not done, all signed.
    pub(crate) fn jobs(&self, token: &str) -> Vec<Value> {
        self.unwrapped(self.get("/v1/node/jobs", token).ok())
    }

    /// The jobs in an answer to a node, all signed.
    pub(crate) fn unwrapped(&self, list: Value) -> Vec<Value> {
        let list: JobList = serde_json::from_value(list).unwrap();
        let unwrap = |envelope: JobEnvelope| {
            let seal = envelope.signature.parse().unwrap();
            let payload = envelope.payload.as_bytes();
            assert_eq!(self.job_keys.check(&seal, JOB_TYPE, payload), Ok(()));
            let job: Value = serde_json::from_str(&envelope.payload).unwrap();
            assert_eq!(job["id"], json!(envelope.id));
            assert_eq!(job["seq"], envelope.seq);
            job
        };
        list.jobs.into_iter().map(unwrap).collect()
    }
}

/// A request.
pub(crate) fn request(
    method: &str,
    path: &str,
    token: &str,
    headers: &[(&str, &str)],
    body: String,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    request = request.header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = Peer("192.0.2.1:5000".parse().unwrap());
    request.extension(peer).body(Body::from(body)).unwrap()
}

pub(crate) async fn answer(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 24).await.unwrap();
    let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
    Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        json: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()),
    }
}
