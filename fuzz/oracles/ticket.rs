//! What must hold whatever a peer shows as a ticket: nothing panics, and nobody gets in who has no
//! signature of the hub, even if everything else is as it should be.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use hackstream_ticket::{
    ClientKey, Gate, HubKeys, KeyHash, Place, Proof, Signer, Ticket, TicketError, UnixSeconds,
};

/// Checks one input: its first byte says what it is.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&selector, bytes)) = bytes.split_first() else {
        return;
    };
    match selector % 4 {
        0 => text(&String::from_utf8_lossy(bytes)),
        1 => text(&signed_by_nobody(bytes)),
        2 => proof(bytes),
        _ => keys(&String::from_utf8_lossy(bytes)),
    }
}

/// A ticket of these bytes, whose signature may be anything.
fn signed_by_nobody(bytes: &[u8]) -> String {
    format!("hst1.{}", data_encoding::BASE64URL_NOPAD.encode(bytes))
}

/// The same ticket is judged alike each time, and never good: the hub that is known here signed
/// nothing.
fn text(text: &str) {
    let Ok(silent) = Signer::from_seed(&[0xa5; 32]) else {
        return;
    };
    let keys = HubKeys::from(silent.public());
    let judged = Ticket::verified(text, &keys);
    assert!(judged.is_err());
    let gate = Gate::new(
        Place {
            session: "session".parse().unwrap_or_else(|_| unreachable!()),
            node: None,
            server_key: KeyHash([3; 32]),
        },
        keys,
    );
    let now = UnixSeconds(1_795_000_000);
    let refused = gate.admit(text, &[0; Proof::BYTES], &[0; 32], now);
    assert_eq!(refused.err(), judged.err());
}

fn proof(bytes: &[u8]) {
    let Ok(key) = ClientKey::from_seed(&[0x5a; 32]) else {
        return;
    };
    let exported = [7; 32];
    match Proof::verified(bytes, &exported) {
        // Whoever has found a key of their own may prove that; not this one.
        Ok(found) => {
            assert!(found != key.public() || bytes == Proof::new(&key, &exported).to_bytes())
        }
        Err(error) => assert_eq!(error, TicketError::BadProof),
    }
}

fn keys(text: &str) {
    if let Ok(keys) = text.parse::<HubKeys>() {
        assert!(Ticket::verified("", &keys).is_err());
    }
}
