//! What a gate lets in: a good ticket, once, in its time, on one connection, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use data_encoding::BASE64URL_NOPAD;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::Quality;
use hackstream_ticket::{
    ClientKey, Failure, Feature, Gate, KeyHash, Lifetime, Place, Policy, Proof, Seat, Signer,
    Ticket, TicketError, TicketId, UnixSeconds, exporter_context,
};
use proptest::prelude::*;

const SESSION: &str = "01JDXW6YB2X6A7K4R7Q1ZV3N5M";
const NOW: UnixSeconds = UnixSeconds(1_795_000_000);
const CONNECTION: [u8; 32] = [9; 32];

fn hub() -> Signer {
    Signer::from_seed(&[1; 32]).unwrap()
}

fn viewer() -> ClientKey {
    ClientKey::from_seed(&[2; 32]).unwrap()
}

fn gate_of(session: &str, node: Option<&str>, server_key: u8) -> Gate {
    let place = Place {
        session: session.parse().unwrap(),
        node: node.map(|node| node.parse().unwrap()),
        server_key: KeyHash([server_key; 32]),
    };
    Gate::new(place, hub().public().into())
}

fn gate() -> Gate {
    gate_of(SESSION, Some("node-1"), 3)
}

fn ticket(id: u8, seconds: u64) -> Ticket {
    Ticket {
        id: TicketId([id; 16]),
        session: SESSION.parse().unwrap(),
        node: "node-1".parse().unwrap(),
        server_key: KeyHash([3; 32]),
        client_key: viewer().public().hash(),
        issued_at: NOW,
        expires_at: NOW.plus(seconds),
        policy: Policy::EVERYTHING,
    }
}

fn proof() -> [u8; Proof::BYTES] {
    Proof::new(&viewer(), &CONNECTION).to_bytes()
}

fn admit(gate: &Gate, text: &str, now: UnixSeconds) -> Result<Ticket, TicketError> {
    let admitted = gate.admit(text, &proof(), &CONNECTION, now);
    admitted.map(|(ticket, _)| ticket)
}

#[test]
fn a_ticket_admits_once() {
    let (gate, ticket) = (gate(), ticket(1, 30));
    let text = ticket.sign(&hub());
    assert!(text.starts_with("hst1.") && text.len() < 450, "{text}");
    assert_eq!(admit(&gate, &text, NOW), Ok(ticket));
    assert_eq!(admit(&gate, &text, NOW.plus(1)), Err(TicketError::Replayed));
}

const AT_ONCE: usize = 64;

