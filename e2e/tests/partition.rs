//! Two nodes, one of them cut off from the hub, both ways or one: sessions go on, nobody gets what is
//! somebody else's, and afterwards all say the same.
//!
//! `HACKSTREAM_PARTITION_SECONDS` says for how long; beyond half a minute the hub takes the node for
//! silent. One of the tests always lasts so long, beside the others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::Duration;

use hackstream_e2e::plane::reality::agree;
use hackstream_e2e::plane::switch::{Switch, Way};
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Agent, Node, PASSWORD, Plane};
use hackstream_e2e::wait_until;
use hackstream_view::headless::LinkState;
use serde_json::{Value, json};

/// After so long a node is silent.
const SILENT: u64 = 30;

/// A node that can be cut off, and one that cannot.
struct Scene {
    near: Agent,
    far: Agent,
    switch: Switch,
    seconds: u64,
    admin: String,
    alice: String,
    plane: Plane,
}

impl Scene {
    fn new() -> Self {
        let plane = Plane::new();
        let switch = Switch::to(&plane.address);
        let node = Node {
            max_sessions: 6,
            ..Node::default()
        };
        let near = Agent::new(&plane, "near", &node, &format!("https://{}", plane.address));
        let far = Agent::new(
            &plane,
            "far",
            &node,
            &format!("https://{}", switch.address()),
        );
        let admin = plane.log_in();
        let user = json!({ "username": "alice", "password": PASSWORD, "role": "admin" });
        plane.ok("POST", "/v1/users", &admin, &user);
        let quota = json!({ "max_sessions": 6 });
        plane.ok("PUT", "/v1/quotas/default", &admin, &quota);
        let login = json!({ "username": "alice", "password": PASSWORD });
        let tokens = plane.ok("POST", "/v1/login", "", &login);
        let set = std::env::var("HACKSTREAM_PARTITION_SECONDS").ok();
        let scene = Self {
            near,
            far,
            switch,
            seconds: set.map_or(3, |text| text.parse().expect("a number")),
            alice: tokens["access_token"].as_str().unwrap().to_owned(),
            admin,
            plane,
        };
        wait_until("both nodes to report", || {
            let nodes = scene.ok("GET", "/v1/nodes", &Value::Null);
            let nodes = nodes.as_array().unwrap();
            nodes.iter().all(|node| node["alive"] == true).then_some(())
        });
        scene
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        self.plane.ok(method, path, &self.admin, body)
    }

    fn node(&self, name: &str) -> Value {
        let nodes = self.ok("GET", "/v1/nodes", &Value::Null);
        let mut nodes = nodes.as_array().unwrap().iter();
        nodes.find(|node| node["name"] == name).unwrap().clone()
    }

    /// What starts while `work` is done starts on this node.
    fn only<T>(&self, name: &str, work: impl FnOnce() -> T) -> T {
        let other = if name == "far" { "near" } else { "far" };
        let id = self.node(other)["id"].as_str().unwrap().to_owned();
        self.ok("POST", &format!("/v1/nodes/{id}/cordon"), &Value::Null);
        let done = work();
        self.ok("POST", &format!("/v1/nodes/{id}/uncordon"), &Value::Null);
        done
    }

    fn launch(&self, token: &str) -> Value {
        let wish = json!({ "app": "browser", "client_key": "ab".repeat(32) });
        self.plane.ok("POST", "/v1/sessions", token, &wish)
    }

    /// A session of the administrator's, once it can be connected to.
    fn session_on(&self, name: &str) -> String {
        let launched = self.only(name, || self.launch(&self.admin));
        let id = text(&launched["session_id"]);
        wait_until("the session", || {
            (self.session(&id)["state"] == "claimed").then_some(())
        });
        id
    }

    fn session(&self, id: &str) -> Value {
        self.ok("GET", &format!("/v1/sessions/{id}"), &Value::Null)
    }

    fn stop(&self, id: &str) {
        self.ok("POST", &format!("/v1/sessions/{id}/stop"), &Value::Null);
    }

    fn pool(&self, size: u32) {
        let size = json!({ "min": size, "max": size });
        self.ok("PUT", "/v1/pool/browser", &size);
    }

    fn agree(&self) -> Vec<String> {
        let live = agree(&self.plane, &[&self.near, &self.far], &self.admin);
        live.into_iter().collect()
    }

