//! Points of the log that the hub has signed.
//!
//! Whoever can write the hub's database cannot sign: the key is elsewhere. So they can neither make the
//! log anew nor cut it without contradicting what was signed before.

use std::fmt;

use hackstream_control_api::audit::{Checkpoint, SignedCheckpoint};
use hackstream_control_api::time::UnixMillis;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::hex::{hex, unhex};

const DOMAIN: &[u8] = b"hackstream-audit-checkpoint-v1";

/// Bytes of an Ed25519 key, and of the seed of a private one.
const KEY_BYTES: usize = 32;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// Hexadecimal digits by which a key is called.
const NAME_DIGITS: usize = 16;

/// A row of the log, known by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Its number; 0 is what stands before the first row.
    pub seq: u64,
    /// Its hash.
    pub head: [u8; 32],
}

impl Point {
    /// The point that a checkpoint tells of; `None` if its hash is none.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> Option<Self> {
        let head = unhex(&checkpoint.head)?;
        let seq = checkpoint.seq;
        Some(Self { seq, head })
    }
}

impl From<Point> for Checkpoint {
    fn from(point: Point) -> Self {
        Self {
            seq: point.seq,
            head: hex(&point.head),
        }
    }
}

/// A checkpoint was not signed by the key that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not signed by the key that it names")]
pub struct NotSigned;

/// The seed makes no key, which none is known to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the seed makes no key")]
pub struct NoKey;

/// With what the hub signs checkpoints.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The key with this seed, which has to be random and secret.
    ///
    /// # Errors
    /// [`NoKey`], which no seed is known to cause.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Self, NoKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|_| NoKey)
    }

    /// What is verified with.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; KEY_BYTES];
        bytes.copy_from_slice(self.0.public_key().as_ref());
        PublicKey(bytes)
    }

    /// Signs that the log was so at `ts`, the operator having declared at `restored_at` for the last
    /// time that it was set back.
    #[must_use]
    pub fn sign(&self, point: Point, ts: UnixMillis, restored_at: UnixMillis) -> SignedCheckpoint {
        let key = self.public();
        let signature = self.0.sign(&message(point, ts, restored_at, &key));
        SignedCheckpoint {
            seq: point.seq,
            head: hex(&point.head),
            ts,
            restored_at,
            key: hex(&key.0),
            signature: hex(signature.as_ref()),
        }
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public()).finish()
    }
}

/// What checkpoints are verified with; shown as the beginning of its hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key as RFC 8032 writes it.
    #[must_use]
    pub const fn bytes(&self) -> [u8; KEY_BYTES] {
        self.0
    }

    /// Whether the checkpoint names this key.
    #[must_use]
    pub fn is_of(&self, checkpoint: &SignedCheckpoint) -> bool {
        unhex(&checkpoint.key) == Some(self.0)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0)[..NAME_DIGITS])
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a checkpoint says, and by which key, if that has signed it.
///
/// # Errors
/// [`NotSigned`].
pub fn verified(checkpoint: &SignedCheckpoint) -> Result<(Point, PublicKey), NotSigned> {
    let head = unhex(&checkpoint.head).ok_or(NotSigned)?;
    let key = PublicKey(unhex(&checkpoint.key).ok_or(NotSigned)?);
    let signature: [u8; SIGNATURE_BYTES] = unhex(&checkpoint.signature).ok_or(NotSigned)?;
    let seq = checkpoint.seq;
    let point = Point { seq, head };
    let message = message(point, checkpoint.ts, checkpoint.restored_at, &key);
    let verifier = UnparsedPublicKey::new(&ED25519, key.0);
    let is_signed = verifier.verify(&message, &signature);
    is_signed.map(|()| (point, key)).map_err(|_| NotSigned)
}

/// All of fixed length, so that nothing can move from one part to the next.
fn message(point: Point, ts: UnixMillis, restored_at: UnixMillis, key: &PublicKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(DOMAIN.len() + 3 * 8 + 2 * KEY_BYTES);
    bytes.extend_from_slice(DOMAIN);
    bytes.extend_from_slice(&point.seq.to_be_bytes());
    bytes.extend_from_slice(&point.head);
    bytes.extend_from_slice(&ts.0.to_be_bytes());
    bytes.extend_from_slice(&restored_at.0.to_be_bytes());
    bytes.extend_from_slice(&key.0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> SignedCheckpoint {
        let signer = Signer::from_seed(&[7; 32]).unwrap();
        let point = Point {
            seq: 9,
            head: [3; 32],
        };
        signer.sign(point, UnixMillis(1000), UnixMillis(5))
    }

    #[test]
    fn what_was_signed_verifies() {
        let (point, key) = verified(&signed()).unwrap();
        assert_eq!((point.seq, point.head), (9, [3; 32]));
        assert!(key.is_of(&signed()));
        assert_eq!(key.to_string().len(), NAME_DIGITS);
    }

    #[test]
    fn each_part_is_signed() {
        let other = Signer::from_seed(&[8; 32]).unwrap();
        let changes: [fn(&mut SignedCheckpoint); 7] = [
            |one| one.seq += 1,
            |one| one.head = hex(&[4; 32]),
            |one| one.ts.0 += 1,
            |one| one.restored_at.0 += 1,
            |one| one.signature.replace_range(0..2, "00"),
            |one| one.signature.clear(),
            |one| one.head.push('0'),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut changed = signed();
            change(&mut changed);
            assert_eq!(verified(&changed), Err(NotSigned), "change {number}");
        }
        let mut foreign = signed();
        foreign.key = hex(&other.public().bytes());
        assert_eq!(verified(&foreign), Err(NotSigned));
    }
}
