//! The decoder of frames' payloads.
#![no_main]

#[path = "../oracles/tiles.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