    /// While the node is cut off: as long as it is to be.
    fn wait(&self) {
        std::thread::sleep(Duration::from_secs(self.seconds));
        if self.seconds > SILENT {
            assert_eq!(self.node("far")["alive"], false);
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn a_node_that_is_cut_off_keeps_its_sessions_and_gives_none_away_twice() {
    let scene = Scene::new();
    let [kept, ended] = [(); 2].map(|()| scene.session_on("far"));
    let beside = scene.session_on("near");
    scene.only("far", || {
        scene.pool(1);
        wait_until("a warm session", || {
            let pools = scene.ok("GET", "/v1/pool", &Value::Null);
            (pools[0]["ready"] == 1).then_some(())
        });
    });
    let record = scene.far.file(&kept, "state.json");
    let viewer = Invitation::ask(&scene.plane, &kept, &scene.admin).follow(None);

    scene.switch.cut(&[Way::ToHub, Way::ToAgent]);
    // The hub does not know yet. What waits is given to one of two, and can be connected to.
    let [first, second] = [&scene.admin, &scene.alice].map(|who| scene.launch(who));
    assert_eq!(first["state"], "claimed", "{first}");
    assert_ne!(first["session_id"], second["session_id"]);
    scene.stop(&ended);
    scene.wait();
    assert_eq!(viewer.link(), LinkState::Live);
    assert_eq!(scene.far.file(&ended, "state.json")["life"]["is"], "ready");
    scene.pool(0);

    scene.switch.mend();
    let claimed = text(&first["session_id"]);
    wait_until("the node to hear of the claim", || {
        let memory = std::fs::read(scene.plane.path("far/agent.json")).unwrap();
        let memory: Value = serde_json::from_slice(&memory).unwrap();
        let owner = &memory["claims"][&claimed]["owner"];
        (*owner == scene.session(&claimed)["user_id"]).then_some(())
    });
    wait_until("the end of what was to end", || {
        (scene.session(&ended)["state"] == "stopped").then_some(())
    });
    let live = scene.agree();
    for session in [&kept, &beside, &claimed] {
        assert!(live.contains(session), "{session} of {live:?}");
    }
    // It may have been for the node that is cut off, and nobody waits for that for ever.
    let second = text(&second["session_id"]);
    assert!(
        live.contains(&second) || scene.seconds > SILENT,
        "{second} of {live:?}"
    );
    assert!(!live.contains(&ended), "{live:?}");
    assert_eq!(viewer.link(), LinkState::Live);
    assert_eq!(scene.far.file(&kept, "state.json"), record);
}

/// The hub hears the node, and the node hears nothing: it is told again until it does, and does once
/// what it was told.
#[test]
fn a_node_that_hears_nothing_does_afterwards_what_was_wanted() {
    let scene = Scene::new();
    let kept = scene.session_on("far");
    let record = scene.far.file(&kept, "state.json");
    scene.switch.cut(&[Way::ToAgent]);
    let [wanted, given_up] = scene.only("far", || {
        [(); 2].map(|()| text(&scene.launch(&scene.admin)["session_id"]))
    });
    scene.stop(&given_up);
    scene.wait();
    scene.switch.mend();
    let became = wait_until("the session that was wanted", || {
        let state = text(&scene.session(&wanted)["state"]);
        ["claimed", "failed"]
            .contains(&state.as_str())
            .then_some(state)
    });
    if scene.seconds > SILENT && became == "failed" {
        // Nobody waits any more for what was wanted so long ago.
        return;
    }
    assert_eq!(became, "claimed");
    let mut expected = [kept.clone(), wanted];
    expected.sort();
    assert_eq!(scene.agree(), expected);
    assert_eq!(scene.far.file(&kept, "state.json"), record);
    assert_eq!(scene.session(&given_up)["state"], "stopped");
}

/// The node hears the hub, and the hub hears nothing for so long that it takes the node for silent: it
/// gives it nothing new, and takes nothing for ended.
#[test]
fn a_node_that_is_not_heard_is_silent_and_keeps_what_it_has() {
    let mut scene = Scene::new();
    scene.seconds = scene.seconds.max(SILENT + 5);
    let [kept, ended] = [(); 2].map(|()| scene.session_on("far"));
    let record = scene.far.file(&kept, "state.json");
    let viewer = Invitation::ask(&scene.plane, &kept, &scene.admin).follow(None);
    wait_until("the hub to hear of the viewer", || {
        (scene.session(&kept)["state"] == "running").then_some(())
    });
    scene.switch.cut(&[Way::ToHub]);
    scene.stop(&ended);
    scene.wait();
    assert_eq!(scene.session(&kept)["state"], "running");
    assert_eq!(scene.session(&ended)["state"], "stopping");
    assert_eq!(viewer.link(), LinkState::Live);
    // The ticket needs no word of the node's: whoever has the session comes to it all the same.
    let second = Invitation::ask(&scene.plane, &kept, &scene.admin).follow(None);
    assert_eq!(second.link(), LinkState::Live);

    let wish = json!({ "app": "browser" });
    let launch = || {
        let asked = ("POST", "/v1/sessions");
        scene.plane.ask(asked.0, asked.1, &scene.admin, &wish)
    };
    // Neither is chosen, the one for its silence, and what is said of each is true.
    let (status, refused) = scene.only("far", launch);
    assert_eq!(
        (status, &refused["code"]),
        (503, &json!("no_capacity")),
        "{refused}"
    );
    let lacks: Vec<_> = { refused["nodes"].as_array().unwrap().iter() }
        .map(|node| (text(&node["node"]), text(&node["lacks"])))
        .collect();
    assert!(
        lacks.contains(&("far".to_owned(), "report".to_owned())),
        "{refused}"
    );
    let (status, launched) = launch();
    assert_eq!(status, 202, "{launched}");
    let elsewhere = text(&launched["session_id"]);
    wait_until("the session on the other node", || {
        (scene.session(&elsewhere)["state"] == "claimed").then_some(())
    });

    scene.switch.mend();
    wait_until("the node to be heard", || {
        (scene.node("far")["alive"] == true).then_some(())
    });
    wait_until("the end of what was to end", || {
        (scene.session(&ended)["state"] == "stopped").then_some(())
    });
    let mut expected = [kept.clone(), elsewhere];
    expected.sort();
    assert_eq!(scene.agree(), expected);
    assert_eq!(scene.far.file(&kept, "state.json"), record);
    assert_eq!(viewer.link(), LinkState::Live);
}
