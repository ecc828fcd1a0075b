//! What a peer shows as a ticket and as the proof that belongs to it.
#![no_main]

#[path = "../oracles/ticket.rs"]
mod oracle;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::check(bytes));
