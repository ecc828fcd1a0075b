//! What a hub, or whoever stands in its place, hands a node as jobs.
#![no_main]

#[path = "../oracles/job.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
