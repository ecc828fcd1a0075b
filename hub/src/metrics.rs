//! What Prometheus can read. No user and no session is a label: there would be too many, and it is
//! nobody's business.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::session::start::Reached;

/// The media type of the text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Seconds that a session takes to start: finer where the promises are, 3 s and 8 s.
const START_BUCKETS: [f64; 10] = [0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 30.0];

/// Seconds of one step of a start: from a warm one's to those that miss the promise.
const STEP_BUCKETS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 30.0];

/// Seconds of requests, commits and waiting.
const SHORT_BUCKETS: [f64; 9] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0];

/// One label with one value.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ResultLabel {
    /// What came of it.
    pub result: &'static str,
}

/// Why a session ended.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct CauseLabel {
    /// The cause's name.
    pub cause: &'static str,
}

/// How a session was started.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct StartLabel {
    /// The application's name.
    pub app: String,
    /// `pool` or `cold`.
    pub path: &'static str,
}

/// A step of a session's start.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct StepLabel {
    /// The application's name.
    pub app: String,
    /// `pool` or `cold`.
    pub path: &'static str,
    /// `hub`, `sandbox`, `display`, `viewer` or `first_frame`.
    pub phase: &'static str,
}

/// A request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabel {
    /// The route as it is declared, not the path that was asked for.
    pub route: &'static str,
    /// In capitals.
    pub method: &'static str,
    /// The HTTP status.
    pub code: u16,
}

/// Sessions that are alike.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct SessionLabel {
    /// The state's name.
    pub state: String,
    /// The application's name.
    pub app: String,
}

