//! Sessions as a node runs them: in namespaces of their own.

use std::fs::Permissions;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use hackstream_control_api::id::SessionId;
use hackstream_control_api::launch::Resources;
use hackstream_control_api::node::Screen;
use hackstream_control_api::policy::{Egress, Policy, Timers};
use hackstream_control_api::time::UnixMillis;
use hackstream_node::driver::local::{LocalDriver, Places};
use hackstream_node::driver::{Driver, Found};
use hackstream_node::record::{Life, Record};
use hackstream_node::spec::SessionSpec;
use hackstream_ticket::{KeyHash, Signer, Ticket, TicketId};
use hackstream_view::config::{Options, Token, TrustPolicy};
use hackstream_view::headless::Viewer;
use tempfile::TempDir;

use crate::hub::client_key;
use crate::mock_hub::NODE;
use crate::{PATIENCE, program, wait_until};

/// Tells sessions of one test program apart.
static SESSIONS: AtomicU64 = AtomicU64::new(1);
static NODES: AtomicU32 = AtomicU32::new(0);

/// A node without an agent: its driver, and where its sessions are. They end with this value.
pub struct Node {
    folder: TempDir,
    users: (u32, u32),
    /// How it runs sessions.
    pub driver: LocalDriver,
}

impl Node {
    /// A node without sessions.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it acts on the system")]
    pub fn new() -> Self {
        assert_isolation();
        let folder = tempfile::Builder::new();
        let folder = { folder }.prefix("hackstream-node-").tempdir_in("/dev/shm");
        let folder = folder.expect("a folder in memory");
        // Sessions run as other users.
        let open = Permissions::from_mode(0o711);
        std::fs::set_permissions(folder.path(), open).expect("permissions");
        // Of its own: what runs as them belongs to this node.
        let number = NODES.fetch_add(1, Ordering::Relaxed);
        let users = (
            700_000 + std::process::id() % 10_000 * 1000 + number * 20,
            20,
        );
        let driver = Self::agent(&folder, users);
        Self {
            folder,
            users,
            driver,
        }
    }

    fn agent(folder: &TempDir, users: (u32, u32)) -> LocalDriver {
        let places = Places {
            sessions: folder.path().join("sessions"),
            program: program("hackstream-noded"),
            server: program("hackstream-server"),
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: (0, 0),
            users,
        };
        LocalDriver::new(places).expect("a driver")
    }

    /// The same node as an agent sees it that was just started.
    #[must_use]
    pub fn restarted(&self) -> LocalDriver {
        Self::agent(&self.folder, self.users)
    }

    /// The folder of a session.
    #[must_use]
    pub fn folder(&self, session: SessionId) -> PathBuf {
        self.folder
            .path()
            .join("sessions")
            .join(session.to_string())
    }

    /// A session as the list has it.
    ///
    /// # Panics
    /// If there is no list.
    #[must_use]
    pub fn find(&self, session: SessionId) -> Option<Found> {
        let all = self.driver.list().expect("a list");
        let seen = all.into_iter().find(|seen| seen.session() == session)?;
        seen.found().cloned()
    }

    /// A session that viewers can reach.
    ///
    /// # Panics
    /// If it does not get ready.
    pub fn ready(&self, spec: &SessionSpec) -> Record {
        self.driver.boot(spec).expect("a session");
        wait_until("a session to be ready", || {
            let record = self.find(spec.session)?.record;
            assert!(
                !record.life.is_over(),
                "{record:?}: {}",
                self.log(spec.session)
            );
            (record.life == Life::Ready).then_some(record)
        })
    }

    /// How a session ended.
    ///
    /// # Panics
    /// If it does not end.
    pub fn ended(&self, session: SessionId) -> Record {
        wait_until("the end of a session", || {
            let record = self.find(session)?.record;
            record.life.is_over().then_some(record)
        })
    }

    /// All that a session wrote.
    ///
    /// # Panics
    /// If there is no such session.
    #[must_use]
    pub fn log(&self, session: SessionId) -> String {
        let piece = self.driver.log(session, 0, 1 << 20).expect("a log");
        String::from_utf8_lossy(&piece.bytes).into_owned()
    }

