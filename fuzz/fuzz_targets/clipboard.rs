//! What a peer says of clipboards, and what it sends of their contents.
#![no_main]

#[path = "../oracles/clipboard.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
