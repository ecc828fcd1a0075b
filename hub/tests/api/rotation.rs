//! Refresh tokens: honest clients are never logged out, copies are noticed.

use hackstream_control_api::login::Tokens;
use hackstream_control_api::time::Seconds;
use serde_json::json;

use crate::Test;
use crate::harness::{Api, Reply, request};

pub(crate) const TESTS: &[Test] = &[
    ("a_lost_answer_is_given_again", a_lost_answer_is_given_again),
    (
        "a_copy_that_comes_late_voids_the_device",
        a_copy_that_comes_late_voids_the_device,
    ),
    (
        "eight_programs_with_one_token_agree",
        eight_programs_with_one_token_agree,
    ),
    (
        "an_honest_client_on_a_bad_line_stays_logged_in",
        an_honest_client_on_a_bad_line_stays_logged_in,
    ),
];

fn refresh(api: &Api, token: &str) -> Reply {
    api.post("/v1/token/refresh", "", json!({ "refresh_token": token }))
}

fn refreshed(api: &Api, token: &str) -> Tokens {
    serde_json::from_value(refresh(api, token).ok()).unwrap()
}

fn a_lost_answer_is_given_again(api: &mut Api) {
    let first = api.login("alice");
    let next = refreshed(api, &first.refresh_token);
    api.wait(Seconds(60));
    let again = refreshed(api, &first.refresh_token);
    assert_eq!(again.refresh_token, next.refresh_token);
    assert_eq!(again.access_token, next.access_token);
    assert_eq!(again.expires_in, Seconds(540));
    api.get("/v1/me", &next.access_token).ok();
    assert_ne!(
        refreshed(api, &next.refresh_token).refresh_token,
        next.refresh_token
    );
}

fn a_copy_that_comes_late_voids_the_device(api: &mut Api) {
    let (first, other) = (api.login("alice"), api.login("alice"));
    let next = refreshed(api, &first.refresh_token);
    api.wait(Seconds(61));
    assert_eq!(refresh(api, &first.refresh_token).code(), "token_reused");
    assert_eq!(refresh(api, &next.refresh_token).code(), "unauthenticated");
    assert_eq!(
        api.get("/v1/me", &next.access_token).code(),
        "unauthenticated"
    );
    // Another device is nobody's business.
    api.get("/v1/me", &other.access_token).ok();
    let rows = api.get("/v1/me/audit", &other.access_token).ok();
    let reuse = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["action"] == "token.refresh");
    assert_eq!(reuse.unwrap()["outcome"], "token_reused");
}

fn eight_programs_with_one_token_agree(api: &mut Api) {
    let mut token = api.login("alice").refresh_token;
    for _ in 0..10 {
        let body = json!({ "refresh_token": token }).to_string();
        let replies = api.flood(8, |_| {
            request("POST", "/v1/token/refresh", "", &[], body.clone())
        });
        let tokens: Vec<Tokens> = replies
            .into_iter()
            .map(|reply| serde_json::from_value(reply.ok()).unwrap())
            .collect();
        assert!(
            tokens
                .iter()
                .all(|each| each.refresh_token == tokens[0].refresh_token)
        );
        token.clone_from(&tokens[0].refresh_token);
        api.wait(Seconds(100));
    }
}

/// A small generator: the same line in every run.
fn next_random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1);
    *state >> 33
}

fn an_honest_client_on_a_bad_line_stays_logged_in(api: &mut Api) {
    let mut state = 7;
    let mut kept = api.login("alice").refresh_token;
    let mut lost_since = None;
    for _ in 0..200 {
        let reply = refresh(api, &kept);
        assert_eq!(reply.status, 200, "{reply:?}");
        // An answer may be lost; the client tries again, within the minute.
        let lost = next_random(&mut state) % 3 == 0;
        if lost && lost_since.is_none_or(|since| api.now() - since < 40_000) {
            lost_since.get_or_insert(api.now());
            api.wait(Seconds(next_random(&mut state) % 20));
        } else {
            kept = reply.json["refresh_token"].as_str().unwrap().to_owned();
            lost_since = None;
            api.wait(Seconds(next_random(&mut state) % 3600));
        }
    }
}
