//! Somebody else keeps the database locked: a backup, an operator at its prompt.

use std::time::{Duration, Instant};

use hackstream_hub::store::Place;
use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::{Api, Reply, request};

/// What is promised is five seconds; one after the other, those who ask here would wait for more than a
/// minute.
const SOON: Duration = Duration::from_secs(15);

/// Who ask at once, which is more than there are connections to the database.
const ASKERS: usize = 12;

/// Holds the lock that all who write need, and lets others read.
enum Holder {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Client),
}

impl Holder {
    fn lock(place: &Place) -> Self {
        match place {
            Place::Sqlite(file) => {
                let connection = rusqlite::Connection::open(file).unwrap();
                connection.execute_batch("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite(connection)
            }
            Place::Postgres(url) => {
                let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
                let lock = "BEGIN; LOCK TABLE audit_head, apps IN EXCLUSIVE MODE";
                client.batch_execute(lock).unwrap();
                Self::Postgres(client)
            }
        }
    }

    fn release(self) {
        match self {
            Self::Sqlite(connection) => connection.execute_batch("ROLLBACK").unwrap(),
            Self::Postgres(mut client) => client.batch_execute("ROLLBACK").unwrap(),
        }
    }
}

fn app(number: usize) -> (String, Value) {
    let id = format!("app-{number}");
    let app = json!({ "id": id, "title": "An application", "roles": ["admin"] });
    (format!("/v1/apps/{id}"), app)
}

/// What comes of adding applications, and of asking whether the hub works meanwhile.
fn add_all(api: &Api, admin: &str) -> (Vec<Reply>, Reply) {
    let mut replies = api.flood(ASKERS + 1, |number| {
        if number == ASKERS {
            return request("GET", "/health/ready", "", &[], String::new());
        }
        let (path, app) = app(number);
        request("PUT", &path, admin, &[], app.to_string())
    });
    let health = replies.pop().unwrap();
    (replies, health)
}

pub(crate) fn who_asks_while_it_is_locked_is_told_soon(database: &Database) {
    let api = Api::new(database);
    api.node("attic");
    let admin = api.token("admin");
    let holder = Holder::lock(&database.place);
    let started = Instant::now();
    let (replies, health) = add_all(&api, &admin);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    for reply in replies {
        assert_eq!((reply.status, reply.code()), (503, "busy"), "{reply:?}");
        assert_eq!(reply.headers["retry-after"], "1");
    }
    assert_eq!(health.status, 503, "{health:?}");
    assert_eq!(health.json["store"], false, "{health:?}");
    // Who only looks does not notice.
    api.get("/v1/me", &admin).ok();

    holder.release();
    for reply in add_all(&api, &admin).0 {
        reply.ok();
    }
    let list = api.get("/v1/apps", &admin).ok();
    let is_there = |id: &str| list.as_array().unwrap().iter().any(|app| app["id"] == id);
    assert!(
        (0..ASKERS).all(|number| is_there(&format!("app-{number}"))),
        "{list}"
    );
}
