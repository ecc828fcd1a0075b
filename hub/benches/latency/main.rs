//! How long people wait for answers while somebody floods the hub with log-ins: the program itself, over
//! TLS on loopback. Prints a table; nothing here fails because a machine is slow.
//!
//!     cargo bench -p hackstream-hub --bench latency [SECONDS [GUESSERS]]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on ends"
)]

mod client;
mod program;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use self::client::{Client, Connection};
use self::program::{PASSWORD, Program};

/// Between two requests of those who are measured: a person does not ask more often.
const PAUSE: Duration = Duration::from_millis(10);

/// What is asked for: what every command line does, and what is written down.
const CALLS: [(&str, &str, &str); 3] = [
    ("GET", "/v1/me", ""),
    ("GET", "/v1/sessions", ""),
    ("POST", "/v1/sessions", r#"{"app":"nothing"}"#),
];

fn main() {
    // Cargo adds an option of its own.
    let mut numbers = std::env::args().filter_map(|word| word.parse().ok());
    let span = Duration::from_secs(numbers.next().unwrap_or(10));
    let guessers = u32::try_from(numbers.next().unwrap_or(500)).unwrap();
    let program = Program::start();
    let client = Arc::new(program.client());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let alone = runtime.block_on(measure(&client, span));
    let before = program.peak_kib();
    let flood = Arc::new(Flood::default());
    for number in 0..guessers {
        runtime.spawn(guess(Arc::clone(&client), Arc::clone(&flood), number));
    }
    let beside = runtime.block_on(measure(&client, span));
    flood.over.store(true, Ordering::SeqCst);
    println!("{span:?} each, {guessers} connections that guess, each from a network of its own");
    println!(
        "{:32} {:>9} {:>9} {:>9} {:>7}",
        "", "p50 ms", "p99 ms", "most ms", "calls"
    );
    for (name, times) in [("alone", alone), ("beside the flood", beside)] {
        for (call, times) in times {
            println!("{:32} {}", format!("{call}, {name}"), summary(times));
        }
    }
    println!("answers to the guesses: {:?}", flood.answers());
    println!(
        "memory at most: {before} KiB before, {} KiB with the flood",
        program.peak_kib()
    );
}

type Times = BTreeMap<String, Vec<Duration>>;

/// Asks one after the other on one connection, for so long.
async fn measure(client: &Client, span: Duration) -> Times {
    // Another network than anybody else's.
    let mut connection = client.connect([127, 0, 0, 1]).await.unwrap();
    let login = json!({ "username": "admin", "password": PASSWORD }).to_string();
    let answer = connection
        .ask("POST", "/v1/login", "", &login)
        .await
        .unwrap();
    let token = answer.json["access_token"].as_str().unwrap().to_owned();
    let (mut times, until) = (Times::new(), Instant::now() + span);
    while Instant::now() < until {
        for (method, path, body) in CALLS {
            let asked = Instant::now();
            let answer = connection.ask(method, path, &token, body).await.unwrap();
            let call = format!("{method} {path} ({})", answer.status);
            times.entry(call).or_default().push(asked.elapsed());
            tokio::time::sleep(PAUSE).await;
        }
    }
    times
}

/// Those who guess.
#[derive(Default)]
struct Flood {
    over: AtomicBool,
    names: AtomicU32,
    answers: std::sync::Mutex<BTreeMap<u16, u32>>,
}

impl Flood {
    fn answers(&self) -> BTreeMap<u16, u32> {
        self.answers.lock().unwrap().clone()
    }
}

/// Guesses, each time for another of 20 000 names, as fast as it is answered.
async fn guess(client: Arc<Client>, flood: Arc<Flood>, number: u32) {
    let [_, _, high, low] = number.to_be_bytes();
    let from = [127, 1 + high, low, 1];
    let mut connection: Option<Connection> = None;
    while !flood.over.load(Ordering::SeqCst) {
        let Some(open) = &mut connection else {
            connection = client.connect(from).await.ok();
            if connection.is_none() {
                tokio::time::sleep(PAUSE).await;
            }
            continue;
        };
        let name = flood.names.fetch_add(1, Ordering::Relaxed) % 20_000;
        let body = json!({ "username": format!("user-{name}"), "password": "wrong horse battery" });
        match open.ask("POST", "/v1/login", "", &body.to_string()).await {
            Ok(answer) => {
                *flood
                    .answers
                    .lock()
                    .unwrap()
                    .entry(answer.status)
                    .or_default() += 1
            }
            Err(_) => connection = None,
        }
    }
}

fn summary(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1000.0;
    let (half, most, worst) = (at(50), at(99), at(100));
    format!("{half:9.2} {most:9.2} {worst:9.2} {:7}", times.len())
}
