//! What an administrator takes away is away: an account that is closed sees, keeps and does nothing more;
//! a limit on a session that nobody uses is kept on the machine that runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

use std::time::{Duration, Instant};

use hackstream_e2e::plane::reality::{Names, agree};
use hackstream_e2e::plane::visitor::Invitation;
use hackstream_e2e::plane::{Node, PASSWORD, Plane};
use hackstream_e2e::{PATIENCE, wait_until};
use hackstream_view::headless::LinkState;
use serde_json::{Value, json};

/// What is promised: from then on nothing of a closed account's sessions runs.
const GONE_WITHIN: Duration = Duration::from_secs(3);

/// Shows a page, or, where the page is called so, does all it can to stay.
const APPLICATION: &str = "case \"$1\" in *stubborn*) \
    trap '' TERM HUP INT; (setsid sh -c 'trap \"\" TERM HUP INT; sleep 1000; sleep 1000' &); xterm & \
    echo all there; while :; do sleep 1000; done;; \
    esac; exec xterm";

struct Scene {
    plane: Plane,
    admin: String,
}

impl Scene {
    fn new() -> Self {
        let plane = Plane::with_node(&Node {
            command: &["sh", "-c", APPLICATION, "application"],
            takes_url: true,
            max_sessions: 6,
            ..Node::default()
        });
        let admin = plane.log_in();
        Self { plane, admin }
    }

    fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        self.plane.ok(method, path, &self.admin, body)
    }

    fn log_in_as_ann(&self) -> String {
        let login = json!({ "username": "ann", "password": PASSWORD });
        let tokens = self.plane.ok("POST", "/v1/login", "", &login);
        text(&tokens["access_token"])
    }

    fn launch(&self, token: &str, page: &str) -> String {
        let wish = json!({ "app": "browser", "url": format!("https://{page}.example/") });
        let launched = self.plane.ok("POST", "/v1/sessions", token, &wish);
        text(&launched["session_id"])
    }

    fn agree(&self) -> Names {
        agree(&self.plane, &[self.plane.node()], &self.admin)
    }

    /// Rows of the audit log about the session, oldest first: what was done, and what is said of it.
    fn rows(&self, session: &str) -> Vec<(String, Value)> {
        let all = self.ok("GET", "/v1/audit?limit=200", &Value::Null);
        let all = all.as_array().unwrap();
        let mut rows: Vec<_> = { all.iter() }
            .filter(|row| row["session_id"] == session)
            .collect();
        rows.sort_by_key(|row| row["seq"].as_u64());
        let told = |row: &&Value| {
            let meta = serde_json::from_str(row["meta"].as_str().unwrap()).unwrap();
            (text(&row["action"]), meta)
        };
        rows.iter().map(told).collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// Three sessions, one of which does not want to end, viewers of two of them, and five tokens.
#[test]
fn a_closed_account_does_and_sees_nothing_more() {
    let scene = Scene::new();
    let user = json!({ "username": "ann", "password": PASSWORD, "role": "user" });
    let ann = text(&scene.ok("POST", "/v1/users", &user)["id"]);
    let mut tokens: Vec<String> = (0..3).map(|_| scene.log_in_as_ann()).collect();
    for name in ["one", "two"] {
        let wish = json!({ "name": name, "scopes": ["session.own"] });
        let minted = scene.plane.ok("POST", "/v1/tokens", &tokens[0], &wish);
        tokens.push(text(&minted["token"]));
    }
    let sessions = ["plain", "stubborn", "other"].map(|page| scene.launch(&tokens[0], page));
    let beside = scene.launch(&scene.admin, "beside");
    assert_eq!(scene.agree().len(), 4);
    wait_until("the stubborn ones", || {
        let log = scene.plane.node().log(&sessions[1]);
        log.contains("all there").then_some(())
    });
    let viewers = [&sessions[0], &sessions[1]]
        .map(|session| Invitation::ask(&scene.plane, session, &tokens[0]).follow(None));
    let bystander = Invitation::ask(&scene.plane, &beside, &scene.admin).follow(None);

    let begun = Instant::now();
    let disable = json!({ "disabled": true });
    scene.ok("PATCH", &format!("/v1/users/{ann}"), &disable);
    for token in &tokens {
        let (status, told) = scene.plane.ask("GET", "/v1/sessions", token, &Value::Null);
        assert_eq!(status, 401, "{told}");
    }
    assert_eq!(scene.agree(), Names::from([beside.clone()]));
    let took = begun.elapsed();
    eprintln!("gone after {took:?}");
    assert!(took < GONE_WITHIN, "{took:?}");

    for viewer in &viewers {
        let ended = viewer.wait_for_link(|link| link == LinkState::Ended, PATIENCE);
        assert!(ended, "{:?}", viewer.link());
    }
    assert_eq!(bystander.link(), LinkState::Live);
    let login = json!({ "username": "ann", "password": PASSWORD });
    let (status, _) = scene.plane.ask("POST", "/v1/login", "", &login);
    assert_eq!(status, 401);
    for session in &sessions {
        let rows = scene.rows(session);
        for action in ["session.stop", "session.end"] {
            let causes: Vec<_> = { rows.iter() }
                .filter(|(done, _)| done == action)
                .map(|(_, meta)| meta["cause"].clone())
                .collect();
            assert_eq!(causes, [json!("user_disabled")], "{action} of {rows:?}");
        }
    }
}

/// The limit is the quota's: from the administrator's word to the end on the node, and back into the log.
#[test]
fn a_session_that_nobody_uses_ends_as_its_quota_says() {
    let scene = Scene::new();
    let timers = json!({ "idle": 3, "disconnect": 0, "max_duration": 0 });
    scene.ok("PUT", "/v1/quotas/default", &json!({ "timers": timers }));
    let session = scene.launch(&scene.admin, "plain");
    assert_eq!(scene.agree(), Names::from([session.clone()]));
    let viewer = Invitation::ask(&scene.plane, &session, &scene.admin).follow(None);

    let path = format!("/v1/sessions/{session}");
    let stopped = wait_until("the end of the session", || {
        let session = scene.ok("GET", &path, &Value::Null);
        (session["state"] == "stopped").then_some(session)
    });
    assert_eq!(stopped["stop_cause"], "idle", "{stopped}");
    assert!(viewer.wait_for_link(|link| link == LinkState::Ended, PATIENCE));
    assert_eq!(scene.agree(), Names::new());
    let rows = scene.rows(&session);
    let ends: Vec<_> = { rows.iter() }
        .filter(|(action, _)| action == "session.end")
        .map(|(_, meta)| (meta["cause"].clone(), meta["state"].clone()))
        .collect();
    assert_eq!(ends, [(json!("idle"), json!("stopped"))], "{rows:?}");
    assert!(
        !rows.iter().any(|(action, _)| action == "session.stop"),
        "nobody stopped it: {rows:?}"
    );
}
