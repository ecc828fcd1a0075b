//! Warm pools of many applications, when much happens at once.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::Request;
use hackstream_control_api::account::Role;
use hackstream_control_api::time::Seconds;
use hackstream_hub::audit::Actor;
use hackstream_hub::auth::password::Passwords;
use hackstream_hub::deeds::admin;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::Test;
use crate::harness::{Api, PASSWORD, Reply, answer, request};

pub(crate) const TESTS: &[Test] = &[
    (
        "twenty_pools_of_25_serve_exactly_500",
        twenty_pools_of_25_serve_exactly_500,
    ),
    (
        "a_node_starts_two_at_once_of_all_pools",
        a_node_starts_two_at_once_of_all_pools,
    ),
    (
        "a_burst_of_sizes_ends_where_the_last_one_says",
        a_burst_of_sizes_ends_where_the_last_one_says,
    ),
    (
        "what_fails_takes_no_place_of_what_does_not",
        what_fails_takes_no_place_of_what_does_not,
    ),
    (
        "nobody_gets_what_was_started_before_a_change",
        nobody_gets_what_was_started_before_a_change,
    ),
];

const KEY: &str = "abababababababababababababababababababababababababababababababab";
/// What the hub does at once for people, with room for others.
const WAVE: usize = 150;

fn app(number: usize) -> String {
    format!("app-{number}")
}

/// Nodes that run whatever the pools want.
struct Fleet<'a> {
    api: &'a Api,
    apps: Vec<String>,
    nodes: Vec<Worker>,
    admin: String,
    /// What they cannot start.
    failing: Option<String>,
    /// All that they had to start, by the session.
    boots: BTreeMap<String, Value>,
}

struct Worker {
    token: String,
    sessions: BTreeMap<String, Value>,
    told: u64,
}

