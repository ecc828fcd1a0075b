//! Hub, agent, keeper and server killed between any two steps that belong together, one after the other:
//! afterwards there is what the hub says there is, and who was not concerned, with a viewer at it, has
//! noticed nothing.
//!
//! `HACKSTREAM_CRASH_ROUNDS` says how often each place is died at; once if nothing is said.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use hackstream_e2e::keyboard::type_text;
use hackstream_e2e::plane::reality::agree;
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, Plane};
use hackstream_e2e::process::Lines;
use hackstream_e2e::wait_until;
use hackstream_failpoint::LAST_WORDS;
use hackstream_node::driver::local::processes::children;
use hackstream_view::headless::{LinkState, Viewer};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// What is being done when somebody dies.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Launch,
    Stop,
    /// A pool gets its sessions.
    Warm,
    /// Somebody gets the session that waits.
    Claim,
}

use Deed::{Claim, Launch, Stop, Warm};

const HUB: &[(&str, Deed)] = &[
    ("hub.launch.decided", Launch),
    ("hub.launch.committed", Launch),
    ("hub.jobs.given", Launch),
    ("hub.result.heard", Launch),
    ("hub.report.heard:2", Launch),
    ("hub.stop.committed", Stop),
    ("hub.jobs.given", Stop),
    ("hub.result.heard", Stop),
    ("hub.pool.started", Warm),
    ("hub.pool.started:2", Warm),
    ("hub.claim.decided", Claim),
];

const AGENT: &[(&str, Deed)] = &[
    ("node.job.received", Launch),
    ("node.job.accepted", Launch),
    ("node.boot.folder", Launch),
    ("node.boot.spec", Launch),
    ("node.boot.means", Launch),
    ("node.boot.keeper", Launch),
    ("node.job.begun", Launch),
    ("node.job.taken", Launch),
    ("node.job.finished", Launch),
    ("node.job.told", Launch),
    ("node.job.accepted", Stop),
    ("node.stop.ordered", Stop),
    ("node.job.taken", Stop),
    ("node.job.finished", Stop),
    ("node.forget.told", Stop),
    ("node.forget.renamed", Stop),
    ("node.claim.remembered", Claim),
];

const KEEPER: &[(&str, Deed)] = &[
    ("keeper.start.born", Launch),
    ("keeper.start.recorded", Launch),
    ("keeper.start.sandboxed", Launch),
    ("keeper.start.connected", Launch),
    ("keeper.start.ready", Launch),
    ("keeper.end.ordered", Stop),
    ("keeper.end.tidied", Stop),
];

/// How many sessions a pool gets: more than are started at once.
const WARM: usize = 3;

/// When a session's server dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// While the session starts.
    Start,
    /// While it is there to be used.
    Use,
    /// While it ends.
    Stop,
}

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Hub,
    /// The agent, or a keeper that it starts.
    Agent,
}

/// A plane with a session that nobody is to disturb.
struct Scene {
    plane: Plane,
    token: String,
    bystander: String,
    /// Its record: none of it may change.
    record: Value,
    /// Who looks at it all the time; nobody before it is there.
    viewer: Option<Viewer>,
    launches: u32,
}

impl Scene {
    fn new() -> Self {
        let plane = Plane::with_node(&Node {
            max_sessions: 6,
            ..Node::default()
        });
        let token = plane.log_in();
        let mut scene = Self {
            plane,
            token,
            bystander: String::new(),
            record: Value::Null,
            viewer: None,
            launches: 0,
        };
        scene.ok("PUT", "/v1/quotas/default", &json!({ "max_sessions": 6 }));
        scene.bystander = scene.launch().expect("a session");
        scene.wait_for_launch();
        scene.record = scene.look_at_bystander();
        assert_eq!(scene.record["life"]["is"], "ready");
        let invitation = Invitation::ask(&scene.plane, &scene.bystander, &scene.token);
        scene.viewer = Some(invitation.follow(None));
        scene.use_bystander();
        scene
    }

