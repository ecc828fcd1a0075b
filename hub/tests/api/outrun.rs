//! Whoever may not any more does nothing more, however long their request has been on its way.

use std::sync::mpsc;

use axum::body::{Body, Bytes};
use axum::http::Request;
use hackstream_control_api::account::{Role, UserChange};
use hackstream_control_api::id::UserId;
use hackstream_hub::access::{Access, Declared, ROUTES};
use hackstream_hub::audit::Actor;
use hackstream_hub::auth::token::{Kind, Token};
use hackstream_hub::deeds::login::{self, Granted};
use hackstream_hub::deeds::{admin, devices, fleet, who};
use hackstream_hub::fault::Fault;
use hackstream_hub::store::Tx;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Test;
use crate::harness::{Api, PASSWORD, Reply, answer, request};

pub(crate) const TESTS: &[Test] = &[
    (
        "who_is_closed_meanwhile_does_nothing_more",
        who_is_closed_meanwhile_does_nothing_more,
    ),
    (
        "who_is_demoted_meanwhile_makes_no_administrator",
        who_is_demoted_meanwhile_makes_no_administrator,
    ),
    (
        "a_stolen_token_mints_nothing_that_outlives_it",
        a_stolen_token_mints_nothing_that_outlives_it,
    ),
    (
        "a_reset_password_is_not_set_back",
        a_reset_password_is_not_set_back,
    ),
    (
        "an_old_password_that_waited_logs_nobody_in",
        an_old_password_that_waited_logs_nobody_in,
    ),
    (
        "a_node_with_another_token_is_another",
        a_node_with_another_token_is_another,
    ),
    (
        "two_administrators_change_each_other",
        two_administrators_change_each_other,
    ),
];

/// A request whose body comes when it is told to.
pub(crate) struct Held {
    go: oneshot::Sender<()>,
    reply: JoinHandle<Reply>,
}

impl Held {
    /// Sends the request, but for its body, for which somebody waits by then.
    pub(crate) fn new(api: &Api, mut request: Request<Body>, body: &Value) -> Self {
        let (polled, is_polled) = oneshot::channel();
        let (go, told) = oneshot::channel();
        let bytes = Bytes::from(body.to_string());
        let body = futures_util::stream::once(async move {
            let _ = polled.send(());
            // Whoever is dropped sends nothing.
            told.await
                .map(|()| bytes)
                .map_err(|_| std::io::Error::other("gone"))
        });
        *request.body_mut() = Body::from_stream(body);
        let reply = api.runtime.spawn(answer(api.router.clone(), request));
        api.runtime.block_on(is_polled).unwrap();
        Self { go, reply }
    }

    /// Sends the body; the answer.
    pub(crate) fn send(self, api: &Api) -> Reply {
        self.go.send(()).unwrap();
        api.runtime.block_on(self.reply).unwrap()
    }
}

fn held(api: &Api, path: &str, token: &str, body: &Value) -> Held {
    Held::new(api, request("POST", path, token, &[], String::new()), body)
}

fn id_of(api: &Api, token: &str) -> UserId {
    let me = api.get("/v1/me", token).ok();
    me["id"].as_str().unwrap().parse().unwrap()
}

fn change(api: &Api, id: UserId, change: UserChange, phc: Option<&'static str>) {
    api.write(move |tx| admin::change_user(tx, Actor::Operator, id, &change, phc));
}

fn closed() -> UserChange {
    UserChange {
        disabled: Some(true),
        ..UserChange::default()
    }
}

/// A second administrator with a session that runs, a token and a node: what the routes name.
struct Second {
    token: String,
    id: UserId,
    session: String,
    node: String,
    service: String,
}

impl Second {
    fn new(api: &Api) -> Self {
        let first = api.token("admin");
        let draft = json!({ "username": "second", "password": PASSWORD, "role": "admin" });
        api.post("/v1/users", &first, draft).ok();
        let (node, node_token) = api.node("a");
        let token = api.token("second");
        let session = api.launch(&token);
        let seen = json!([{ "session": session, "state": "ready", "since": 1, "server_spki": "0".repeat(64),
            "address": { "host": "a.example", "port": 14500, "sni": "x" } }]);
        api.report(&node_token, 1, seen).ok();
        let wish = json!({ "name": "x", "scopes": ["account"] });
        let minted = api.post("/v1/tokens", &token, wish).ok();
        Self {
            id: id_of(api, &token),
            token,
            session,
            node: node.to_string(),
            service: minted["id"].as_str().unwrap().to_owned(),
        }
    }