impl<'a> Fleet<'a> {
    fn new(api: &'a Api, apps: usize, nodes: &[&'static str]) -> Self {
        let admin = api.token("admin");
        let apps: Vec<_> = (0..apps).map(app).collect();
        for id in &apps {
            let app = json!({ "id": id, "title": id, "roles": ["user"] });
            api.call("PUT", &format!("/v1/apps/{id}"), &admin, app).ok();
            api.wait(Seconds(1));
        }
        let quota = json!({ "max_sessions": 100 });
        api.call("PUT", "/v1/quotas/default", &admin, quota).ok();
        let worker = |name: &&'static str| Worker {
            token: api.node(name).1,
            sessions: BTreeMap::new(),
            told: 0,
        };
        let mut fleet = Self {
            apps,
            nodes: nodes.iter().map(worker).collect(),
            admin,
            failing: None,
            boots: BTreeMap::new(),
            api,
        };
        fleet.report();
        fleet
    }

    fn size(&self, app: &str, size: u32) -> Request<Body> {
        let body = json!({ "min": size, "max": size }).to_string();
        request("PUT", &format!("/v1/pool/{app}"), &self.admin, &[], body)
    }

    fn report(&mut self) {
        for node in &self.nodes {
            let sessions: Vec<_> = node.sessions.values().collect();
            let report = json!({ "version": "test", "last_seq": node.told, "limits_enforced": true,
                "apps": self.apps, "sessions": sessions,
                "capacity": { "memory_bytes": 1_u64 << 50, "memory_allocatable": 1_u64 << 50,
                    "cpu_millis": 1_000_000, "cpu_allocatable": 1_000_000, "max_sessions": 1000 } });
            self.api.post("/v1/node/report", &node.token, report).ok();
        }
    }

    /// Longer than a pool stands back after failures; and than an access token is good.
    fn wait(&mut self) {
        self.api.wait(Seconds::minutes(10));
        self.admin = self.api.token("admin");
        self.report();
    }

    /// Nodes do what they are told; how many sessions each had to start.
    fn work(&mut self) -> Vec<usize> {
        let mut started = Vec::new();
        for node in &mut self.nodes {
            let jobs = self.api.jobs(&node.token);
            started.push(jobs.iter().filter(|job| job["kind"] == "boot").count());
            for job in &jobs {
                let id = job["session"].as_str().unwrap().to_owned();
                let mut outcome = "done";
                match job["kind"].as_str() {
                    Some("boot") if self.failing.as_deref() == job["app"].as_str() => {
                        self.boots.insert(id, job.clone());
                        outcome = "failed";
                    }
                    Some("boot") => {
                        self.boots.insert(id.clone(), job.clone());
                        let ready = json!({ "session": id, "state": "ready", "since": 1,
                            "server_spki": KEY,
                            "address": { "host": "a.example", "port": 14500, "sni": "x" } });
                        node.sessions.insert(id, ready);
                    }
                    Some("stop") => drop(node.sessions.remove(&id)),
                    _ => {}
                }
                node.told = node.told.max(job["seq"].as_u64().unwrap());
                self.api.done(&node.token, job, outcome);
            }
        }
        self.api.wait(Seconds(1));
        self.report();
        started
    }

    /// Until the pools want nothing more.
    fn settle(&mut self) {
        loop {
            let tended = self.api.tend();
            let started = self.work();
            assert!(started.iter().all(|many| *many <= 2), "{started:?}");
            if tended.started + tended.ended == 0 && started.iter().sum::<usize>() == 0 {
                return;
            }
        }
    }

    /// What was started of an application, with the jobs.
    fn started(&self, app: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.boots.iter().filter(move |(_, job)| job["app"] == app)
    }

    /// Other bounds for what an application may use.
    fn change(&self, app: &str, pids: u64) -> Request<Body> {
        let resources = json!({ "memory_request": 1, "memory_limit": 2, "cpu_request": 1,
            "cpu_limit": 2, "pids": pids });
        let app = json!({ "id": app, "title": app, "roles": ["user"], "resources": resources });
        let path = format!("/v1/apps/{}", app["id"].as_str().unwrap());
        request("PUT", &path, &self.admin, &[], app.to_string())
    }

    fn pools(&self) -> Vec<Value> {
        let list = self.api.get("/v1/pool", &self.admin).ok();
        list.as_array().unwrap().clone()
    }

    /// Who starts sessions: each within what one may do at once.
    fn people(&self, count: usize) -> Vec<String> {
        let phc = Passwords::new().unwrap().hash(PASSWORD).unwrap();
        let person = |number: usize| {
            let draft = admin::Draft {
                username: format!("person-{number}"),
                phc: phc.clone(),
                role: Role::User,
                email: None,
                name: None,
            };
            self.api
                .write(move |tx| admin::add_user(tx, Actor::Operator, &draft));
            self.api.wait(Seconds(1));
            self.api.token(&format!("person-{number}"))
        };
        (0..count).map(person).collect()
    }
}

fn launch(token: &str, app: &str) -> Request<Body> {
    let wish = json!({ "app": app, "client_key": KEY }).to_string();
    request("POST", "/v1/sessions", token, &[], wish)
}

fn number(pool: &Value, name: &str) -> u64 {
    pool[name].as_u64().unwrap()
}

/// Thirty ask for each of twenty applications, of which 25 wait: 25 get one, nobody shares one, and the
/// others are started anew.
fn twenty_pools_of_25_serve_exactly_500(api: &mut Api) {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut fleet = Fleet::new(api, 20, &names);
    for app in fleet.apps.clone() {
        fleet.api.raw(fleet.size(&app, 25)).ok();
    }
    fleet.settle();
    assert!(fleet.pools().iter().all(|pool| number(pool, "ready") == 25));
    let waiting: BTreeSet<String> = fleet
        .nodes
        .iter()
        .flat_map(|node| node.sessions.keys().cloned())
        .collect();
    assert_eq!(waiting.len(), 500);

    let people = fleet.people(30);
    fleet.report();
    let wishes: Vec<_> = (0..600)
        .map(|wish| (people[wish % 30].clone(), fleet.apps[wish / 30].clone()))
        .collect();
    let mut hits = BTreeMap::<String, usize>::new();
    let (mut claimed, mut cold) = (BTreeSet::new(), 0);
    for wave in wishes.chunks(WAVE) {
        let replies = api.flood(wave.len(), |at| launch(&wave[at].0, &wave[at].1));
        for (reply, (_, app)) in replies.into_iter().zip(wave) {
            let was_warm = reply.status == 201;
            let launched = reply.ok();
            let id = launched["session_id"].as_str().unwrap().to_owned();
            assert_eq!(was_warm, waiting.contains(&id), "{launched}");
            if was_warm {
                *hits.entry(app.clone()).or_default() += 1;
                assert!(claimed.insert(id), "two people share a session");
            } else {
                cold += 1;
            }
        }
    }
    assert_eq!((claimed.len(), cold), (500, 100));
    assert!(hits.values().all(|many| *many == 25), "{hits:?}");
}

