//! Replays the fuzzer's corpus of what peers say of files, and keeps one well-formed message of each
//! kind in it, as `corpus.rs` does for everything else.

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/files.rs"]
mod oracle;

use corpus::{Corpus, assert_specified};
use hackstream_protocol::wire::files::{FileDemand, FileRefusal, FileSupply};

const CORPUS: Corpus = Corpus("files");

#[test]
fn every_input_of_the_corpus_is_survived() {
    CORPUS.replay(oracle::check);
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files instead.
#[test]
fn the_seeds_are_what_this_version_writes() {
    for (name, bytes) in messages().into_iter().chain(others()) {
        let committed = CORPUS.seed(name, &bytes);
        assert_eq!(committed, bytes, "the wire format of {name} has changed");
    }
}

#[test]
fn the_examples_in_the_specification_are_the_seeds() {
    for (name, bytes) in messages() {
        assert_specified(name, &bytes[1..]);
    }
}

type Seed = (&'static str, Vec<u8>);

/// Names and contents: the oracle's selector, then what a peer would send.
fn messages() -> Vec<Seed> {
    let start = FileSupply::Start {
        name: "naïve.txt".to_owned(),
        size: 70_000,
    };
    let refused = FileDemand::Refused {
        reason: FileRefusal::NoRoom,
        text: "full".to_owned(),
    };
    let stored = FileDemand::Stored("naïve (1).txt".to_owned());
    vec![
        seed("file-start", 0, |out| start.write(out)),
        seed("file-piece", 0, |out| {
            FileSupply::Piece(b"data".to_vec()).write(out);
        }),
        seed("file-end", 0, |out| FileSupply::End.write(out)),
        seed("file-fetch", 1, |out| FileDemand::Fetch(3).write(out)),
        seed("file-taken", 1, |out| FileDemand::Taken(65_536).write(out)),
        seed("file-stored", 1, |out| stored.write(out)),
        seed("file-refused", 1, |out| refused.write(out)),
    ]
}

/// A name for the oracle, and a size with the lengths of pieces.
fn others() -> Vec<Seed> {
    let name = "../..\\C:con.\u{202e}gpj. ".as_bytes();
    vec![
        seed("name", 2, |out| out.extend(name)),
        seed("sizes", 3, |out| out.extend([100, 60, 40])),
    ]
}

fn seed(name: &'static str, selector: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Seed {
    let mut bytes = vec![selector];
    fill(&mut bytes);
    (name, bytes)
}