#[test]
fn of_many_at_once_exactly_one_gets_in() {
    for round in 0..200 {
        let (gate, text) = (gate(), ticket(round, 30).sign(&hub()));
        let wins = AtomicUsize::new(0);
        let all_there = Barrier::new(AT_ONCE);
        std::thread::scope(|scope| {
            for _ in 0..AT_ONCE {
                scope.spawn(|| {
                    all_there.wait();
                    if admit(&gate, &text, NOW).is_ok() {
                        wins.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(wins.into_inner(), 1);
    }
}

#[test]
fn a_ticket_is_good_in_its_time_only() {
    let at = |seconds: i64| UnixSeconds((NOW.0 as i64 + seconds) as u64);
    let result = |lifetime, now| admit(&gate(), &ticket(1, lifetime).sign(&hub()), at(now));
    for (lifetime, now) in [(15, 0), (15, 14), (30, 29), (60, 59), (30, -5)] {
        assert!(result(lifetime, now).is_ok(), "{lifetime} s, at {now}");
    }
    for (lifetime, now) in [
        (15, 15),
        (30, 31),
        (30, 60),
        (60, 60),
        (60, 61),
        (30, 10_000),
    ] {
        let error = result(lifetime, now).unwrap_err();
        assert_eq!(error.failure(), Failure::Expired, "{lifetime} s, at {now}");
    }
    // Clocks that are a minute apart.
    assert!(matches!(result(60, -60), Err(TicketError::NotYet { .. })));
    assert!(matches!(result(60, 60), Err(TicketError::Expired { .. })));
    for seconds in [0, 14, 61, 3600, u64::MAX - NOW.0] {
        assert_eq!(result(seconds, 1), Err(TicketError::Lifetime { seconds }));
    }
}

#[test]
fn a_ticket_lives_as_long_as_it_was_made_for() {
    let made = ticket(1, 0).good_for(Lifetime::clamped(1000), NOW);
    assert_eq!(made.expires_at, NOW.plus(60));
    assert!(admit(&gate(), &made.sign(&hub()), NOW.plus(59)).is_ok());
}

#[test]
fn a_ticket_is_bound_to_session_node_server_and_viewer() {
    let text = ticket(1, 30).sign(&hub());
    let error = |gate: &Gate| admit(gate, &text, NOW).unwrap_err();
    assert_eq!(
        error(&gate_of("another", Some("node-1"), 3)),
        TicketError::OtherSession(SESSION.parse().unwrap())
    );
    assert_eq!(
        error(&gate_of(SESSION, Some("node-2"), 3)),
        TicketError::OtherNode
    );
    assert_eq!(
        error(&gate_of(SESSION, Some("node-1"), 4)),
        TicketError::OtherServerKey
    );
    assert!(admit(&gate_of(SESSION, None, 3), &text, NOW).is_ok());

    let gate = gate();
    let thief = ClientKey::from_seed(&[8; 32]).unwrap();
    let stolen = Proof::new(&thief, &CONNECTION).to_bytes();
    let admitted = gate.admit(&text, &stolen, &CONNECTION, NOW);
    assert_eq!(admitted.unwrap_err(), TicketError::OtherClientKey);
    // The honest viewer's proof, overheard and shown on another connection.
    let admitted = gate.admit(&text, &proof(), &[10; 32], NOW);
    assert_eq!(admitted.unwrap_err(), TicketError::BadProof);
    for cut in [&proof()[1..], &[], &[0; 97]] {
        let admitted = gate.admit(&text, cut, &CONNECTION, NOW);
        assert_eq!(admitted.unwrap_err(), TicketError::BadProof);
    }
    // None of that burned it.
    assert!(admit(&gate, &text, NOW).is_ok());
}

#[test]
fn another_hub_signs_in_vain() {
    let other = Signer::from_seed(&[5; 32]).unwrap();
    let text = ticket(1, 30).sign(&other);
    assert_eq!(admit(&gate(), &text, NOW), Err(TicketError::UnknownKey));
}

#[test]
fn contexts_differ_with_what_is_shown() {
    assert_ne!(exporter_context(b"one"), exporter_context(b"two"));
}

fn policies() -> impl Strategy<Value = Policy> {
    let quality = prop_oneof![Just(Quality::Low), Just(Quality::Auto), Just(Quality::High)];
    let features = proptest::sample::subsequence(&Feature::ALL[..], 0..=5);
    (
        any::<bool>(),
        features,
        proptest::option::of(1u64..),
        quality,
    )
        .prop_map(|(view, disabled, rate, quality)| Policy {
            seat: if view { Seat::View } else { Seat::Control },
            disabled: disabled.into_iter().collect(),
            max_bitrate: rate.map(Bitrate),
            quality,
        })
}

proptest! {
    #[test]
    fn what_was_signed_is_what_is_read(
        id: [u8; 16], policy in policies(), seconds in 15u64..=60, session in "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
    ) {
        let ticket = Ticket {
            id: TicketId(id),
            session: session.parse().unwrap(),
            policy,
            ..ticket(1, seconds)
        };
        let gate = gate_of(&session, Some("node-1"), 3);
        prop_assert_eq!(admit(&gate, &ticket.sign(&hub()), NOW), Ok(ticket));
    }

    /// Of the bytes no bit can change, of the text no character, nor can anything be added.
    #[test]
    fn nothing_of_a_ticket_can_be_changed(at: prop::sample::Index, bit in 0u8..8, byte: u8) {
        let text = ticket(1, 30).sign(&hub());
        let mut bytes = BASE64URL_NOPAD.decode(&text.as_bytes()[5..]).unwrap();
        let flipped = at.index(bytes.len());
        bytes[flipped] ^= 1 << bit;
        let changed = format!("hst1.{}", BASE64URL_NOPAD.encode(&bytes));
        prop_assert!(admit(&gate(), &changed, NOW).is_err());

        let mut changed = text.clone().into_bytes();
        let replaced = at.index(changed.len());
        prop_assume!(changed[replaced] != byte && byte.is_ascii());
        changed[replaced] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assert!(admit(&gate(), &changed, NOW).is_err());
        let longer = format!("{text}A");
        prop_assert!(admit(&gate(), &longer, NOW).is_err());
        prop_assert!(admit(&gate(), &text[..text.len() - 1], NOW).is_err());
    }

    /// Nor of a proof.
    #[test]
    fn nothing_of_a_proof_can_be_changed(at in 0..Proof::BYTES, bit in 0u8..8) {
        let mut proof = proof();
        proof[at] ^= 1 << bit;
        let text = ticket(1, 30).sign(&hub());
        let error = gate().admit(&text, &proof, &CONNECTION, NOW).unwrap_err();
        prop_assert_eq!(error.failure(), Failure::BadBinding);
    }

    #[test]
    fn any_text_is_judged(text: String) {
        prop_assert!(admit(&gate(), &text, NOW).is_err());
    }
}