    /// What of a session runs: processes of the machine that have its name in their arguments, or its
    /// user.
    ///
    /// # Panics
    /// If there is no such session.
    #[must_use]
    pub fn processes(&self, session: SessionId) -> Vec<String> {
        let name = session.to_string();
        let means = std::fs::read_to_string(self.folder(session).join("keep.json"));
        let means: serde_json::Value =
            serde_json::from_str(&means.expect("a session")).expect("JSON");
        let user = means["user"].as_u64();
        let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
        let running = entries.filter_map(|entry| {
            let number: i32 = entry.file_name().to_str()?.parse().ok()?;
            let command = std::fs::read(entry.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
            // Whoever has ended and was not waited for is nobody.
            if status.contains("\nState:\tZ") {
                return None;
            }
            let is_theirs = command.contains(&name)
                || user.is_some_and(|user| status.contains(&format!("\nUid:\t{user}\t")));
            is_theirs.then(|| format!("{number}: {command:.100}"))
        });
        running.collect()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        for seen in self.driver.list().unwrap_or_default() {
            let _ = self.driver.kill(seen.session());
            let _ = self.driver.forget(seen.session());
        }
    }
}

/// Fails at once, and says why, on a machine where no session can be started: without this each would
/// be waited for in vain.
///
/// # Panics
/// If the machine has no user namespaces, or a program is missing.
pub fn assert_isolation() {
    let tried = std::process::Command::new("setpriv")
        .args([
            "--reuid",
            "700000",
            "--regid",
            "700000",
            "--clear-groups",
            "--",
        ])
        .args(["unshare", "--user", "--map-root-user", "--net", "--"])
        .args([
            "bwrap",
            "--ro-bind",
            "/",
            "/",
            "--unshare-user",
            "--unshare-pid",
        ])
        .args(["--dev", "/dev", "--proc", "/proc", "true"])
        .output()
        .expect("setpriv, of the package util-linux");
    assert!(
        tried.status.success(),
        "sessions of a node need root, user namespaces and bubblewrap, and this machine refuses: {}",
        String::from_utf8_lossy(&tried.stderr)
    );
    let carries = std::process::Command::new("slirp4netns")
        .arg("--version")
        .output();
    carries.expect("slirp4netns, of the package of that name");
    assert!(
        std::path::Path::new("/dev/net/tun").exists(),
        "slirp4netns needs /dev/net/tun, which this machine lacks"
    );
    if let Some(error) = hackstream_node::driver::local::network::closed_device() {
        panic!("{error}");
    }
}

/// A viewer of a session on this machine, sent with a ticket of the hub of [`spec`], once it has a
/// picture. `spki` is the server's key as the session's record has it.
///
/// # Panics
/// If it is not let in.
#[must_use]
pub fn visit(session: SessionId, port: u16, spki: &str) -> Viewer {
    let key = data_encoding::HEXLOWER
        .decode(spki.as_bytes())
        .expect("hex");
    let now = crate::hub::now();
    let ticket = Ticket {
        id: TicketId([1; 16]),
        session: session.to_string().parse().expect("a name"),
        node: NODE.parse().expect("a name"),
        server_key: KeyHash(key.try_into().expect("a hash")),
        client_key: client_key(2).public().hash(),
        issued_at: now,
        expires_at: now.plus(30),
        policy: hackstream_ticket::Policy::EVERYTHING,
    };
    let text = ticket.sign(&Signer::from_seed(&[1; 32]).expect("a seed"));
    let address = format!("127.0.0.1:{port}").parse().expect("an address");
    let trust = TrustPolicy::Pinned(format!("sha256:{spki}").parse().expect("a fingerprint"));
    let options = Options {
        ticket: Some(hackstream_view::config::Ticket::new(text, client_key(2))),
        ..Options::headless(address, Token::default(), trust)
    };
    let viewer = Viewer::connect(options).expect("a viewer");
    assert!(viewer.wait_for(|picture| picture.is_complete(), PATIENCE));
    viewer
}

/// A session of this command, without a way out.
///
/// # Panics
/// Never.
#[must_use]
pub fn spec(command: &[&str]) -> SessionSpec {
    let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
    let mut random = [0; 10];
    random[..4].copy_from_slice(&std::process::id().to_le_bytes());
    random[4..].copy_from_slice(&number.to_be_bytes()[2..]);
    let key = Signer::from_seed(&[1; 32]).expect("a seed").public();
    SessionSpec {
        takes_pages: false,
        session: SessionId::new(UnixMillis(1_795_000_000_000), random),
        node: NODE.parse().expect("a name"),
        owner: None,
        app: "test".to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        environment: [("SECRET".to_owned(), format!("secret {number}"))].into(),
        own_sandbox: true,
        screen: Some(Screen {
            width: 800,
            height: 600,
        }),
        resources: Resources::default(),
        policy: Policy {
            sound: false,
            ..Policy::default()
        },
        egress: Egress::None,
        timers: Timers::default(),
        ticket_keys: format!("{key}\n"),
        labels: [("colour".to_owned(), "blue".to_owned())].into(),
    }
}
