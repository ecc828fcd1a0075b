//! What is secret is where it has to be, and nowhere else: not in arguments or environments of processes,
//! in files, logs, or the audit log; nor would any of our programs leave an image of its memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use hackstream_control_api::enroll::Join;
use hackstream_e2e::person::Person;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::pty::Terminal;
use hackstream_e2e::{program, wait_until};
use rustix::process::Signal;
use serde_json::Value;

const ANNS: &str = "canary-password-of-ann-4711";
const URL: &str = "https://canary-page-0815.example/";

/// Shows nothing of the page that it is to open.
const APPLICATION: [&str; 4] = ["sh", "-c", "exec xterm", "application"];

/// What a session's server is called here, and who starts it with the application's command.
const SESSION: &str = "the session";

/// Between two looks at all processes.
const LOOK: Duration = Duration::from_millis(10);

/// Something that is not to be found, but in these places.
struct Secret {
    what: &'static str,
    /// How it may be written, each byte a character.
    forms: Vec<String>,
    /// Names of files that may have it.
    files: &'static [&'static str],
    /// Names of programs whose command lines may have it.
    programs: &'static [&'static str],
}

impl Secret {
    fn text(what: &'static str, text: &str, files: &'static [&'static str]) -> Self {
        assert!(text.len() >= 16, "{what} is too short to be looked for");
        Self {
            what,
            forms: vec![text.to_owned()],
            files,
            programs: &[],
        }
    }

    /// A key, however somebody might write it.
    fn key(what: &'static str, key: &[u8], files: &'static [&'static str]) -> Self {
        assert_eq!(key.len(), 32, "{what}");
        let forms = vec![
            as_text(key),
            HEXLOWER.encode(key),
            BASE64URL_NOPAD.encode(key),
            BASE64.encode(key),
            serde_json::to_string(key).unwrap(),
        ];
        Self {
            what,
            forms,
            files,
            programs: &[],
        }
    }

    fn is_in(&self, text: &str) -> bool {
        self.forms.iter().any(|form| text.contains(form))
    }
}

/// Each byte as a character, so that anything can be looked for in anything.
fn as_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// What was to be seen of our programs by whoever looked at the processes of the machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sight {
    program: String,
    text: String,
}

/// Looks at all processes, all the time.
struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<Sight>>,
}

impl Watch {
    fn begin() -> Self {
        let over = Arc::<AtomicBool>::default();
        let until = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !until.load(Ordering::Relaxed) {
                for place in fs::read_dir("/proc").unwrap().flatten() {
                    seen.extend(sight(&place.path()));
                }
                std::thread::sleep(LOOK);
            }
            seen
        });
        Self { over, thread }
    }

    fn end(self) -> BTreeSet<Sight> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// What one of our programs shows, and what starts it; `None` of other processes.
fn sight(process: &Path) -> Option<Sight> {
    let exe = fs::read_link(process.join("exe")).ok()?;
    let program = exe.file_name()?.to_str()?.to_owned();
    let around = ["bwrap", "setpriv", "slirp4netns"];
    (program.starts_with("hackstream") || around.contains(&program.as_str())).then_some(())?;
    let read = |file| fs::read(process.join(file)).unwrap_or_default();
    let text = as_text(&[read("cmdline"), read("environ")].concat());
    let of_session = ["hackstream-server\0run\0", "hackstream-server\0pages\0"];
    let is_session = of_session.iter().any(|words| text.contains(words));
    // The terminal of this test, just before it becomes what somebody types there.
    let is_ours = program == "setpriv" && text.contains("--\0setsid\0--ctty\0");
    (!is_ours).then_some(())?;
    Some(Sight {
        program: if is_session {
            SESSION.to_owned()
        } else {
            program
        },
        text,
    })
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let below = |path: PathBuf| match path.symlink_metadata() {
        Ok(about) if about.is_dir() => files(&path),
        Ok(about) if about.is_file() => vec![path],
        _ => Vec::new(),
    };
    entries.flat_map(|entry| below(entry.path())).collect()
}

/// Fails if a file has a secret that it may not have. How many files there are.
fn look_through(folder: &Path, secrets: &[Secret]) -> usize {
    let all = files(folder);
    for file in &all {
        let Ok(bytes) = fs::read(file) else { continue };
        let (text, name) = (as_text(&bytes), file.file_name().unwrap());
        for secret in secrets {
            let may = secret.files.iter().any(|one| *one == name);
            assert!(
                may || !secret.is_in(&text),
                "{} is in {}",
                secret.what,
                file.display()
            );
        }
    }
    all.len()
}

