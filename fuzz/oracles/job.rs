//! What must hold whatever somebody in the hub's place hands a node as a job: nothing panics, nothing is
//! taken for the hub's that it has not signed, and what it has signed means the same to all who read it.
//!
//! Shared by the fuzz target and by the test that replays the corpus.

use data_encoding::BASE64URL_NOPAD;
use hackstream_control_api::limits::MAX_JOB_BYTES;
use hackstream_control_api::node::{JOB_TYPE, Job, JobEnvelope, JobList};
use hackstream_ticket::{HubKeys, Seal, SealError, Signer};

/// An Ed25519 signature.
const SIGNATURE_BYTES: usize = 64;

/// Checks one input: its first byte says what it is.
pub(crate) fn check(bytes: &[u8]) {
    let (Some((&selector, bytes)), Ok(hub)) = (bytes.split_first(), Signer::from_seed(&[0xa5; 32]))
    else {
        return;
    };
    match selector % 4 {
        0 => answer(&hub, bytes),
        1 => forged(&hub, bytes),
        2 => signed(&hub, bytes),
        _ => seal(&String::from_utf8_lossy(bytes)),
    }
}

/// What a hub answers a node. The one that is known here has signed none of it.
fn answer(hub: &Signer, bytes: &[u8]) {
    let Ok(list) = serde_json::from_slice::<JobList>(bytes) else {
        return;
    };
    for envelope in list.jobs {
        assert!(opened(&hub.public().into(), &envelope).is_none());
    }
}

/// The job in an envelope, as a node opens it.
fn opened(keys: &HubKeys, envelope: &JobEnvelope) -> Option<Job> {
    let payload = envelope.payload.as_bytes();
    if payload.len() > MAX_JOB_BYTES {
        return None;
    }
    let seal: Seal = envelope.signature.parse().ok()?;
    keys.check(&seal, JOB_TYPE, payload).ok()?;
    let job: Job = serde_json::from_slice(payload).ok()?;
    ((job.id, job.seq) == (envelope.id, envelope.seq)).then_some(job)
}

/// A signature that names the right key, and what it shall belong to.
fn forged(hub: &Signer, bytes: &[u8]) {
    let Some((signature, payload)) = bytes.split_at_checked(SIGNATURE_BYTES) else {
        return;
    };
    // How a key is called stands in front of what it signs.
    let text = hub.seal(JOB_TYPE, b"").to_string();
    let key = text.split('.').next().unwrap_or_default();
    let text = format!("{key}.{}", BASE64URL_NOPAD.encode(signature));
    let judged = text.parse::<Seal>().map(|seal| {
        let keys = HubKeys::from(hub.public());
        keys.check(&seal, JOB_TYPE, payload)
    });
    assert_eq!(judged, Ok(Err(SealError::Forged)));
}

/// What the hub has signed, whatever it is.
fn signed(hub: &Signer, bytes: &[u8]) {
    let keys = HubKeys::from(hub.public());
    let seal = hub.seal(JOB_TYPE, bytes);
    assert_eq!(keys.check(&seal, JOB_TYPE, bytes), Ok(()));
    // Neither as something else, nor with anything more or less.
    assert!(keys.check(&seal, "application/json", bytes).is_err());
    let longer = [bytes, &[0]].concat();
    assert!(keys.check(&seal, JOB_TYPE, &longer).is_err());
    if let Some((_, shorter)) = bytes.split_first() {
        assert!(keys.check(&seal, JOB_TYPE, shorter).is_err());
    }
    let Ok(job) = serde_json::from_slice::<Job>(bytes) else {
        return;
    };
    let again = serde_json::to_vec(&job).and_then(|text| serde_json::from_slice::<Job>(&text));
    assert!(again.is_ok_and(|again| again == job));
    // In an envelope that carries its name it is done, in another one it is not.
    let envelope = |seq: u64| JobEnvelope {
        id: job.id,
        seq,
        payload: String::from_utf8_lossy(bytes).into_owned(),
        signature: seal.to_string(),
    };
    let fits = bytes.len() <= MAX_JOB_BYTES;
    assert_eq!(opened(&keys, &envelope(job.seq)), fits.then(|| job.clone()));
    assert_eq!(opened(&keys, &envelope(job.seq.wrapping_add(1))), None);
}

/// A seal is written in one way.
fn seal(text: &str) {
    if let Ok(seal) = text.parse::<Seal>() {
        assert_eq!(seal.to_string(), text);
    }
}
