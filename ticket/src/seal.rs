//! Seals: signatures of things other than tickets, such as a job that a hub gives a node.
//!
//! What is signed are the bytes as they are sent, together with the name of what they are: no bytes are
//! written twice to be compared, and no seal of one kind is one of another. The form is the
//! pre-authentication encoding of DSSE (<https://github.com/secure-systems-lab/dsse>).

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

use crate::keys::{HubKeys, KeyId, SIGNATURE_BYTES, Signer};

/// Why a seal does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It is not written as one.
    #[error("a seal is written as 16 hexadecimal digits, '.' and 86 characters of base64url")]
    Malformed,
    /// It was made with a key that is not known.
    #[error("it was sealed with a key that is not known")]
    UnknownKey,
    /// It belongs to something else.
    #[error("the seal does not fit: it was made for something else, or without the key")]
    Forged,
}

/// A signature and which key made it; as text both with a `.` in between.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    key: KeyId,
    signature: [u8; SIGNATURE_BYTES],
}

impl Signer {
    /// Seals `body`, which is a `kind`: a media type.
    #[must_use]
    pub fn seal(&self, kind: &str, body: &[u8]) -> Seal {
        Seal {
            key: self.public().id(),
            signature: self.sign(&encoded(kind, body)),
        }
    }
}

impl HubKeys {
    /// Whether `seal` was made with one of these keys for exactly this `body` as a `kind`.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`] or [`SealError::Forged`].
    pub fn check(&self, seal: &Seal, kind: &str, body: &[u8]) -> Result<(), SealError> {
        let key = self.find(seal.key).ok_or(SealError::UnknownKey)?;
        let fits = key.verifies(&encoded(kind, body), &seal.signature);
        fits.then_some(()).ok_or(SealError::Forged)
    }
}

impl FromStr for Seal {
    type Err = SealError;

    fn from_str(text: &str) -> Result<Self, SealError> {
        let (key, signature) = text.split_once('.').ok_or(SealError::Malformed)?;
        let key = HEXLOWER.decode(key.as_bytes()).ok();
        let key = key.and_then(|bytes| bytes.try_into().ok());
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok();
        let signature = signature.and_then(|bytes| bytes.try_into().ok());
        match (key, signature) {
            (Some(key), Some(signature)) => Ok(Self {
                key: KeyId(key),
                signature,
            }),
            _ => Err(SealError::Malformed),
        }
    }
}

impl fmt::Display for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = HEXLOWER.encode(&self.key.0);
        write!(f, "{key}.{}", BASE64URL_NOPAD.encode(&self.signature))
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is signed: both lengths are in it, so that nothing of one part can pass for the other.
pub(crate) fn encoded(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), body.len());
    [head.as_bytes(), body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&[seed; 32]).unwrap()
    }

    /// The example of DSSE's own document.
    #[test]
    fn what_is_signed_is_what_the_specification_says() {
        let encoded = encoded("http://example.com/HelloWorld", b"hello world");
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(encoded, expected);
    }

    #[test]
    fn a_seal_holds_for_one_body_one_kind_and_one_key() {
        let keys = HubKeys::from(signer(1).public());
        let seal = signer(1).seal("job", b"boot");
        assert_eq!(keys.check(&seal, "job", b"boot"), Ok(()));
        assert_eq!(keys.check(&seal, "job", b"boot "), Err(SealError::Forged));
        assert_eq!(keys.check(&seal, "jo", b"bboot"), Err(SealError::Forged));
        let other = signer(2).seal("job", b"boot");
        assert_eq!(
            keys.check(&other, "job", b"boot"),
            Err(SealError::UnknownKey)
        );
        let posing = Seal {
            key: seal.key,
            ..other
        };
        assert_eq!(keys.check(&posing, "job", b"boot"), Err(SealError::Forged));
    }

    proptest! {
        #[test]
        fn a_seal_is_read_as_it_was_written(body: Vec<u8>) {
            let seal = signer(1).seal("job", &body);
            prop_assert_eq!(seal.to_string().parse(), Ok(seal));
        }

        #[test]
        fn no_text_makes_it_panic(text: String) {
            prop_assert!(text.parse::<Seal>().is_err());
        }
    }
}
