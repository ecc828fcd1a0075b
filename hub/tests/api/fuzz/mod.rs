//! Requests made from the API's own document, right ones and wrong ones, from everybody who may ask:
//! the hub answers each as the document says, and never with a fault of its own.
//!
//! `HACKSTREAM_FUZZ_REQUESTS` says how many (some thousands if nothing is said), `HACKSTREAM_FUZZ_SEED`
//! which.

mod document;
mod judge;
mod values;
mod wire;
mod wish;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use tower::ServiceExt as _;

use self::document::{Document, Operation};
use self::judge::{Answer, complaint};
use self::wish::Wish;
use self::world::{Asker, World};
use crate::Test;
use crate::harness::Api;
use crate::random::Random;

pub(crate) const TESTS: &[Test] = &[
    (
        "whatever_is_asked_is_answered_as_the_document_says",
        whatever_is_asked_is_answered_as_the_document_says,
    ),
    (
        "what_is_no_request_ends_its_connection",
        wire::what_is_no_request_ends_its_connection,
    ),
];

/// Requests and their seed, if nothing is said: enough to have each operation done once.
const REQUESTS: u64 = 4000;
const SEED: u64 = 1;
/// After so many a node has long been silent, and people were changed.
const MENDED: u64 = 250;
const BEHAVED: u64 = 25;

/// Far longer than anything takes: whatever has not been answered by then never is.
const HANGS: Duration = Duration::from_secs(60);
/// How long a request is watched that may wait for as long as it likes.
const WATCHED: Duration = Duration::from_millis(200);

fn variable(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().unwrap())
}

fn whatever_is_asked_is_answered_as_the_document_says(api: &mut Api) {
    let requests = variable("HACKSTREAM_FUZZ_REQUESTS", REQUESTS);
    let seed = variable("HACKSTREAM_FUZZ_SEED", SEED);
    println!("HACKSTREAM_FUZZ_SEED={seed} HACKSTREAM_FUZZ_REQUESTS={requests}");
    let document = Document::new();
    let operations = document.operations();
    let mut random = Random::new(seed);
    let mut world = World::new(api);
    let mut seen = BTreeMap::new();
    for number in 0..requests {
        if number % MENDED == MENDED - 1 {
            world.mend();
        }
        if number % BEHAVED == 0 {
            world.behave();
        }
        world.tick();
        let operation = random.pick(&operations);
        let mut wish = Wish::fitting(&document, operation, &mut random, &world);
        for _ in 0..random.below(3) {
            wish.spoil(operation, &mut random);
        }
        let Some(answer) = ask(world.api, &wish) else {
            assert!(
                wish.may_wait(),
                "seed {seed}, {number}: no answer to {wish:?}"
            );
            continue;
        };
        let asked = operations.iter().find(|each| {
            each.declared.path == operation.declared.path && each.declared.method == wish.method
        });
        if let Some(why) = complaint(&document, asked, &wish, &answer) {
            let body = String::from_utf8_lossy(&answer.body);
            panic!("seed {seed}, request {number}: {why}\n{wish:?}\n{answer:?}\n{body}");
        }
        if answer.is_success() {
            let kind = kind_of(operation.declared.path);
            world.known.learn_from(kind, &answer.json());
        }
        if has_changed_people(operation, &wish, &answer) {
            world.mend();
        }
        let key = (operation.declared.path, operation.declared.method);
        seen.entry(key)
            .or_insert_with(BTreeSet::new)
            .insert(answer.status);
    }
    if (requests, seed) == (REQUESTS, SEED) {
        assert_reached(&operations, &seen);
    }
    // What was written down meanwhile is whole.
    world.mend();
    let admin = world.token(Asker::Admin);
    let verdict = world.api.get("/v1/audit/verify", admin).ok();
    assert_eq!(verdict["ok"], true, "{verdict}");
}

/// Whose ids the answers of a path have, by the name of the schema.
fn kind_of(path: &str) -> &'static str {
    let kinds = [
        ("/me/devices", "DeviceId"),
        ("/tokens", "TokenId"),
        ("/node/jobs", "JobId"),
        ("/users", "UserId"),
        ("/sessions", "SessionId"),
        ("/nodes", "NodeId"),
    ];
    let kind = kinds.iter().find(|(part, _)| path.contains(part));
    kind.map_or("id", |(_, kind)| *kind)
}

/// Whether somebody may be another than before, logged out or taken out: what they may do is known no
/// more.
fn has_changed_people(operation: &Operation, wish: &Wish, answer: &Answer) -> bool {
    let is_void = answer.status == 401 && wish.shows_token && wish.asker.account().is_some();
    let changes_people = operation.declared.method == "PATCH";
    let removes_node = wish.method == "DELETE" && operation.declared.path == "/v1/nodes/{id}";
    is_void || answer.is_success() && (changes_people || removes_node)
}

/// A fuzzer that is only ever refused finds nothing.
fn assert_reached(
    operations: &[Operation],
    seen: &BTreeMap<(&'static str, &'static str), BTreeSet<u16>>,
) {
    let is_reached = |operation: &Operation| {
        let statuses = &seen[&(operation.declared.path, operation.declared.method)];
        statuses.iter().any(|status| (200..300).contains(status))
            && statuses.iter().any(|status| *status >= 400)
    };
    let missed = operations.iter().filter(|each| !is_reached(each));
    let missed: Vec<_> = missed.map(|each| each.declared).collect();
    assert!(missed.is_empty(), "{missed:?}\n{seen:?}");
}

/// The answer, or of a stream its beginning; `None` if there is none.
fn ask(api: &Api, wish: &Wish) -> Option<Answer> {
    let router = api.router.clone();
    let patience = if wish.may_wait() { WATCHED } else { HANGS };
    let answered = async {
        let Ok(response) = router.oneshot(wish.request()).await;
        let (parts, body) = response.into_parts();
        let kind = parts.headers.get("content-type");
        let goes_on = kind.is_some_and(|kind| kind == "text/event-stream");
        let mut pieces = body.into_data_stream();
        let mut body = Vec::new();
        let patience = if goes_on { WATCHED } else { HANGS };
        while let Ok(Some(piece)) = timeout(patience, pieces.next()).await {
            body.extend_from_slice(&piece.unwrap());
        }
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    };
    api.runtime
        .block_on(async { timeout(patience, answered).await })
        .ok()
}