/// That nothing of it is in something that was said.
fn look_at(what: &str, said: &str, secrets: &[Secret]) {
    for secret in secrets {
        assert!(!secret.is_in(said), "{what} tells {}: {said}", secret.what);
    }
}

/// A plane, and Ann, who launches something.
struct Scene {
    plane: Plane,
    admin: Person,
    ann: Person,
    join: Join,
    /// What Ann's viewer was told.
    told: Value,
    screen: Terminal,
    session: String,
}

impl Scene {
    fn new() -> Self {
        let plane = Plane::with_node(&Node {
            command: &APPLICATION,
            takes_url: true,
            ..Node::default()
        });
        let join = plane.join("there").parse().unwrap();
        let admin = Person::logged_in(&plane, "admin", PASSWORD);
        let added = admin.control(&["users", "add", "ann", "--password-stdin"], ANNS);
        assert_eq!(added.code, Some(0), "{added:?}");
        let ann = Person::logged_in(&plane, "ann", ANNS);
        let file = with_eavesdropper(&ann);
        let launch = ["launch", "browser", "--url", URL, "--", "--headless"];
        let screen = ann.sit_down(&launch, None);
        let told = wait_until("what the viewer is told", || {
            serde_json::from_slice(&fs::read(&file).ok()?).ok()
        });
        fs::remove_file(file).unwrap();
        let session = wait_until("the viewer to be in the session", || {
            let listed = ann.run(&["list", "--json"], "");
            let listed: Value = serde_json::from_str(&listed.said).unwrap();
            let is_there = listed[0]["viewers"] == 1;
            is_there.then(|| listed[0]["session_id"].as_str().unwrap().to_owned())
        });
        Self {
            plane,
            admin,
            ann,
            join,
            told,
            screen,
            session,
        }
    }

    fn secrets(&self) -> Vec<Secret> {
        let hub = |name: &str| fs::read(self.plane.path("hub").join(name)).unwrap();
        let node = |name: &str| -> Value {
            let text = fs::read(self.plane.path("here").join(name)).unwrap();
            serde_json::from_slice(&text).unwrap()
        };
        let told = |name: &str| self.told[name].as_str().unwrap();
        let seed: Vec<u8> = serde_json::from_value(node("node.key")).unwrap();
        let identity = node("identity.json");
        let mut secrets = vec![
            Secret::text("a password", ANNS, &[]),
            Secret::text("the administrator's password", PASSWORD, &[]),
            Secret::text("a ticket", told("ticket"), &[]),
            Secret::text("a viewer's key", told("key"), &[]),
            Secret::text("a code to enrol with", &self.join.code, &[]),
            Secret::text(
                "the node's token",
                identity["token"].as_str().unwrap(),
                &["identity.json"],
            ),
            Secret::key("the node's key", &seed, &["node.key"]),
            Secret::key("the key of tickets", &hub("ticket.key"), &["ticket.key"]),
            Secret::key("the key of jobs", &hub("job.key"), &["job.key"]),
            Secret::key(
                "the key of renewals",
                &hub("rotation.key"),
                &["rotation.key"],
            ),
            Secret::key(
                "the key of checkpoints",
                &hub("checkpoint.key"),
                &["checkpoint.key"],
            ),
        ];
        for person in [&self.admin, &self.ann] {
            let file = person.folder.path("config/hackstream/credentials.json");
            let kept: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
            let kept = &kept[format!("https://{}", self.plane.address)];
            for token in ["access_token", "refresh_token"] {
                let text = kept[token].as_str().unwrap();
                secrets.push(Secret::text("a token", text, &["credentials.json"]));
            }
        }
        secrets
    }

    /// Programs of ours that run now, by their names and numbers.
    fn programs(&self) -> Vec<(&'static str, i32)> {
        let number = |pid: rustix::process::Pid| pid.as_raw_nonzero().get();
        let record = self.plane.node().file(&self.session, "state.json");
        let keeper = record["keeper"]["pid"].as_i64().unwrap();
        let server = fs::read_dir("/proc").unwrap().flatten().find_map(|place| {
            let seen = sight(&place.path())?;
            let exe = fs::read_link(place.path().join("exe")).ok()?;
            let is_it = exe.ends_with("hackstream-server")
                && seen.text.contains("hackstream-server\0run\0")
                && seen.text.contains(&self.session);
            is_it.then(|| place.file_name().to_str().unwrap().parse().unwrap())
        });
        let anns = self.ann.folder.processes();
        let of_ann = |name: &str| {
            let is_it = |pid: &i32| {
                let exe = fs::read_link(format!("/proc/{pid}/exe"));
                exe.is_ok_and(|exe| exe == program(name))
            };
            let mut numbers = anns.iter().map(|(number, _)| *number);
            numbers
                .find(is_it)
                .unwrap_or_else(|| panic!("no {name}: {anns:?}"))
        };
        vec![
            ("hackstreamd", number(self.plane.hub.pid())),
            ("hackstream-noded", number(self.plane.node().pid())),
            ("the keeper", i32::try_from(keeper).unwrap()),
            ("hackstream-server", server.expect("the server")),
            ("hackstream-view", of_ann("hackstream-view")),
            ("hackstream", of_ann("hackstream")),
        ]
    }
}