/// A node.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct NodeLabel {
    /// What people call it.
    pub node: String,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    /// Held while what is set when somebody asks is set and read.
    pub scraping: Mutex<()>,
    /// Requests that were answered.
    pub requests: Family<RequestLabel, Counter>,
    /// Seconds that they took.
    pub request_seconds: Histogram,
    /// Logins by what came of them.
    pub logins: Family<ResultLabel, Counter>,
    /// Exchanges of refresh tokens.
    pub refreshes: Family<ResultLabel, Counter>,
    /// Seconds that logins waited for their turn to be hashed, and the hashing.
    pub password_seconds: Histogram,
    /// Seconds until a session was ready.
    pub start_seconds: Family<StartLabel, Histogram>,
    /// Seconds until its first viewer was sent the first frame.
    pub first_frame_seconds: Family<StartLabel, Histogram>,
    /// Seconds of the steps of which those are made.
    pub phase_seconds: Family<StepLabel, Histogram>,
    /// Sessions that ended.
    pub ends: Family<CauseLabel, Counter>,
    /// Launches by what came of them: `ok` or a problem's code.
    pub launches: Family<ResultLabel, Counter>,
    /// Results of jobs.
    pub jobs: Family<ResultLabel, Counter>,
    /// Seconds that writes took, with waiting.
    pub commit_seconds: Histogram,
    /// Sessions that have not ended; set when somebody asks.
    pub sessions: Family<SessionLabel, Gauge>,
    /// Whether nodes report; likewise.
    pub node_up: Family<NodeLabel, Gauge>,
    /// Bytes of memory that nodes have for sessions, less what is promised; likewise.
    pub node_free: Family<NodeLabel, Gauge>,
    /// Seconds since nodes reported; likewise.
    pub node_age: Family<NodeLabel, Gauge<f64, AtomicU64>>,
    /// The number of the audit log's last row; likewise.
    pub audit_seq: Gauge,
    /// The number of the row of the audit log that was signed last.
    pub audit_signed_seq: Gauge,
    /// Whether the audit log has what was signed last.
    pub audit_ok: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("hackstream"),
            scraping: Mutex::default(),
            requests: Family::default(),
            request_seconds: Histogram::new(SHORT_BUCKETS),
            logins: Family::default(),
            refreshes: Family::default(),
            password_seconds: Histogram::new(SHORT_BUCKETS),
            start_seconds: Family::new_with_constructor(|| Histogram::new(START_BUCKETS)),
            first_frame_seconds: Family::new_with_constructor(|| Histogram::new(START_BUCKETS)),
            phase_seconds: Family::new_with_constructor(|| Histogram::new(STEP_BUCKETS)),
            ends: Family::default(),
            launches: Family::default(),
            jobs: Family::default(),
            commit_seconds: Histogram::new(SHORT_BUCKETS),
            sessions: Family::default(),
            node_up: Family::default(),
            node_free: Family::default(),
            node_age: Family::default(),
            audit_seq: Gauge::default(),
            audit_signed_seq: Gauge::default(),
            audit_ok: Gauge::default(),
        };
        metrics.register();
        metrics.register_sessions();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("http_requests", "Requests", self.requests.clone());
        registry.register(
            "http_request_seconds",
            "Seconds that requests took",
            self.request_seconds.clone(),
        );
        registry.register("auth_login", "Logins", self.logins.clone());
        registry.register(
            "auth_refresh",
            "Exchanges of refresh tokens",
            self.refreshes.clone(),
        );
        registry.register(
            "auth_argon2_seconds",
            "Seconds of waiting for and of hashing passwords",
            self.password_seconds.clone(),
        );
    }

    fn register_sessions(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "session_start_seconds",
            "Seconds until a session was ready",
            self.start_seconds.clone(),
        );
        registry.register(
            "session_first_frame_seconds",
            "Seconds until a session's first viewer was sent the first frame",
            self.first_frame_seconds.clone(),
        );
        registry.register(
            "session_phase_seconds",
            "Seconds of a step of a session's start",
            self.phase_seconds.clone(),
        );
        registry.register("session_end", "Sessions that ended", self.ends.clone());
        registry.register(
            "session_launch",
            "Wishes for sessions",
            self.launches.clone(),
        );
        registry.register("jobs", "Results of nodes' jobs", self.jobs.clone());
        registry.register(
            "store_commit_seconds",
            "Seconds that writes took",
            self.commit_seconds.clone(),
        );
        registry.register(
            "sessions",
            "Sessions that have not ended",
            self.sessions.clone(),
        );
        registry.register("node_up", "Whether a node reports", self.node_up.clone());
        registry.register(
            "node_memory_free_bytes",
            "Memory that is not promised",
            self.node_free.clone(),
        );
        registry.register(
            "node_report_age_seconds",
            "Seconds since a node reported",
            self.node_age.clone(),
        );
        registry.register(
            "audit_head_seq",
            "Rows of the audit log",
            self.audit_seq.clone(),
        );
        registry.register(
            "audit_signed_seq",
            "Rows of the audit log that are signed",
            self.audit_signed_seq.clone(),
        );
        registry.register(
            "audit_verify_ok",
            "Whether the audit log has what was signed last",
            self.audit_ok.clone(),
        );
        let build: Family<Vec<(&'static str, &'static str)>, Gauge> = Family::default();
        build
            .get_or_create(&vec![("version", env!("CARGO_PKG_VERSION"))])
            .set(1);
        registry.register("build_info", "Which version this is", build);
    }

    /// A session's owner can use it now.
    pub fn started(&self, reached: &Reached) {
        observe(&self.start_seconds, reached);
        self.observe_steps(reached, &reached.steps_to_ready());
    }

    /// A session's first viewer was sent the first frame.
    pub fn shown(&self, reached: &Reached) {
        observe(&self.first_frame_seconds, reached);
        self.observe_steps(reached, &reached.steps_to_first_frame());
    }

    fn observe_steps(&self, reached: &Reached, steps: &[(&'static str, u64)]) {
        for (phase, took_ms) in steps {
            let label = StepLabel {
                app: reached.app.clone(),
                path: reached.path.name(),
                phase,
            };
            let histogram = self.phase_seconds.get_or_create(&label);
            histogram.observe(seconds(*took_ms));
        }
    }

    /// Everything, as Prometheus reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn observe(family: &Family<StartLabel, Histogram>, reached: &Reached) {
    let label = StartLabel {
        app: reached.app.clone(),
        path: reached.path.name(),
    };
    family
        .get_or_create(&label)
        .observe(seconds(reached.took_ms));
}

fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}
