//! The node's agent with a hub that a test plays, and its sessions.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{Boot, JobKind, NodeSession, NodeSessionState, Stop};
use hackstream_control_api::policy::{Policy, Timers};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::Seconds;
use hackstream_ticket::Signer;
use hackstream_view::headless::Viewer;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::mock_hub::{MockHub, NODE, TOKEN, assert_done};
use crate::node::{spec, visit};
use crate::process::{Process, bound_command};
use crate::program;

/// A node: its agent, its hub, and where its sessions are. All ends with this value.
pub struct AgentScene {
    /// The hub.
    pub hub: MockHub,
    /// The agent, as long as it runs.
    pub agent: Option<Process>,
    folder: TempDir,
}

impl AgentScene {
    /// An agent that asks the hub for jobs, and no sessions.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        let folder = tempfile::Builder::new();
        let folder = { folder }
            .prefix("hackstream-agent-")
            .tempdir_in("/dev/shm")
            .unwrap();
        let open = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let hub = MockHub::new();
        let mut scene = Self {
            hub,
            agent: None,
            folder,
        };
        scene.configure();
        scene.start();
        scene
    }

    fn configure(&self) {
        let token = self.path("node.token");
        std::fs::write(&token, TOKEN).unwrap();
        std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o600)).unwrap();
        // Each node its own, also those of other tests that run now.
        static NODES: AtomicU32 = AtomicU32::new(0);
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let users = 20_000_000 + std::process::id() % 10_000 * 1000 + number * 20;
        let config = format!(
            "node = \"{NODE}\"\nhub = \"{}\"\ntoken_file = \"{}\"\nstate_dir = \"{}\"\n\
             server = \"{}\"\nhost = \"127.0.0.1\"\nlisten = \"127.0.0.1\"\nports = [0, 0]\n\
             users = [{users}, 20]\nmax_sessions = 2\n\
             [apps.terminal]\ncommand = [\"xterm\"]\n\
             [apps.chatter]\ncommand = [\"xterm\", \"-e\", \"sh\", \"-c\", \"while date +%N; do sleep 0.1; done\"]\n\
             [apps.missing]\ncommand = [\"no-such-program\"]\n\
             [apps.talker]\ncommand = [\"sh\", \"-c\", \"echo first words; sleep 2; echo last words; sleep 1000\"]\n",
            self.hub.url(),
            token.display(),
            self.path("state").display(),
            program("hackstream-server").display(),
        );
        std::fs::write(self.path("node.toml"), config).unwrap();
    }

    /// Starts the agent again.
    pub fn start(&mut self) {
        let mut command = bound_command(program("hackstream-noded"));
        command.arg("--config").arg(self.path("node.toml"));
        self.agent = Some(Process::start(&mut command));
    }

    /// A file of the node's.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the hub says of a session like that of the other tests.
    ///
    /// # Panics
    /// If its own key is none.
    #[must_use]
    pub fn boot(&self, app: &str, timers: Timers) -> Boot {
        let like = spec(&["x"]);
        let key = Signer::from_seed(&[1; 32]).unwrap().public();
        let hex = |text: String| {
            let encoded = text.strip_prefix("ed25519:").unwrap().to_owned();
            let bytes = data_encoding::BASE64URL_NOPAD
                .decode(encoded.as_bytes())
                .unwrap();
            data_encoding::HEXLOWER.encode(&bytes)
        };
        Boot {
            session: like.session,
            owner: Some("01ARZ3NDEKTSV4RRFFQ69G5FAW".parse().unwrap()),
            app: app.to_owned(),
            url: None,
            profile: Default::default(),
            screen: like.screen,
            quality: Default::default(),
            resources: like.resources,
            policy: Policy {
                sound: false,
                ..Policy::default()
            },
            timers,
            ticket_keys: [("1".to_owned(), hex(key.to_string()))].into(),
            labels: like.labels,
        }
    }

    /// Starts a session; what the hub is told of it once it is ready.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn ready(&self, boot: &Boot) -> NodeSession {
        let job = self.hub.order(JobKind::Boot(Box::new(boot.clone())));
        assert_done(&self.hub.result(job));
        self.hub.reported(boot.session, |session| {
            (session.state == NodeSessionState::Ready).then(|| session.clone())
        })
    }

    /// Ends a session.
    ///
    /// # Panics
    /// If the agent says that it cannot.
    pub fn stop(&self, session: SessionId) {
        let job = self.hub.order(JobKind::Stop(Stop {
            session,
            grace: Seconds(5),
            cause: StopCause::User,
        }));
        assert_done(&self.hub.result(job));
    }

    /// The sessions of which there are files.
    ///
    /// # Panics
    /// If the folder cannot be read.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("state/sessions")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for AgentScene {
    fn drop(&mut self) {
        // Sessions outlive their agent: that is what is tested here.
        drop(self.agent.take());
        for session in self.sessions() {
            let state = self.path("state/sessions").join(session).join("state.json");
            let state = std::fs::read(state).unwrap_or_default();
            let state: serde_json::Value = serde_json::from_slice(&state).unwrap_or_default();
            let keeper = state["keeper"]["pid"]
                .as_i64()
                .and_then(|k| i32::try_from(k).ok());
            if let (Some(keeper), false) = (keeper, state["life"]["is"] == "ended") {
                let keeper = rustix::process::Pid::from_raw(keeper).unwrap();
                let _ = rustix::process::kill_process(keeper, Signal::KILL);
            }
        }
    }
}

/// A viewer whom the hub sends, with its own ticket.
///
/// # Panics
/// If the session takes none.
#[must_use]
pub fn viewer(session: &NodeSession) -> Viewer {
    let port = session.address.as_ref().unwrap().port;
    visit(session.session, port, session.server_spki.as_ref().unwrap())
}