/// However many applications have pools: people's own starts come first.
fn a_node_starts_two_at_once_of_all_pools(api: &mut Api) {
    let mut fleet = Fleet::new(api, 5, &["a"]);
    for app in fleet.apps.clone() {
        fleet.api.raw(fleet.size(&app, 4)).ok();
    }
    // Once more before anything has started.
    assert_eq!(fleet.api.tend().started, 2);
    assert_eq!(fleet.api.tend().started, 0);
    assert_eq!(fleet.work(), [2]);
    // No application waits until another has all of its own.
    for _ in 0..4 {
        fleet.api.tend();
        fleet.work();
    }
    let all = fleet.pools();
    assert!(all.iter().all(|pool| number(pool, "ready") == 2), "{all:?}");
    fleet.settle();
    assert!(fleet.pools().iter().all(|pool| number(pool, "ready") == 4));
}

/// Sizes, ticks and people at once, in any order: there are never more than were wanted, and one tick
/// after the last there are none too many.
fn a_burst_of_sizes_ends_where_the_last_one_says(api: &mut Api) {
    let mut fleet = Fleet::new(api, 3, &["a", "b", "c"]);
    let alice = api.token("alice");
    let sizes = [9_u32, 2, 14, 0, 5, 20, 1, 7, 3, 11, 0, 6];
    for (round, size) in sizes.into_iter().enumerate() {
        let (of, other) = (&fleet.apps[round % 3], &fleet.apps[(round + 1) % 3]);
        let requests = [
            fleet.size(of, size),
            launch(&alice, of),
            fleet.size(other, 20 - size),
            launch(&alice, other),
            fleet.size(other, size),
        ];
        let replies = together(api, requests.into());
        assert!(
            replies.iter().all(|reply| reply.status < 300),
            "{replies:?}"
        );
        api.tend();
        for pool in fleet.pools() {
            let there = number(&pool, "ready") + number(&pool, "starting");
            assert!(there <= number(&pool, "wanted"), "round {round}: {pool}");
        }
        fleet.work();
    }
    for app in fleet.apps.clone() {
        api.raw(fleet.size(&app, 4)).ok();
    }
    fleet.settle();
    let all = fleet.pools();
    let is_full = |pool: &Value| number(pool, "ready") == number(pool, "wanted");
    assert!(all.iter().all(is_full), "{all:?}");
    // What is not wanted any more goes in one tick, and what was given away stays.
    let warm: u64 = all.iter().map(|pool| number(pool, "ready")).sum();
    for app in fleet.apps.clone() {
        api.post(&format!("/v1/pool/{app}/pause"), &fleet.admin, Value::Null)
            .ok();
    }
    assert_eq!(api.tend().ended, warm);
    fleet.work();
    let own = api.get("/v1/sessions?limit=200", &alice).ok();
    let lives = |session: &&Value| session["state"] != "stopped" && session["state"] != "failed";
    assert_eq!(own.as_array().unwrap().iter().filter(lives).count(), 24);
}

