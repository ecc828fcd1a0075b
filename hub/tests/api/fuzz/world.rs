//! Those who ask, and what goes on beside them: a node that does what it is told.

use std::sync::atomic::Ordering;

use hackstream_control_api::id::NodeId;
use hackstream_control_api::time::Seconds;
use hackstream_hub::auth::password::Passwords;
use serde_json::{Value, json};

use super::values::Known;
use crate::harness::{Api, PASSWORD};

/// The name under which those sessions of the administrator are known that can be connected to.
pub(super) const READY: &str = "a ready session";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    Nobody,
    User,
    Auditor,
    Admin,
    /// A program of the administrator's, which may see and change users.
    Program,
    Node,
}

impl Asker {
    pub(super) const ALL: [Self; 6] = [
        Self::Nobody,
        Self::User,
        Self::Auditor,
        Self::Admin,
        Self::Program,
        Self::Node,
    ];

    /// Whose token it is.
    pub(super) const fn account(self) -> Option<&'static str> {
        match self {
            Self::User => Some("alice"),
            Self::Auditor => Some("auditor"),
            Self::Admin | Self::Program => Some("admin"),
            Self::Nobody | Self::Node => None,
        }
    }
}

/// A hub with its people and nodes.
pub(super) struct World<'a> {
    pub(super) api: &'a mut Api,
    pub(super) known: Known,
    tokens: Vec<(Asker, String)>,
    /// The node that behaves, and its sessions.
    good: String,
    /// Its id, and that of the other one, in whose name anything is said.
    ids: [NodeId; 2],
    sessions: Vec<Value>,
    told: u64,
    phc: String,
}

impl<'a> World<'a> {
    pub(super) fn new(api: &'a mut Api) -> Self {
        let (good_id, good) = api.node("good");
        let (other_id, other) = api.node("other");
        let mut world = Self {
            known: Known::default(),
            tokens: vec![(Asker::Nobody, String::new()), (Asker::Node, other)],
            good,
            ids: [good_id, other_id],
            sessions: Vec::new(),
            told: 0,
            phc: Passwords::new().unwrap().hash(PASSWORD).unwrap(),
            api,
        };
        world.mend();
        world
    }

    pub(super) fn token(&self, asker: Asker) -> &str {
        let of = |entry: &&(Asker, String)| entry.0 == asker;
        &self.tokens.iter().find(of).unwrap().1
    }

    /// Time goes on, so that rates are kept.
    pub(super) fn tick(&self) {
        self.api.clock.fetch_add(700, Ordering::SeqCst);
    }

    /// Makes everybody what they were, however they were changed, and logs them in anew.
    pub(super) fn mend(&mut self) {
        // What was tried too often before is forgotten by then.
        self.api.wait(Seconds::minutes(30));
        self.known.forget("code");
        for (name, role) in [
            ("admin", "admin"),
            ("auditor", "auditor"),
            ("alice", "user"),
            ("bob", "user"),
        ] {
            let phc = self.phc.clone();
            self.api.write(move |tx| {
                let sql = "UPDATE users SET role = ?1, password_phc = ?2, disabled_at = NULL \
                           WHERE username = ?3";
                Ok(tx.execute(sql, &[role.into(), (&phc).into(), name.into()])?)
            });
        }
        for asker in [Asker::User, Asker::Auditor, Asker::Admin] {
            let tokens = self.api.login(asker.account().unwrap());
            self.known.learn("refresh_token", &tokens.refresh_token);
            self.set(asker, tokens.access_token);
        }
        let admin = self.token(Asker::Admin).to_owned();
        self.replace_nodes(&admin);
        let wish = json!({ "name": "fuzz", "scopes": ["users.read", "users.write", "metrics"] });
        let minted = self.api.post("/v1/tokens", &admin, wish).ok();
        self.set(Asker::Program, minted["token"].as_str().unwrap().to_owned());
        self.behave();
        self.settle(&admin);
        self.behave();
    }

    /// Others in the place of nodes that were taken out.
    fn replace_nodes(&mut self, admin: &str) {
        let nodes = self.api.get("/v1/nodes", admin).ok();
        let is_there = |id: NodeId| {
            let mut nodes = nodes.as_array().unwrap().iter();
            nodes.any(|node| node["id"] == id.to_string())
        };
        if !is_there(self.ids[0]) {
            (self.ids[0], self.good) = self.api.node("good");
            self.sessions.clear();
            self.told = 0;
        }
        if !is_there(self.ids[1]) {
            let (id, token) = self.api.node("other");
            self.ids[1] = id;
            self.set(Asker::Node, token);
        }
    }

