//! Replays the fuzzer's corpus of what peers say of clipboards, and keeps one well-formed message of
//! each kind in it, as `corpus.rs` does for everything else.

#[path = "../../fuzz/corpus.rs"]
mod corpus;
#[path = "../../fuzz/oracles/clipboard.rs"]
mod oracle;

use corpus::{Corpus, assert_specified};
use hackstream_protocol::wire::clipboard::{
    ClipboardDemand, ClipboardMessage, ClipboardSupply, Format, Offer, Request, Selection, Start,
};

const CORPUS: Corpus = Corpus("clipboard");

#[test]
fn every_input_of_the_corpus_is_survived() {
    CORPUS.replay(oracle::check);
}

/// Run with HACKSTREAM_WRITE_SEEDS=1 to write the files instead.
#[test]
fn the_seeds_are_what_this_version_writes() {
    for (name, bytes) in messages().into_iter().chain(contents()) {
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
    let offer = Offer {
        selection: Selection::Clipboard,
        serial: 300,
        seen: 7,
        formats: [Format::Text, Format::Html].into_iter().collect(),
    };
    let request = Request {
        number: 5,
        selection: Selection::Primary,
        serial: 300,
        format: Format::Text,
        base: 4,
    };
    let start = Start {
        prefix: 1000,
        suffix: 20,
    };
    vec![
        seed("wanted", 0, |out| ClipboardMessage::Wanted.write(out)),
        seed("offer", 0, |out| ClipboardMessage::Offer(offer).write(out)),
        seed("request", 1, |out| {
            ClipboardDemand::Request(request).write(out);
        }),
        seed("taken", 1, |out| ClipboardDemand::Taken(70_000).write(out)),
        seed("start", 2, |out| ClipboardSupply::Start(start).write(out)),
        seed("piece", 2, |out| {
            ClipboardSupply::Piece(b"text".to_vec()).write(out);
        }),
        seed("end", 2, |out| ClipboardSupply::End.write(out)),
    ]
}

/// Contents for the oracle to cut: format and length of the pieces stand first; and two texts.
fn contents() -> Vec<Seed> {
    let text = "na\u{ef}ve \u{1f389}".as_bytes();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0";
    let texts = "one word changed, one part changed".as_bytes();
    vec![
        seed("text", 3, |out| out.extend([&[0, 2], text].concat())),
        seed("png", 3, |out| out.extend([&[1, 5], &png[..]].concat())),
        seed("texts", 4, |out| out.extend([&[17], texts].concat())),
    ]
}

fn seed(name: &'static str, selector: u8, fill: impl FnOnce(&mut Vec<u8>)) -> Seed {
    let mut bytes = vec![selector];
    fill(&mut bytes);
    (name, bytes)
}
