//! The Ed25519 key that a node makes for itself when it is enrolled.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use ring::signature::Ed25519KeyPair;

use crate::keys::{KEY_BYTES, KeyError, is_signed, pair, public_bytes, public_from_text};
use crate::keys::{show_public, sign};
use crate::seal::encoded;

/// A node's private key. It never leaves the node.
pub struct NodeKey(Ed25519KeyPair);

impl NodeKey {
    /// The key with this seed, which has to be random and secret.
    ///
    /// # Errors
    /// [`KeyError::Private`], which no seed is known to cause.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        pair(seed).map(Self)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> NodePublicKey {
        NodePublicKey(public_bytes(&self.0))
    }

    /// A signature of `body`, which is a `kind`: 86 characters of base64url.
    #[must_use]
    pub fn prove(&self, kind: &str, body: &[u8]) -> String {
        BASE64URL_NOPAD.encode(&sign(&self.0, &encoded(kind, body)))
    }
}

impl fmt::Debug for NodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("NodeKey").field(&self.public()).finish()
    }
}

/// The public half of a [`NodeKey`], as text `ed25519:` and 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodePublicKey([u8; KEY_BYTES]);

impl NodePublicKey {
    /// The key as RFC 8032 writes it.
    #[must_use]
    pub const fn bytes(&self) -> [u8; KEY_BYTES] {
        self.0
    }

    /// Whether `proof` is what [`NodeKey::prove`] says of `body` as a `kind`.
    #[must_use]
    pub fn proves(&self, proof: &str, kind: &str, body: &[u8]) -> bool {
        let proof = BASE64URL_NOPAD.decode(proof.as_bytes());
        proof.is_ok_and(|proof| is_signed(&self.0, &encoded(kind, body), &proof))
    }
}

impl FromStr for NodePublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        public_from_text(text).map(Self)
    }
}

impl fmt::Display for NodePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_public(&self.0, f)
    }
}

impl fmt::Debug for NodePublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_key_one_kind_and_one_body() {
        let key = NodeKey::from_seed(&[3; 32]).unwrap();
        let other = NodeKey::from_seed(&[4; 32]).unwrap();
        let proof = key.prove("enroll", b"code");
        let public: NodePublicKey = key.public().to_string().parse().unwrap();
        assert!(public.proves(&proof, "enroll", b"code"));
        assert!(!public.proves(&proof, "enroll", b"Code"));
        assert!(!public.proves(&proof, "renew", b"code"));
        assert!(!other.public().proves(&proof, "enroll", b"code"));
        assert!(!public.proves("", "enroll", b"code") && !public.proves("é", "enroll", b"code"));
    }
}