    /// Room for sessions, and no session that nobody looks after.
    fn settle(&mut self, admin: &str) {
        let people = [Asker::Admin, Asker::User].map(|who| {
            let me = self.api.get("/v1/me", self.token(who)).ok();
            format!("user:{}", me["id"].as_str().unwrap())
        });
        for subject in ["default", &people[0], &people[1]] {
            let quota = json!({ "max_sessions": 50 });
            let path = format!("/v1/quotas/{subject}");
            self.api.call("PUT", &path, admin, quota).ok();
        }
        let app = json!({ "id": "browser", "title": "Firefox", "roles": ["user", "admin"] });
        self.api.call("PUT", "/v1/apps/browser", admin, app).ok();
        let nodes = self.api.get("/v1/nodes", admin).ok();
        let ids = nodes.as_array().unwrap().iter();
        let ids: Vec<_> = ids.map(|node| node["id"].as_str().unwrap()).collect();
        for id in &ids {
            self.known.learn("NodeId", id);
        }
        let sessions = self.api.get("/v1/sessions?limit=200", admin).ok();
        for session in sessions.as_array().unwrap() {
            if ["stopped", "failed"]
                .map(Value::from)
                .contains(&session["state"])
            {
                continue;
            }
            let id = session["session_id"].as_str().unwrap();
            let path = format!("/v1/sessions/{id}/stop");
            self.api.wait(Seconds(1));
            self.api.post(&path, admin, Value::Null);
        }
        // On the node that starts them.
        let good = self.ids[0].to_string();
        for id in &ids {
            let deed = if **id == good { "uncordon" } else { "cordon" };
            let path = format!("/v1/nodes/{id}/{deed}");
            self.api.post(&path, admin, Value::Null);
        }
        for who in [Asker::Admin, Asker::User] {
            self.launch(who);
        }
        for id in &ids {
            let path = format!("/v1/nodes/{id}/uncordon");
            self.api.post(&path, admin, Value::Null);
        }
    }

    fn launch(&mut self, who: Asker) {
        let token = self.token(who).to_owned();
        let own = self.api.get("/v1/me", &token);
        if let Some(id) = own.json["id"].as_str() {
            self.known.learn("UserId", id);
        }
        let wish = json!({ "app": "browser" });
        let launched = self.api.post("/v1/sessions", &token, wish);
        if let Some(id) = launched.json["session_id"].as_str() {
            self.known.learn("SessionId", id);
        }
    }

    fn set(&mut self, asker: Asker, token: String) {
        self.tokens.retain(|entry| entry.0 != asker);
        self.tokens.push((asker, token));
    }

    /// The good node does its jobs and reports.
    pub(super) fn behave(&mut self) {
        let jobs = self.api.jobs(&self.good);
        for job in &jobs {
            let session = &job["session"];
            self.known.learn("JobId", job["id"].as_str().unwrap());
            match job["kind"].as_str() {
                Some("boot") => self.sessions.push(ready(session)),
                Some("stop") => self.sessions.retain(|each| each["session"] != *session),
                _ => {}
            }
            self.told = self.told.max(job["seq"].as_u64().unwrap());
        }
        let sessions = Value::Array(self.sessions.clone());
        self.api.report(&self.good, self.told, sessions).ok();
        for job in &jobs {
            self.api.done(&self.good, job, "done");
        }
        self.learn_ready();
        if !self.known.has(READY) {
            self.launch(Asker::Admin);
        }
        // The other one has room again, whatever was said in its name.
        let other = self.token(Asker::Node).to_owned();
        for job in self.api.jobs(&other) {
            self.known.learn("JobId", job["id"].as_str().unwrap());
        }
    }

    fn learn_ready(&mut self) {
        let admin = self.token(Asker::Admin).to_owned();
        self.known.forget(READY);
        let own = self.api.get("/v1/me", &admin);
        let listed = self.api.get("/v1/sessions?limit=200", &admin);
        for session in listed.json.as_array().into_iter().flatten() {
            let can_connect = ["claimed", "running"]
                .map(Value::from)
                .contains(&session["state"]);
            if can_connect && session["user_id"] == own.json["id"] {
                let id = session["session_id"].as_str().unwrap();
                self.known.learn(READY, id);
            }
        }
    }
}

fn ready(session: &Value) -> Value {
    json!({ "session": session, "state": "ready", "since": 1, "server_spki": "0".repeat(64),
        "address": { "host": "a.example", "port": 14500, "sni": "x" } })
}
