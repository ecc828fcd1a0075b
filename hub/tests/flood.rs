//! Five hundred who guess passwords at the same time: each is answered, the others are served, and the
//! program's memory stays bounded. How long answers take is measured by the benchmark `latency`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

#[path = "../benches/latency/client.rs"]
mod client;
#[path = "../benches/latency/program.rs"]
mod program;

use client::Connection;
use program::{PASSWORD, Program};
use serde_json::json;

const GUESSERS: usize = 500;

/// What the flood may take beyond what the hub has anyway: more than the passwords that are hashed at
/// once need, and far less than if all of them were.
const MEMORY_KIB: u64 = 100 << 10;

#[test]
fn those_who_guess_are_answered_and_others_served() {
    let program = Program::start();
    let client = program.client();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut person = client.connect([127, 0, 0, 1]).await.unwrap();
        let login = json!({ "username": "admin", "password": PASSWORD }).to_string();
        let tokens = person.ask("POST", "/v1/login", "", &login).await.unwrap();
        let token = tokens.json["access_token"].as_str().unwrap();
        let before = program.peak_kib();
        // Each from a network of its own; all are there before the first one guesses.
        let mut guessers = Vec::new();
        for number in 0..GUESSERS {
            let [low, high, ..] = number.to_le_bytes();
            let connection = client.connect([127, 1 + high, low, 1]).await;
            guessers.push((number, connection.unwrap()));
        }
        let guesses: Vec<_> = guessers
            .into_iter()
            .map(|(number, connection)| tokio::spawn(guess(connection, number)))
            .collect();
        while guesses.iter().any(|guess| !guess.is_finished()) {
            for path in ["/v1/me", "/v1/sessions"] {
                let answer = person.ask("GET", path, token, "").await.unwrap();
                assert_eq!(answer.status, 200, "{path}: {}", answer.json);
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        for guess in guesses {
            let status = guess.await.unwrap();
            assert!([401, 429, 503].contains(&status), "{status}");
        }
        let grown = program.peak_kib() - before;
        assert!(grown < MEMORY_KIB, "{grown} KiB");
    });
}

/// Guesses for a name of its own.
async fn guess(mut connection: Connection, number: usize) -> u16 {
    let body = json!({ "username": format!("user-{number}"), "password": "wrong horse battery" });
    let body = body.to_string();
    let answer = connection.ask("POST", "/v1/login", "", &body).await;
    answer.unwrap().status
}
