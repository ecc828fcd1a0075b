//! Replays the fuzzer's corpus of jobs, and keeps in it one as this version writes and signs it: if that
//! changes, hubs and nodes in use stop understanding each other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/job.rs"]
mod oracle;

use corpus::Corpus;
use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::node::{JOB_TYPE, Job, JobEnvelope, JobKind, JobList, Stop};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use hackstream_ticket::Signer;

const CORPUS: Corpus = Corpus("job");

const ID: &str = "01JDXW6YB2X6A7K4R7Q1ZV3N5M";

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
    // Not the key that the oracle knows.
    let hub = Signer::from_seed(&[1; 32]).unwrap();
    let id: JobId = ID.parse().unwrap();
    let session: SessionId = ID.parse().unwrap();
    let node: NodeId = ID.parse().unwrap();
    let job = Job {
        id,
        node,
        seq: 7,
        issued_at: UnixMillis(1_795_000_000_000),
        not_after: UnixMillis(1_795_000_600_000),
        kind: JobKind::Stop(Stop {
            session,
            grace: Seconds(5),
            cause: StopCause::User,
        }),
    };
    let payload = serde_json::to_string(&job).unwrap();
    let seal = hub.seal(JOB_TYPE, payload.as_bytes()).to_string();
    let list = JobList {
        jobs: vec![JobEnvelope {
            id,
            seq: job.seq,
            payload: payload.clone(),
            signature: seal.clone(),
        }],
    };
    let answer = serde_json::to_vec(&list).unwrap();
    vec![
        ("answer", [&[0][..], &answer].concat()),
        (
            "forged",
            [&[1][..], &[0x5c; 64], payload.as_bytes()].concat(),
        ),
        ("signed", [&[2][..], payload.as_bytes()].concat()),
        ("seal", [&[3][..], seal.as_bytes()].concat()),
    ]
}
