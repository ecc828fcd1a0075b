//! Replays the fuzzer's corpus, and keeps in it a ticket and a proof as this version writes them: if
//! one of those changes, hubs and sessions in use stop understanding each other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/ticket.rs"]
mod oracle;

use corpus::Corpus;
use hackstream_ticket::{
    ClientKey, Feature, Features, KeyHash, Policy, Proof, Signer, Ticket, TicketId, UnixSeconds,
};

const CORPUS: Corpus = Corpus("ticket");

#[test]
fn every_input_of_the_corpus_is_survived() {
    CORPUS.replay(oracle::check);
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files instead.
#[test]
fn the_seeds_are_what_this_version_writes() {
    CORPUS.keep(&seeds());
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let hub = Signer::from_seed(&[1; 32]).unwrap();
    let viewer = ClientKey::from_seed(&[2; 32]).unwrap();
    let ticket = Ticket {
        id: TicketId([4; 16]),
        session: "01JDXW6YB2X6A7K4R7Q1ZV3N5M".parse().unwrap(),
        node: "node-1".parse().unwrap(),
        server_key: KeyHash([3; 32]),
        client_key: viewer.public().hash(),
        issued_at: UnixSeconds(1_795_000_000),
        expires_at: UnixSeconds(1_795_000_030),
        policy: Policy {
            disabled: Features::NONE.with(Feature::Files),
            ..Policy::EVERYTHING
        },
    };
    let text = ticket.sign(&hub);
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(&text.as_bytes()[5..])
        .unwrap();
    let proof = Proof::new(&viewer, &[7; 32]).to_bytes();
    let keys = format!("# now\n{}\n", hub.public());
    vec![
        ("ticket", [&[0][..], text.as_bytes()].concat()),
        ("ticket-bytes", [&[1][..], &bytes].concat()),
        ("proof", [&[2][..], &proof].concat()),
        ("keys", [&[3][..], keys.as_bytes()].concat()),
    ]
}