    fn path(&self, api: &Api, route: &Declared) -> String {
        let id = match route.path.split('/').nth(2) {
            Some("sessions") => self.session.clone(),
            Some("nodes") => self.node.clone(),
            Some("tokens") => self.service.clone(),
            Some("apps") => "editor".to_owned(),
            Some("me") => {
                let devices = api.get("/v1/me/devices", &self.token).ok();
                devices[0]["id"].as_str().unwrap().to_owned()
            }
            _ => id_of(api, &api.token("alice")).to_string(),
        };
        let path = route.path.replace("{id}", &id);
        path.replace("{app}", "browser")
            .replace("{subject}", "default")
            .replace("{role}", "user")
    }
}

fn body(route: &Declared) -> Value {
    match (route.method, route.path) {
        ("POST", "/v1/users") => {
            json!({ "username": "eve", "password": PASSWORD, "role": "admin" })
        }
        ("PATCH", "/v1/users/{id}") => json!({ "role": "admin" }),
        ("POST", "/v1/me/password") => {
            json!({ "current": PASSWORD, "new": "a better password" })
        }
        _ => crate::rbac::body(route),
    }
}

/// All routes by which people change something, or leave a trace of what they read.
fn writing() -> impl Iterator<Item = &'static Declared> {
    ROUTES.iter().filter(|route| {
        matches!(route.access, Access::OneOf(_))
            && (route.method != "GET" || route.path == "/v1/audit")
    })
}

fn who_is_closed_meanwhile_does_nothing_more(api: &mut Api) {
    let second = Second::new(api);
    let requests: Vec<_> = writing()
        .map(|route| {
            let path = second.path(api, route);
            let text = match body(route) {
                Value::Null => String::new(),
                body => body.to_string(),
            };
            (
                route,
                request(route.method, &path, &second.token, &[], text),
            )
        })
        .collect();
    // Closed, and not yet committed: whoever looks now may still do everything.
    let (is_closed, closing) = mpsc::channel();
    let (commit, told) = mpsc::channel::<()>();
    let told = std::sync::Mutex::new(told);
    let id = second.id;
    let close = move |tx: &mut Tx<'_>| -> Result<(), Fault> {
        admin::change_user(tx, Actor::Operator, id, &closed(), None)?;
        is_closed.send(()).unwrap();
        told.lock().unwrap().recv().unwrap();
        Ok(())
    };
    let hub = api.hub.clone();
    let close = api
        .runtime
        .spawn(async move { hub.store.write(close).await });
    closing.recv().unwrap();
    let asked: Vec<_> = requests
        .into_iter()
        .map(|(route, request)| {
            let reply = api.runtime.spawn(answer(api.router.clone(), request));
            (route, reply)
        })
        .collect();
    // Time to get as far as they can. One that is slower than this is refused all the same.
    std::thread::sleep(std::time::Duration::from_millis(500));
    commit.send(()).unwrap();
    api.runtime.block_on(close).unwrap().unwrap();
    for (route, reply) in asked {
        let reply = api.runtime.block_on(reply).unwrap();
        let what = format!("{} {}: {reply:?}", route.method, route.path);
        assert_eq!(reply.status, 401, "{what}");
    }
    let users = api.get("/v1/users", &api.token("admin")).ok();
    assert_eq!(users.as_array().unwrap().len(), 5, "{users}");
}

fn who_is_demoted_meanwhile_makes_no_administrator(api: &mut Api) {
    let second = Second::new(api);
    let draft = json!({ "username": "eve", "password": PASSWORD, "role": "admin" });
    let waiting = held(api, "/v1/users", &second.token, &draft);
    let demoted = UserChange {
        role: Some(Role::User),
        ..UserChange::default()
    };
    change(api, second.id, demoted, None);
    assert_eq!(waiting.send(api).code(), "forbidden");
}

