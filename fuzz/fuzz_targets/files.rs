//! What a peer says of files, the names that it gives them, and their sizes.
#![no_main]

#[path = "../oracles/files.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