    /// Types at the bystander's viewer, and waits until it shows that.
    fn use_bystander(&self) {
        let viewer = self.viewer.as_ref().expect("a viewer");
        assert_eq!(viewer.link(), LinkState::Live);
        let before = viewer.frames_applied();
        wait_until("something new to come", || {
            // The first ones may come before the terminal takes them.
            type_text(viewer, "x");
            (viewer.frames_applied() > before).then_some(())
        });
        assert_eq!(viewer.link(), LinkState::Live);
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        self.plane.ok(method, path, &self.token, body)
    }

    fn look_at_bystander(&mut self) -> Value {
        let name = self.bystander.clone();
        self.plane.agent().file(&name, "state.json")
    }

    /// A wish for a session, and the same wish again where nobody answered; which session it is.
    fn launch(&mut self) -> Option<String> {
        self.launches += 1;
        self.launch_again()
    }

    fn launch_again(&self) -> Option<String> {
        let key = format!("launch-{}", self.launches);
        let wish = json!({ "app": "browser" });
        let asked = self
            .plane
            .try_to_ask("POST", "/v1/sessions", &self.token, &wish, &key);
        let (status, launched) = asked?;
        assert!((200..300).contains(&status), "{status} {launched}");
        Some(launched["session_id"].as_str().unwrap().to_owned())
    }

    /// Until hub and machine agree, and there is a session beside those that were there before.
    fn wait_for_launch(&mut self) -> String {
        let live = self.agree();
        live.into_iter()
            .find(|name| *name != self.bystander || self.record.is_null())
            .expect("a session")
    }

    fn agree(&mut self) -> std::collections::BTreeSet<String> {
        agree(&self.plane, &[self.plane.node()], &self.token)
    }

    fn pool(&self, size: u32) {
        let size = json!({ "min": size, "max": size });
        self.ok("PUT", "/v1/pool/browser", &size);
    }

    /// Ends all but the bystander, and waits until nothing of it is left.
    fn clear(&mut self) {
        self.pool(0);
        for name in self.agree() {
            if name != self.bystander {
                self.ok("POST", &format!("/v1/sessions/{name}/stop"), &Value::Null);
            }
        }
        wait_until("an end of all others", || {
            let sessions = self.ok("GET", "/v1/sessions?limit=200", &Value::Null);
            let is_over = |each: &Value| each["state"] == "stopped" || each["state"] == "failed";
            let left = sessions
                .as_array()
                .unwrap()
                .iter()
                .filter(|each| !is_over(each));
            (left.count() == 1).then_some(())
        });
        self.agree();
    }

    /// Has somebody die at a place while something is done.
    fn die(&mut self, who: Who, place: &str, deed: Deed) {
        // A keeper has what its agent had when that started it.
        let mut said = None;
        if place.starts_with("keeper.") {
            said = Some(self.restart(who, Some(place)));
        }
        let prepared = match deed {
            Launch | Warm => None,
            Stop => {
                self.launch().expect("a session");
                Some(self.wait_for_launch())
            }
            Claim => {
                self.pool(1);
                self.wait_for_pool(1);
                None
            }
        };
        let said = said.unwrap_or_else(|| self.restart(who, Some(place)));
        match (deed, &prepared) {
            (Launch | Claim, _) => drop(self.launch()),
            (Warm, _) => {
                let size = json!({ "min": WARM, "max": WARM });
                drop(self.try_to("PUT", "/v1/pool/browser", &size));
            }
            (Stop, name) => {
                let path = format!("/v1/sessions/{}/stop", name.as_ref().unwrap());
                self.try_to("POST", &path, &Value::Null);
            }
        }
        let name = place.split(':').next().unwrap();
        wait_until(&format!("the death at {name}: {:?}", said.all()), || {
            let words = format!("{LAST_WORDS}{name}");
            said.all().contains(&words).then_some(())
        });
        self.restart(who, None);
        if let Launch | Claim = deed {
            // A person whose launch got no answer asks again, and gets one session.
            let once = self.launch_again();
            assert_eq!(once, self.launch_again());
        }
        if let Warm = deed {
            self.wait_for_pool(WARM);
        }
        let live = self.agree();
        assert!(live.contains(&self.bystander));
        match deed {
            Stop => assert!(!live.contains(&prepared.unwrap()), "{live:?}"),
            Launch | Claim => assert!(live.len() <= 3, "{live:?}"),
            Warm => assert_eq!(live.len(), WARM + 1, "{live:?}"),
        }
        self.expect_bystander_unharmed();
    }

