//! Databases of the tests: files, and a PostgreSQL server of their own.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hackstream_hub::store::Place;
use tempfile::TempDir;

/// An empty database.
pub(crate) struct Database {
    pub(crate) place: Place,
    /// Removed with the database.
    pub(crate) folder: TempDir,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let place = Place::Sqlite(folder.path().join("hub.sqlite"));
        Self { place, folder }
    }

    pub(crate) fn postgres(server: &Server) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("hub_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut client =
            postgres::Client::connect(&server.url("postgres"), postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        Self {
            place: Place::Postgres(server.url(&name)),
            folder: TempDir::new().unwrap(),
        }
    }
}

/// A PostgreSQL server, started when the first test needs it.
#[derive(Clone, Default)]
pub(crate) struct Server(Arc<Mutex<Option<Running>>>);

struct Running {
    process: Child,
    folder: TempDir,
}

impl Server {
    fn url(&self, database: &str) -> String {
        let mut running = self.0.lock().unwrap();
        let running = running.get_or_insert_with(Running::start);
        let folder = running
            .folder
            .path()
            .display()
            .to_string()
            .replace('/', "%2F");
        format!("postgresql://postgres@/{database}?host={folder}")
    }

    pub(crate) fn stop(&self) {
        if let Some(mut running) = self.0.lock().unwrap().take() {
            running.process.kill().unwrap();
            running.process.wait().unwrap();
        }
    }
}

/// Debian keeps the programs outside of the usual path.
fn program(name: &str) -> PathBuf {
    let debian = Path::new("/usr/lib/postgresql/15/bin").join(name);
    if debian.exists() {
        debian
    } else {
        PathBuf::from(name)
    }
}

/// PostgreSQL does not run as root.
fn as_somebody(command: &mut Command) -> &mut Command {
    match somebody() {
        Some((user, group)) => command.uid(user).gid(group),
        None => command,
    }
}

fn somebody() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let line = passwd.lines().find(|line| line.starts_with("postgres:"));
    let line = line.expect("PostgreSQL is missing; cargo xtask setup test installs it");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

impl Running {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        if let Some((user, group)) = somebody() {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let mut initdb = Command::new(program("initdb"));
        initdb.arg("--pgdata").arg(&data).current_dir(folder.path());
        initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            // Sorted as people do, which is not as bytes are.
            "--locale-provider=icu",
            "--icu-locale=en",
        ]);
        let made = as_somebody(&mut initdb)
            .output()
            .expect("initdb; cargo xtask setup test installs it");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let mut server = Command::new(program("postgres"));
        server
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .current_dir(folder.path());
        server.args(["-c", "listen_addresses=", "-c", "max_connections=400"]);
        let log = fs::File::create(folder.path().join("log")).unwrap();
        server.stdout(Stdio::null()).stderr(log);
        let process = as_somebody(&mut server).spawn().unwrap();
        let running = Self { process, folder };
        running.wait();
        running
    }

    fn wait(&self) {
        let give_up = Instant::now() + Duration::from_secs(120);
        let mut config = postgres::Config::new();
        config
            .user("postgres")
            .dbname("postgres")
            .host_path(self.folder.path());
        while config.connect(postgres::NoTls).is_err() {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < give_up, "PostgreSQL does not start: {log}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