fn a_stolen_token_mints_nothing_that_outlives_it(api: &mut Api) {
    let alice = api.token("alice");
    let wish = json!({ "name": "x", "scopes": ["session.own"] });
    let waiting = held(api, "/v1/tokens", &alice, &wish);
    change(
        api,
        id_of(api, &alice),
        UserChange::default(),
        Some("reset"),
    );
    assert_eq!(waiting.send(api).code(), "unauthenticated");
    let launching = api.token("bob");
    let waiting = held(
        api,
        "/v1/sessions",
        &launching,
        &json!({ "app": "browser" }),
    );
    change(api, id_of(api, &launching), closed(), None);
    assert_eq!(waiting.send(api).code(), "unauthenticated");
}

/// The hash of somebody's password.
fn phc(api: &Api, name: &'static str) -> String {
    let found = api.write(move |tx| login::account(tx, name));
    found.unwrap().phc
}

fn a_reset_password_is_not_set_back(api: &mut Api) {
    let token = Token::parse(&api.token("alice")).unwrap();
    let known = token.clone();
    let caller = api.write(move |tx| {
        who::authenticate(tx, &known, &[hackstream_hub::access::Permission::Account])
    });
    let verified = phc(api, "alice");
    let elsewhere = api.token("alice");
    change(api, caller.user, UserChange::default(), Some("reset"));
    // The password was right when it was looked at, and this caller was let in.
    let stale = caller.clone();
    let set = move |tx: &mut Tx<'_>| devices::set_password(tx, &stale, &verified, "thief's");
    let result: Result<(), Fault> = api.runtime.block_on(api.hub.store.write(set));
    assert!(result.is_err());
    assert_eq!(phc(api, "alice"), "reset");
    // Nor does a change of one's own password bring back what was logged out.
    let verified = phc(api, "alice");
    api.write(move |tx| devices::set_password(tx, &caller, &verified, "own"));
    for token in [token.text(), &elsewhere] {
        assert_eq!(api.get("/v1/me", token).code(), "unauthenticated");
    }
}

fn an_old_password_that_waited_logs_nobody_in(api: &mut Api) {
    let id = id_of(api, &api.token("alice"));
    let granted = Granted {
        access: Token::random(Kind::Access).unwrap(),
        refresh: Token::random(Kind::Refresh).unwrap(),
        verified: phc(api, "alice"),
        better: Some("a better hash of the old password".to_owned()),
        seen: None,
    };
    change(api, id, UserChange::default(), Some("reset"));
    let tokens = api.write(move |tx| login::succeeded(tx, id, "x", &granted));
    assert!(tokens.is_none());
    assert_eq!(phc(api, "alice"), "reset");
}

fn two_administrators_change_each_other(api: &mut Api) {
    let (one, other) = (api.token("admin"), Second::new(api));
    let first = id_of(api, &one);
    for round in 0..5 {
        let replies = api.flood(8, |number| {
            let (token, whom) = match number % 2 {
                0 => (&one, other.id),
                _ => (&other.token, first),
            };
            let body = json!({ "name": format!("{round}-{number}") }).to_string();
            request("PATCH", &format!("/v1/users/{whom}"), token, &[], body)
        });
        assert!(
            replies.iter().all(|reply| reply.status == 200),
            "{replies:?}"
        );
    }
}

fn a_node_with_another_token_is_another(api: &mut Api) {
    let (_, before) = api.node("a");
    let id = api.launch(&api.token("alice"));
    let ended = json!({ "version": "test", "last_seq": 1, "limits_enforced": true, "apps": [],
        "sessions": [{ "session": id, "state": "ended", "since": 1 }],
        "capacity": { "memory_bytes": 1, "memory_allocatable": 1, "cpu_millis": 1,
            "cpu_allocatable": 1, "max_sessions": 1 } });
    let waiting = held(api, "/v1/node/report", &before, &ended);
    let after = Token::random(Kind::Node).unwrap();
    let text = after.text().to_owned();
    api.write(move |tx| fleet::set_token(tx, Actor::Operator, "a", &after));
    assert_eq!(waiting.send(api).code(), "unauthenticated");
    assert_eq!(api.get("/v1/node/jobs", &before).code(), "unauthenticated");
    assert_eq!(api.jobs(&text)[0]["session"], *id);
}
