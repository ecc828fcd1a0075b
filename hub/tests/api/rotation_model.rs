//! Refresh tokens on any line: answers that are lost, requests that come twice or late, and somebody who
//! has a copy. A model says what each request gets, and what must never come of it.
//!
//! `HACKSTREAM_ROTATION_SEED` says which run fails, and has only that one repeated.

use std::collections::BTreeMap;
use std::ops::Range;

use hackstream_control_api::login::Tokens;
use hackstream_control_api::time::Seconds;
use serde_json::json;

use crate::Test;
use crate::harness::Api;
use crate::random::Random;

pub(crate) const TESTS: &[Test] = &[
    (
        "an_honest_client_alone_is_never_logged_out",
        an_honest_client_alone_is_never_logged_out,
    ),
    (
        "whoever_goes_on_with_a_copy_voids_the_device",
        whoever_goes_on_with_a_copy_voids_the_device,
    ),
];

const SEEDS: Range<u64> = 0..16;
/// What a client does in one run.
const STEPS: usize = 40;

const SECOND: u64 = 1000;
/// How long the same token gets the same answer.
const GRACE: u64 = 60 * SECOND;
/// A client that has lost an answer asks again within this time, until it has one.
const AGAIN_WITHIN: u64 = 15 * SECOND;
/// How late a request may arrive. Together with the above less than the grace.
const LATE: u64 = 30 * SECOND;

/// What the hub does with a token that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// The one that follows, by its number.
    Followed(usize),
    /// All tokens of the device are void from now on.
    Reused,
    Refused,
}

/// The tokens of one device, as they follow on each other: each of them knows when it was shown first,
/// and then there is one that follows it.
struct Family {
    tokens: Vec<Tokens>,
    first_shown: BTreeMap<usize, u64>,
    is_void: bool,
}

impl Family {
    fn new(api: &Api) -> Self {
        Self {
            tokens: vec![api.login("alice")],
            first_shown: BTreeMap::new(),
            is_void: false,
        }
    }

    /// What is to come of showing a token now.
    fn expected(&self, token: usize, now: u64) -> Outcome {
        match self.first_shown.get(&token) {
            _ if self.is_void => Outcome::Refused,
            Some(first) if now > first + GRACE => Outcome::Reused,
            _ => Outcome::Followed(token + 1),
        }
    }

    /// Shows one to the hub, which does as expected.
    fn show(&mut self, api: &Api, token: usize) -> Outcome {
        let expected = self.expected(token, api.now());
        let body = json!({ "refresh_token": self.tokens[token].refresh_token });
        let reply = api.post("/v1/token/refresh", "", body);
        let said = match reply.status {
            200 => {
                let next: Tokens = serde_json::from_value(reply.json).unwrap();
                self.learn(token, next);
                Outcome::Followed(token + 1)
            }
            _ if reply.code() == "token_reused" => Outcome::Reused,
            _ => {
                assert_eq!(reply.code(), "unauthenticated");
                Outcome::Refused
            }
        };
        assert_eq!(said, expected, "token {token} of {}", self.tokens.len());
        self.first_shown.entry(token).or_insert_with(|| api.now());
        self.is_void |= said == Outcome::Reused;
        said
    }

    /// Whoever shows the same token gets the same ones.
    fn learn(&mut self, token: usize, next: Tokens) {
        match self.tokens.get(token + 1) {
            None => self.tokens.push(next),
            Some(known) => {
                assert_eq!(known.refresh_token, next.refresh_token);
                assert_eq!(known.access_token, next.access_token);
            }
        }
    }

    /// Nothing that was ever given for this device is of any use.
    fn assert_useless(&mut self, api: &Api) {
        assert!(self.is_void);
        for token in 0..self.tokens.len() {
            // Nobody may ask more often for long.
            api.wait(Seconds(60));
            assert_eq!(self.show(api, token), Outcome::Refused);
            let access = &self.tokens[token].access_token;
            assert_eq!(api.get("/v1/me", access).code(), "unauthenticated");
        }
    }
}

/// A client on its line.
struct Client<'a> {
    api: &'a Api,
    family: Family,
    random: Random,
    /// The token that it has.
    kept: usize,
    /// Whether it waits for an answer.
    waits: bool,
    /// Requests that are on their way, and when they arrive.
    flying: Vec<(u64, usize)>,
}

