//! Every route, as every role, on one's own and on somebody else's: what comes of it stands in
//! `rbac.txt`. `HACKSTREAM_WRITE_RBAC=1` writes the file anew; look at what changed.

use std::fmt::Write as _;
use std::path::Path;

use hackstream_control_api::time::Seconds;
use hackstream_hub::access::{Declared, ROUTES};
use hackstream_hub::auth::token::{Kind, Token};
use hackstream_hub::deeds::login::{self, Granted};
use hackstream_hub::session::life::Event;
use hackstream_hub::store::Tx;
use hackstream_hub::tables::sessions;
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, PASSWORD};

pub(crate) const TESTS: &[Test] = &[(
    "the_matrix_is_as_it_was_agreed",
    the_matrix_is_as_it_was_agreed,
)];

/// Who asks.
#[derive(Clone, Copy)]
enum Asker {
    Anonymous,
    /// Somebody who has logged in.
    Person(&'static str),
    /// A program with a service token of somebody's, which has these scopes.
    Program(&'static str, &'static [&'static str]),
    Node,
}

const ASKERS: [(&str, Asker); 7] = [
    ("anonymous", Asker::Anonymous),
    ("user", Asker::Person("alice")),
    ("auditor", Asker::Person("auditor")),
    ("admin", Asker::Person("admin")),
    // One with everything that its owner may do, and one with a part of it.
    ("program", Asker::Program("alice", EVERYTHING)),
    ("scraper", Asker::Program("admin", &["metrics"])),
    ("node", Asker::Node),
];

/// What users may do.
const EVERYTHING: &[&str] = &[
    "account",
    "tokens",
    "session.create",
    "session.own",
    "apps.read",
    "audit.own",
];

impl Asker {
    /// Whose things are their own.
    const fn person(self) -> Option<&'static str> {
        match self {
            Self::Person(name) | Self::Program(name, _) => Some(name),
            Self::Anonymous | Self::Node => None,
        }
    }
}

/// What the `{id}` of a route names, where it may be somebody's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thing {
    Session,
    Token,
    Device,
    User,
    /// A job of a node.
    Job,
    /// A session of a node.
    Running,
}

impl Thing {
    fn of(route: &Declared) -> Option<Self> {
        let things = [
            ("/v1/sessions/{id}", Self::Session),
            ("/v1/tokens/{id}", Self::Token),
            ("/v1/me/devices/{id}", Self::Device),
            ("/v1/users/{id}", Self::User),
            ("/v1/node/jobs/{id}", Self::Job),
            ("/v1/node/logs/{id}", Self::Running),
        ];
        let found = things.iter().find(|(path, _)| route.path.starts_with(path));
        found.map(|(_, thing)| *thing)
    }
}

fn the_matrix_is_as_it_was_agreed(api: &mut Api) {
    let mut matrix =
        String::from("# route, whose: what each asker gets. Made by hub/tests/api/rbac.rs.\n");
    for route in ROUTES {
        let whose: &[&str] = match Thing::of(route) {
            Some(_) => &["own", "foreign"],
            None => &["-"],
        };
        for whose in whose {
            let outcomes =
                ASKERS.map(|(name, asker)| format!("{name}={}", outcome(api, route, asker, whose)));
            writeln!(
                matrix,
                "{} {} {whose}: {}",
                route.method,
                route.path,
                outcomes.join(" ")
            )
            .unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/rbac.txt");
    if std::env::var_os("HACKSTREAM_WRITE_RBAC").is_some() {
        std::fs::write(&file, &matrix).unwrap();
    }
    let agreed = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(matrix, agreed, "who may do what has changed");
}

/// What an asker gets: a status, where it succeeds or is not let in; `let in` where it is let in and
/// something else is wrong.
fn outcome(api: &mut Api, route: &Declared, asker: Asker, whose: &str) -> String {
    // Each with its own sessions, tokens and nodes: what one route voids must not change the next.
    api.wait(Seconds::minutes(11));
    let scene = Scene::new(api, asker);
    let path = scene.path(route, whose);
    let token = match (asker, whose) {
        (Asker::Anonymous, _) => String::new(),
        // Another than the one whose things are named.
        (Asker::Node, "foreign") => scene.new_node("other").1,
        (Asker::Node, _) => scene.node.1.clone(),
        (Asker::Person(_), _) => scene.login.clone(),
        (Asker::Program(_, scopes), _) => {
            let wish = json!({ "name": "a program", "scopes": scopes });
            let minted = api.post("/v1/tokens", &scene.login, wish).ok();
            minted["token"].as_str().unwrap().to_owned()
        }
    };
    let reply = api.call(route.method, &path, &token, body(route));
    if (Thing::of(route), whose) == (Some(Thing::Job), "foreign") {
        // Whatever the answer is: the job waits for its own node.
        let jobs = api.jobs(&scene.node.1);
        assert!(
            jobs.iter()
                .any(|job| path.contains(job["id"].as_str().unwrap()))
        );
    }
    cleanup(api);
    match reply.status {
        401 | 403 => reply.status.to_string(),
        404 if whose == "foreign" => "404".to_owned(),
        200..=299 => reply.status.to_string(),
        _ => {
            assert!(reply.status < 500 || reply.status == 503, "{reply:?}");
            format!("let-in({})", reply.code())
        }
    }
}

/// What there is when somebody asks: a node that is the only one alive, and a login of the asker's.
struct Scene<'a> {
    api: &'a Api,
    asker: Asker,
    login: String,
    /// Its id and token.
    node: (String, String),
}

impl<'a> Scene<'a> {
    fn new(api: &'a Api, asker: Asker) -> Self {
        let mut scene = Self {
            api,
            asker,
            login: String::new(),
            node: Default::default(),
        };
        scene.node = scene.new_node("node");
        if let Some(person) = asker.person() {
            scene.login = log_in(api, person);
        }
        scene
    }

    fn new_node(&self, name: &str) -> (String, String) {
        let name = format!("{name}{}", self.api.now());
        let (id, token) = self.api.node(Box::leak(name.into_boxed_str()));
        (id.to_string(), token)
    }

    fn path(&self, route: &Declared, whose: &str) -> String {
        let id = match Thing::of(route) {
            Some(thing) => self.id(thing, whose),
            None if route.path.contains("/nodes/") => self.node.0.clone(),
            None => "editor".to_owned(),
        };
        let path = route.path.replace("{id}", &id);
        path.replace("{app}", "browser")
            .replace("{subject}", "default")
            .replace("{role}", "user")
    }

    /// The id of the asker's own, or of Bob's; who has none cannot have one of their own.
    fn id(&self, thing: Thing, whose: &str) -> String {
        // Auditors start no sessions.
        let is_of_account = matches!(thing, Thing::Token | Thing::Device | Thing::User);
        let can_own = is_of_account || self.asker.person() != Some("auditor");
        let own = self.asker.person().filter(|_| whose == "own" && can_own);
        let owner = match own {
            Some(_) => self.login.clone(),
            None => log_in(self.api, "bob"),
        };
        let api = self.api;
        match thing {
            Thing::Session => self.ended(&api.launch(&owner)),
            Thing::Token => {
                let wish = json!({ "name": "x", "scopes": ["account"] });
                id_in(&api.post("/v1/tokens", &owner, wish).ok())
            }
            Thing::Device => id_in(&api.get("/v1/me/devices", &owner).ok()[0]),
            Thing::User => id_in(&api.get("/v1/me", &owner).ok()),
            Thing::Running => api.launch(&owner),
            Thing::Job => {
                api.launch(&owner);
                id_in(&api.jobs(&self.node.1)[0])
            }
        }
    }

    /// Ends a session, so that its events end, too.
    fn ended(&self, id: &str) -> String {
        let session = id.parse().unwrap();
        self.api.write(move |tx| {
            let mut stored = sessions::lock(tx, session)?.unwrap();
            sessions::advance(tx, &mut stored, Event::Missing)?;
            sessions::save(tx, &stored)
        });
        id.to_owned()
    }
}

/// An access token of a new login, without the hashing of a password: there are many here.
fn log_in(api: &Api, name: &'static str) -> String {
    let log_in = move |tx: &mut Tx<'_>| {
        let account = login::account(tx, name)?.unwrap();
        let granted = Granted {
            access: Token::random(Kind::Access)?,
            refresh: Token::random(Kind::Refresh)?,
            verified: account.phc,
            better: None,
            seen: None,
        };
        login::succeeded(tx, account.id, "test", &granted)
    };
    api.write(log_in).unwrap().access_token
}

fn id_in(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

pub(crate) fn body(route: &Declared) -> Value {
    match (route.method, route.path) {
        ("POST", "/v1/login") => json!({ "username": "alice", "password": PASSWORD }),
        ("POST", "/v1/token/refresh") => json!({ "refresh_token": "x" }),
        ("POST", "/v1/me/password") => json!({ "current": "x", "new": "x" }),
        ("POST", "/v1/tokens") => json!({ "name": "x", "scopes": ["account"] }),
        ("POST", "/v1/sessions") => json!({ "app": "browser" }),
        ("POST", "/v1/users") => json!({ "username": "-", "password": "x" }),
        ("POST", path) if path.ends_with("/connect") => json!({ "client_key": "0".repeat(64) }),
        ("PATCH", _) => json!({}),
        ("PUT", "/v1/apps/{id}") => json!({ "id": "editor", "title": "Editor", "roles": [] }),
        ("PUT", "/v1/quotas/{subject}") => json!({ "max_sessions": 3 }),
        ("PUT", "/v1/pool/{app}") => json!({ "min": 0, "max": 1 }),
        ("PUT", _) => json!({ "clipboard_in": true, "clipboard_out": true, "files": false,
            "sound": true, "microphone": false, "gpu": false, "egress": "internet", "quality_cap": "high" }),
        ("POST", "/v1/enroll-codes") => json!({ "name": "attic" }),
        ("POST", "/v1/node/enroll") => crate::nodes::arrival("hse_none", 1),
        ("POST", "/v1/node/jobs/{id}/result") => json!({ "outcome": "done" }),
        ("POST", "/v1/node/logs/{id}") => json!({ "offset": 0, "text": "x", "end": 1 }),
        ("POST", "/v1/node/report") => json!({ "version": "0", "last_seq": 0, "apps": [],
            "limits_enforced": true, "sessions": [], "capacity": { "memory_bytes": 1,
            "memory_allocatable": 1, "cpu_millis": 1, "cpu_allocatable": 1, "max_sessions": 1 } }),
        _ => Value::Null,
    }
}

/// Room for the next one in everybody's quota, and among their tokens.
fn cleanup(api: &Api) {
    api.write(|tx| {
        tx.execute("UPDATE sessions SET state = 'stopped'", &[])?;
        tx.execute("DELETE FROM tokens WHERE kind = 'service'", &[])?;
        Ok(())
    });
}