/// An application that never starts, beside others: it is left alone after some failures, and the others
/// are all there by then. When it works again, so is it.
fn what_fails_takes_no_place_of_what_does_not(api: &mut Api) {
    const SIZE: u32 = 6;
    let mut fleet = Fleet::new(api, 4, &["a", "b", "c"]);
    let failing = fleet.apps[0].clone();
    fleet.failing = Some(failing.clone());
    for app in fleet.apps.clone() {
        fleet.api.raw(fleet.size(&app, SIZE)).ok();
    }
    fleet.settle();
    for pool in fleet.pools() {
        let (ready, failures) = (number(&pool, "ready"), number(&pool, "failures"));
        if pool["app"] == failing {
            assert!(ready == 0 && failures >= 3, "{pool}");
            assert!(pool["held_until"].as_u64() > Some(api.now()), "{pool}");
        } else {
            assert_eq!((ready, failures), (u64::from(SIZE), 0), "{pool}");
        }
    }
    // Three failures, and what was under way on three nodes meanwhile.
    let tried = |fleet: &Fleet| {
        let boots = fleet.boots.values();
        boots.filter(|job| job["app"] == failing).count()
    };
    let first = tried(&fleet);
    assert!((3..=3 + 6).contains(&first), "{first}");
    // Again after a while, and as soon again not.
    fleet.wait();
    fleet.settle();
    let second = tried(&fleet) - first;
    assert!((1..=6).contains(&second), "{second}");

    fleet.failing = None;
    fleet.wait();
    fleet.settle();
    for pool in fleet.pools() {
        assert_eq!(number(&pool, "ready"), u64::from(SIZE), "{pool}");
        assert_eq!(number(&pool, "failures"), 0, "{pool}");
    }
}

/// What an application may use changes while people ask for it: whoever asks afterwards gets a session
/// of the new kind, and in the end no other one waits.
fn nobody_gets_what_was_started_before_a_change(api: &mut Api) {
    let mut fleet = Fleet::new(api, 2, &["a", "b", "c"]);
    for app in fleet.apps.clone() {
        fleet.api.raw(fleet.size(&app, 8)).ok();
    }
    fleet.settle();
    let people = fleet.people(3);
    fleet.report();
    let mut warm = 0;
    for round in 0..8_u64 {
        let app = fleet.apps[(round % 2) as usize].clone();
        let old: BTreeSet<String> = fleet.started(&app).map(|(id, _)| id.clone()).collect();
        let mut requests = vec![fleet.change(&app, 100 + round)];
        requests.extend(people.iter().map(|token| launch(token, &app)));
        for reply in together(api, requests) {
            reply.ok();
        }
        // The nodes have started some of the new ones by then, in some rounds.
        if round % 3 == 0 {
            api.tend();
            fleet.work();
        }
        for reply in api.flood(people.len(), |at| launch(&people[at], &app)) {
            let was_warm = reply.status == 201;
            let launched = reply.ok();
            let id = launched["session_id"].as_str().unwrap();
            assert!(!old.contains(id), "round {round}: {launched}");
            warm += usize::from(was_warm);
        }
        fleet.work();
        if round % 2 == 1 {
            fleet.settle();
        }
    }
    assert!(warm > 0, "nobody has got one that waited");
    fleet.settle();
    assert!(fleet.pools().iter().all(|pool| number(pool, "ready") == 8));
    let waiting: BTreeSet<&String> = fleet
        .nodes
        .iter()
        .flat_map(|node| node.sessions.keys())
        .collect();
    for (app, last) in fleet.apps.iter().zip([106, 107]) {
        let is_warm = |job: &Value| job["owner"].is_null();
        let kept = fleet
            .started(app)
            .filter(|(id, job)| waiting.contains(id) && is_warm(job));
        let of_last = kept.filter(|(_, job)| job["resources"]["pids"] == last);
        assert!(of_last.count() >= 8, "{app}");
    }
}

/// Requests at the same time, beside the tending of the pools.
fn together(api: &Api, requests: Vec<Request<Body>>) -> Vec<Reply> {
    let calls: Vec<_> = requests
        .into_iter()
        .map(|request| api.runtime.spawn(answer(api.router.clone(), request)))
        .collect();
    api.tend();
    let wait = |call: JoinHandle<Reply>| api.runtime.block_on(call).unwrap();
    calls.into_iter().map(wait).collect()
}