impl<'a> Client<'a> {
    fn new(api: &'a Api, seed: u64) -> Self {
        Self {
            api,
            family: Family::new(api),
            random: Random::new(seed),
            kept: 0,
            waits: false,
            flying: Vec::new(),
        }
    }

    /// Shows its token once, on a line that does with it what it likes.
    fn step(&mut self) {
        let now = self.api.now();
        let first = self.family.first_shown.get(&self.kept);
        let must_hear = first.is_some_and(|first| now >= first + AGAIN_WITHIN);
        let late = now + 1 + self.random.number() % LATE;
        self.waits = true;
        match self.random.below(4) {
            // The request stays somewhere, the client asks again.
            0 if !must_hear => self.flying.push((late, self.kept)),
            // The answer is lost.
            1 if !must_hear => {
                self.family.show(self.api, self.kept);
            }
            // It arrives twice.
            2 => {
                self.flying.push((late, self.kept));
                self.hear();
            }
            _ => {
                self.hear();
            }
        }
    }

    /// Shows its token and gets the answer.
    fn hear(&mut self) -> Outcome {
        let said = self.family.show(self.api, self.kept);
        self.waits = false;
        if let Outcome::Followed(next) = said {
            self.kept = next;
            let access = &self.family.tokens[next].access_token;
            // As good as when it was given first.
            self.api.get("/v1/me", access).ok();
        }
        said
    }

    /// Until the client asks again: soon if it waits for an answer, else when its access token is over.
    fn pause(&mut self) {
        let bound = if self.waits {
            4 * SECOND
        } else {
            3600 * SECOND
        };
        let until = self.api.now() + self.random.number() % bound;
        self.flying.sort_unstable();
        while let Some((at, token)) = self.flying.first().copied().filter(|(at, _)| *at <= until) {
            self.flying.remove(0);
            self.wait_until(at);
            self.family.show(self.api, token);
        }
        self.wait_until(until);
    }

    fn wait_until(&self, at: u64) {
        let clock = &self.api.clock;
        clock.fetch_max(at, std::sync::atomic::Ordering::SeqCst);
    }

    fn wait(&self, millis: u64) {
        self.wait_until(self.api.now() + millis);
    }
}

/// Does something for each seed.
fn each_seed(api: &Api, run: impl Fn(&Api, u64)) {
    let only = std::env::var("HACKSTREAM_ROTATION_SEED").ok();
    let seeds = only.map_or(SEEDS, |text| {
        let seed = text.parse().unwrap();
        seed..seed + 1
    });
    for seed in seeds {
        println!("HACKSTREAM_ROTATION_SEED={seed}");
        run(api, seed);
    }
}

fn an_honest_client_alone_is_never_logged_out(api: &mut Api) {
    each_seed(api, |api, seed| {
        let mut client = Client::new(api, seed);
        for _ in 0..STEPS {
            client.step();
            client.pause();
            assert!(!client.family.is_void, "an honest client is logged out");
        }
        assert!(client.kept >= STEPS / 4, "{}", client.kept);
    });
}

fn whoever_goes_on_with_a_copy_voids_the_device(api: &mut Api) {
    each_seed(api, |api, seed| {
        let other = api.login("alice");
        let mut client = Client::new(api, seed);
        let taken_at = client.random.below(STEPS / 2);
        let mut copy = 0;
        for step in 0..STEPS {
            client.step();
            client.pause();
            if step == taken_at {
                copy = client.kept;
            }
            // The thief uses it now and then, at once or after the client did.
            if step >= taken_at && client.random.once_in(4) {
                if let Outcome::Followed(next) = client.family.show(api, copy) {
                    copy = next;
                }
            }
        }
        // Both go on with what they have.
        for _ in 0..3 {
            client.hear();
            client.wait(GRACE + SECOND);
            if let Outcome::Followed(next) = client.family.show(api, copy) {
                copy = next;
            }
            client.wait(GRACE + SECOND);
        }
        client.family.assert_useless(api);
        // Another device of the same person is nobody's business.
        let body = json!({ "refresh_token": other.refresh_token });
        api.post("/v1/token/refresh", "", body).ok();
    });
}
