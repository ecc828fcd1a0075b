//! Tickets: who gets one, for what, and that a session takes it.

use hackstream_control_api::time::Seconds;
use hackstream_ticket::{
    ClientKey, Feature, Gate, HubKey, HubKeys, KeyHash, Place, Policy, Proof, Quality, Seat,
    TicketError, UnixSeconds,
};
use serde_json::{Value, json};

use crate::Test;
use crate::harness::{Api, Reply};

pub(crate) const TESTS: &[Test] = &[
    (
        "a_session_takes_the_ticket_of_its_hub_once",
        a_session_takes_the_ticket_of_its_hub_once,
    ),
    ("only_the_owner_gets_a_ticket", only_the_owner_gets_a_ticket),
    (
        "no_ticket_before_a_session_can_be_reached",
        no_ticket_before_a_session_can_be_reached,
    ),
    ("a_ticket_has_the_policy", a_ticket_has_the_policy),
];

/// SHA-256 of the key of the session's certificate.
const SERVER: KeyHash = KeyHash([0xab; 32]);
/// What TLS gave both ends of one connection.
const EXPORTED: [u8; 32] = [7; 32];

pub(crate) fn client() -> ClientKey {
    ClientKey::from_seed(&[3; 32]).unwrap()
}

/// What a node says of a session that waits for viewers.
pub(crate) fn ready(session: &str) -> Value {
    json!([{ "session": session, "state": "ready", "since": 1, "server_spki": SERVER.to_string(),
        "address": { "host": "a.example", "port": 14500, "sni": "x" } }])
}

fn connect(api: &Api, token: &str, session: &str) -> Reply {
    let wish = json!({ "client_key": client().public().hash().to_string() });
    api.post(&format!("/v1/sessions/{session}/connect"), token, wish)
}

/// The session's gate, with the keys that the node got in the job.
pub(crate) fn gate(job: &Value) -> Gate {
    let keys = job["ticket_keys"].as_object().unwrap();
    let keys = keys.values().map(|key| {
        let bytes: KeyHash = key.as_str().unwrap().parse().unwrap();
        HubKey::from_bytes(bytes.0).to_string()
    });
    let keys: HubKeys = keys.collect::<Vec<_>>().join("\n").parse().unwrap();
    let place = Place {
        session: job["session"].as_str().unwrap().parse().unwrap(),
        node: Some(job["node"].as_str().unwrap().parse().unwrap()),
        server_key: SERVER,
    };
    Gate::new(place, keys)
}

pub(crate) fn admit(api: &Api, gate: &Gate, ticket: &str) -> Result<Policy, TicketError> {
    let proof = Proof::new(&client(), &EXPORTED).to_bytes();
    let now = UnixSeconds(api.now() / 1000);
    let admitted = gate.admit(ticket, &proof, &EXPORTED, now);
    admitted.map(|(ticket, _)| ticket.policy)
}

fn a_session_takes_the_ticket_of_its_hub_once(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    let gate = gate(&api.jobs(&node)[0]);
    api.report(&node, 1, ready(&id)).ok();
    let told = connect(api, &alice, &id).ok();
    assert_eq!(
        (&told["host"], &told["port"], &told["sni"], &told["alpn"]),
        (
            &json!("a.example"),
            &json!(14500),
            &json!("x"),
            &json!("hackstream/1")
        )
    );
    assert_eq!(told["server_spki"], SERVER.to_string());
    let lifetime = told["expires_at"].as_u64().unwrap() - api.now();
    assert!((29_000..=30_000).contains(&lifetime), "{told}");
    let ticket = told["token"].as_str().unwrap();
    assert!(admit(api, &gate, ticket).is_ok());
    assert_eq!(admit(api, &gate, ticket), Err(TicketError::Replayed));
    let another = connect(api, &alice, &id).ok();
    api.wait(Seconds(31));
    let another = another["token"].as_str().unwrap();
    let late = admit(api, &gate, another);
    assert!(matches!(late, Err(TicketError::Expired { .. })), "{late:?}");
    let admin = api.token("admin");
    let log = api.get("/v1/audit", &admin).ok().to_string();
    assert_eq!(log.matches("session.connect").count(), 2, "{log}");
    assert!(!log.contains(ticket), "a ticket is in the log");
}

fn only_the_owner_gets_a_ticket(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    api.report(&node, 1, ready(&id)).ok();
    for (name, status) in [("bob", 404), ("admin", 404), ("auditor", 403)] {
        assert_eq!(connect(api, &api.token(name), &id).status, status, "{name}");
    }
    let short = json!({ "client_key": "ab" });
    let path = format!("/v1/sessions/{id}/connect");
    assert_eq!(api.post(&path, &alice, short).code(), "invalid");
}

fn no_ticket_before_a_session_can_be_reached(api: &mut Api) {
    let (_, node) = api.node("a");
    let alice = api.token("alice");
    let id = api.launch(&alice);
    assert_eq!(connect(api, &alice, &id).code(), "wrong_state");
    let mut seen = ready(&id);
    seen[0].as_object_mut().unwrap().remove("server_spki");
    api.report(&node, 1, seen).ok();
    assert_eq!(connect(api, &alice, &id).code(), "wrong_state");
    api.report(&node, 1, ready(&id)).ok();
    connect(api, &alice, &id).ok();
    let stop = format!("/v1/sessions/{id}/stop");
    api.post(&stop, &alice, Value::Null).ok();
    assert_eq!(connect(api, &alice, &id).code(), "wrong_state");
}

fn a_ticket_has_the_policy(api: &mut Api) {
    let (_, node) = api.node("a");
    let policy = json!({ "clipboard_in": true, "clipboard_out": false, "files": false,
        "sound": true, "microphone": false, "gpu": false, "egress": "internet", "quality_cap": "low" });
    let admin = api.token("admin");
    api.call("PUT", "/v1/policies/user", &admin, policy).ok();
    let alice = api.token("alice");
    let id = api.launch(&alice);
    let gate = gate(&api.jobs(&node)[0]);
    api.report(&node, 1, ready(&id)).ok();
    let told = connect(api, &alice, &id).ok();
    let policy = admit(api, &gate, told["token"].as_str().unwrap()).unwrap();
    assert_eq!((policy.seat, policy.quality), (Seat::Control, Quality::Low));
    let withheld = Feature::ALL.map(|feature| (feature, policy.disabled.contains(feature)));
    assert_eq!(
        withheld,
        [
            (Feature::ClipboardIn, false),
            (Feature::ClipboardOut, true),
            (Feature::Files, true),
            (Feature::Audio, false),
            (Feature::Microphone, true),
        ]
    );
}
