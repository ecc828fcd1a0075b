//! Secrets that a peer must know: made at random, kept as hashes, compared in constant time.

use std::fmt;

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// The system gave no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random numbers")]
pub struct NoRandomness;

/// `N` bytes that nobody can guess.
///
/// # Errors
/// [`NoRandomness`] if the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_| NoRandomness)
}

/// What is kept of a secret: enough to recognise it, too little to show it.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash (SHA-256) of a secret.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, secret).as_ref());
        Self(hash)
    }

    /// Whether both are of the same secret. Takes the same time for all that are not; as hashes
    /// have one length, it does not tell that of the secret either.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let pairs = self.0.iter().zip(&other.0);
        pairs.fold(0, |all, (a, b)| all | (a ^ b)) == 0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_itself_is_recognised() {
        let kept = SecretHash::of(b"0123456789abcdef");
        assert!(kept.is(&SecretHash::of(b"0123456789abcdef")));
        assert!(!kept.is(&SecretHash::of(b"0123456789abcdeF")));
        assert!(!kept.is(&SecretHash::of(b"")));
    }

    #[test]
    fn random_secrets_differ() {
        assert_ne!(random::<32>().unwrap(), random::<32>().unwrap());
    }
}