    fn expect_bystander_unharmed(&mut self) {
        assert_eq!(self.look_at_bystander(), self.record, "the bystander");
        self.use_bystander();
    }

    /// Has the server of a new session die, or, if there is none yet, what becomes it.
    fn lose_server(&mut self, moment: Moment) {
        let name = self.launch().expect("a session");
        if moment == Moment::Start {
            self.kill_server(&name);
        } else {
            assert_eq!(self.wait_for_launch(), name);
            if moment == Moment::Stop {
                let path = format!("/v1/sessions/{name}/stop");
                self.ok("POST", &path, &Value::Null);
            }
            self.kill_server(&name);
        }
        assert_eq!(self.agree(), [self.bystander.clone()].into());
        let session = self.ok("GET", &format!("/v1/sessions/{name}"), &Value::Null);
        match moment {
            // It may just have got ready.
            Moment::Start => assert_eq!(session["state"], "failed", "{session}"),
            Moment::Use => {
                assert_eq!(session["state"], "failed", "{session}");
                assert_eq!(session["stop_cause"], "crashed", "{session}");
            }
            Moment::Stop => assert_eq!(session["stop_cause"], "user", "{session}"),
        }
        self.expect_bystander_unharmed();
    }

    /// Kills what the first process of a session's sandbox has started, once there is something.
    fn kill_server(&self, session: &str) {
        let servers = wait_until("the server", || {
            let record = self.plane.node().file(session, "state.json");
            let init = i32::try_from(record["init"]["pid"].as_i64()?).ok()?;
            let servers = children(init);
            let is_over = record["life"]["is"] == "ended";
            (is_over || !servers.is_empty()).then_some(servers)
        });
        for server in servers.into_iter().filter_map(Pid::from_raw) {
            // It may just have ended by itself.
            let _ = kill_process(server, Signal::KILL);
        }
    }

    fn try_to(&self, method: &str, path: &str, body: &Value) -> Option<(u16, Value)> {
        self.plane.try_to_ask(method, path, &self.token, body, "")
    }

    fn wait_for_pool(&self, size: usize) {
        wait_until("warm sessions", || {
            let pools = self.ok("GET", "/v1/pool", &Value::Null);
            (pools[0]["ready"] == size).then_some(())
        });
    }

    /// Kills one of them, if it lives, and starts it again: what it says then.
    fn restart(&mut self, who: Who, die_at: Option<&str>) -> Lines {
        match who {
            Who::Hub => {
                self.plane.kill_hub();
                self.plane.start_hub(die_at);
                self.plane.hub.stderr.clone()
            }
            Who::Agent => {
                self.plane.agent().kill();
                self.plane.agent().start(die_at);
                self.plane.agent().said()
            }
        }
    }
}

fn rounds() -> u32 {
    let set = std::env::var("HACKSTREAM_CRASH_ROUNDS").ok();
    set.map_or(1, |text| text.parse().expect("a number"))
}

fn all_places(who: Who, places: &[(&str, Deed)]) {
    for round in 0..rounds() {
        let mut scene = Scene::new();
        for (place, deed) in places {
            eprintln!("round {round}: {place} during {deed:?}");
            scene.die(who, place, *deed);
            scene.clear();
        }
    }
}

#[test]
fn the_hub_dies() {
    all_places(Who::Hub, HUB);
}

#[test]
fn the_agent_dies() {
    all_places(Who::Agent, AGENT);
}

#[test]
fn keepers_die() {
    all_places(Who::Agent, KEEPER);
}

#[test]
fn servers_die() {
    for round in 0..rounds() {
        let mut scene = Scene::new();
        for moment in [Moment::Start, Moment::Use, Moment::Stop] {
            eprintln!("round {round}: {moment:?}");
            scene.lose_server(moment);
        }
    }
}