/// Has a person's viewer write down what it is told: in this file.
fn with_eavesdropper(person: &Person) -> PathBuf {
    let (script, file) = (person.folder.path("viewer"), person.folder.path("told"));
    let text = format!(
        "#!/bin/sh\numask 077\ncat > {file}.new\nexec 3< {file}.new\nmv {file}.new {file}\n\
         exec {viewer} \"$@\" <&3 3<&-\n",
        file = file.display(),
        viewer = program("hackstream-view").display()
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    let set = person.run(&["config", "set", "viewer", script.to_str().unwrap()], "");
    assert_eq!(set.code, Some(0), "{set:?}");
    file
}

#[test]
fn no_secret_is_anywhere_but_where_it_has_to_be() {
    let watch = Watch::begin();
    let mut scene = Scene::new();
    let mut secrets = scene.secrets();
    // The page stands in the command of the application, whom that is passed to by the server, and in
    // that of whoever asks for it. The hub has it until the node has taken it up, its last change until it
    // is written over.
    let page = Secret {
        programs: &["hackstream", SESSION],
        ..Secret::text(
            "a page",
            URL,
            &["spec.json", "hub.sqlite-wal", "recent.json"],
        )
    };
    secrets.push(page);
    for (name, number) in scene.programs() {
        let limits = fs::read_to_string(format!("/proc/{number}/limits")).unwrap();
        let core = limits
            .lines()
            .find_map(|line| line.strip_prefix("Max core file size"));
        let core: Vec<&str> = core.unwrap().split_whitespace().take(2).collect();
        assert_eq!(
            core,
            ["0", "0"],
            "{name} would leave an image of its memory"
        );
    }
    let spec = scene
        .plane
        .node()
        .file(&scene.session, "spec.json")
        .to_string();
    assert!(
        spec.contains(URL),
        "what is looked for is not where it should be: {spec}"
    );
    for folder in [
        scene.plane.path("."),
        scene.ann.folder.path("."),
        scene.admin.folder.path("."),
    ] {
        let count = look_through(&folder, &secrets);
        assert!(count >= 2, "{count} files in {}", folder.display());
    }

    scene.screen.interrupt();
    scene.screen.expect("The session goes on");
    let log = scene.ann.run(&["logs", &scene.session], "");
    assert!(log.said.contains("viewer joined"), "{log:?}");
    let stopped = scene.ann.run(&["stop", &scene.session], "");
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    scene.plane.wait_until_no_session_is_left();
    let audit = scene.admin.control(&["audit", "list", "--json"], "");
    assert!(audit.said.contains("session.end"), "{audit:?}");
    scene.plane.hub.signal(Signal::TERM);
    let hub = scene.plane.hub.wait();
    let sights = watch.end();

    look_at("the session's log", &log.said, &secrets);
    look_at("the audit log", &audit.said, &secrets);
    look_at("the hub", &hub.stderr.join("\n"), &secrets);
    look_at(
        "the node",
        &scene.plane.node().said().all().join("\n"),
        &secrets,
    );
    for program in [
        "hackstreamd",
        "hackstream-noded",
        SESSION,
        "hackstream-view",
        "hackstream",
    ] {
        assert!(
            sights.iter().any(|sight| sight.program == program),
            "{program} was not seen"
        );
    }
    for sight in &sights {
        for secret in &secrets {
            let may = secret.programs.contains(&sight.program.as_str());
            assert!(
                may || !secret.is_in(&sight.text),
                "{} shows {}: {}",
                sight.program,
                secret.what,
                sight.text
            );
        }
    }
    // When all is over, the page is on Ann's machine alone.
    for secret in secrets.iter_mut().filter(|secret| secret.what == "a page") {
        secret.files = &[];
    }
    look_through(&scene.plane.path("."), &secrets);
}
