//! Everything in `protocol::wire` that reads a peer's bytes.
#![no_main]

#[path = "../oracles/wire.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
