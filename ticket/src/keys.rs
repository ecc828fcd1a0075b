//! Ed25519 keys: the hub's, and those that viewers make for one launch.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// Bytes of a public key, and of the seed of a private one.
pub(crate) const KEY_BYTES: usize = 32;

/// Bytes of a signature.
pub(crate) const SIGNATURE_BYTES: usize = 64;

/// What stands before the key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410).
const SPKI_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// What a public key begins with as text.
const TEXT_PREFIX: &str = "ed25519:";

/// Keys of hubs that a session accepts: two, and room for an operator who changes them quickly.
const MOST_KEYS: usize = 8;

/// The text or the bytes are not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A public key is something else.
    #[error("a public key is written {TEXT_PREFIX} and 43 characters of base64url")]
    Public,
    /// The hash of a key is something else.
    #[error("the SHA-256 of a key is written as 64 hexadecimal digits")]
    Hash,
    /// A private key is something else.
    #[error("a private key is written as 43 characters of base64url")]
    Private,
    /// There is none.
    #[error("there is no key; one belongs on each line")]
    None,
    /// There are too many.
    #[error("there are more than {MOST_KEYS} keys")]
    TooMany,
}

/// SHA-256 of a key's SubjectPublicKeyInfo (DER); as text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl FromStr for KeyHash {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes());
        let bytes = bytes.map_err(|_| KeyError::Hash)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::Hash)
    }
}

impl fmt::Display for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Which of the hub's keys signed: the first bytes of its [`KeyHash`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId(pub [u8; 8]);

fn hash_of(key: &[u8]) -> KeyHash {
    let spki = [&SPKI_PREFIX[..], key].concat();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &spki).as_ref());
    KeyHash(hash)
}

fn id_of(key: &[u8]) -> KeyId {
    let hash = hash_of(key);
    let mut id = [0; 8];
    id.copy_from_slice(&hash.0[..8]);
    KeyId(id)
}

pub(crate) fn pair(seed: &[u8; KEY_BYTES]) -> Result<Ed25519KeyPair, KeyError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Private)
}

pub(crate) fn public_bytes(pair: &Ed25519KeyPair) -> [u8; KEY_BYTES] {
    let mut key = [0; KEY_BYTES];
    key.copy_from_slice(pair.public_key().as_ref());
    key
}

pub(crate) fn sign(pair: &Ed25519KeyPair, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
    let mut signature = [0; SIGNATURE_BYTES];
    signature.copy_from_slice(pair.sign(message).as_ref());
    signature
}

pub(crate) fn is_signed(key: &[u8; KEY_BYTES], message: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(message, signature).is_ok()
}

pub(crate) fn public_from_text(text: &str) -> Result<[u8; KEY_BYTES], KeyError> {
    let encoded = text.strip_prefix(TEXT_PREFIX).ok_or(KeyError::Public)?;
    let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes());
    let bytes = bytes.map_err(|_| KeyError::Public)?;
    bytes.try_into().map_err(|_| KeyError::Public)
}

pub(crate) fn show_public(key: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{TEXT_PREFIX}{}", BASE64URL_NOPAD.encode(key))
}

/// The hub's private key.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    /// The key with this seed, which has to be random and secret.
    ///
    /// # Errors
    /// [`KeyError::Private`], which no seed is known to cause.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        pair(seed).map(Self)
    }

    /// The key in these bytes: PKCS#8, as ring and `openssl` write it.
    ///
    /// # Errors
    /// [`KeyError::Private`] if they are something else.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes);
        pair.map(Self).map_err(|_| KeyError::Private)
    }

    /// What sessions verify with.
    #[must_use]
    pub fn public(&self) -> HubKey {
        HubKey(public_bytes(&self.0))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        sign(&self.0, message)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signer").field(&self.public()).finish()
    }
}

/// The hub's public key, as text `ed25519:` and 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HubKey([u8; KEY_BYTES]);

impl HubKey {
    /// The key of these bytes, as RFC 8032 writes it.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The key as RFC 8032 writes it.
    #[must_use]
    pub const fn bytes(&self) -> [u8; KEY_BYTES] {
        self.0
    }

    /// Its number in tickets.
    #[must_use]
    pub fn id(&self) -> KeyId {
        id_of(&self.0)
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        is_signed(&self.0, message, signature)
    }
}

impl FromStr for HubKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        public_from_text(text).map(Self)
    }
}

impl fmt::Display for HubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_public(&self.0, f)
    }
}

impl fmt::Debug for HubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The public keys that a session accepts: one, or during a change of keys the old and the new one.
/// As text one on each line; empty lines and those that begin with `#` do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubKeys(Vec<HubKey>);

impl HubKeys {
    pub(crate) fn find(&self, id: KeyId) -> Option<&HubKey> {
        self.0.iter().find(|key| key.id() == id)
    }
}

impl From<HubKey> for HubKeys {
    fn from(key: HubKey) -> Self {
        Self(vec![key])
    }
}

impl FromStr for HubKeys {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let lines = text.lines().map(str::trim);
        let keys = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Vec<HubKey> = keys.map(str::parse).collect::<Result<_, _>>()?;
        match keys.len() {
            0 => Err(KeyError::None),
            1..=MOST_KEYS => Ok(Self(keys)),
            _ => Err(KeyError::TooMany),
        }
    }
}

/// The private key that a viewer, or what starts it, makes for one launch and forgets with it. As text
/// its seed in 43 characters of base64url.
pub struct ClientKey(Ed25519KeyPair, [u8; KEY_BYTES]);

impl ClientKey {
    /// The key with this seed, which has to be random and secret.
    ///
    /// # Errors
    /// [`KeyError::Private`], which no seed is known to cause.
    pub fn from_seed(seed: &[u8; KEY_BYTES]) -> Result<Self, KeyError> {
        Ok(Self(pair(seed)?, *seed))
    }

    /// The key that was written as this text.
    ///
    /// # Errors
    /// [`KeyError::Private`] if it is something else.
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let seed = BASE64URL_NOPAD.decode(text.as_bytes());
        let seed = seed.map_err(|_| KeyError::Private)?;
        Self::from_seed(&seed.try_into().map_err(|_| KeyError::Private)?)
    }

    /// The private key as text, to hand it on to the viewer.
    #[must_use]
    pub fn secret_text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.1)
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> ClientPublicKey {
        ClientPublicKey(public_bytes(&self.0))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        sign(&self.0, message)
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientKey").field(&self.public()).finish()
    }
}

/// The public half of a [`ClientKey`], as text `ed25519:` and 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ClientPublicKey(pub(crate) [u8; KEY_BYTES]);

impl ClientPublicKey {
    /// What tickets name it by.
    #[must_use]
    pub fn hash(&self) -> KeyHash {
        hash_of(&self.0)
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        is_signed(&self.0, message, signature)
    }
}

impl FromStr for ClientPublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        public_from_text(text).map(Self)
    }
}

impl fmt::Display for ClientPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show_public(&self.0, f)
    }
}

impl fmt::Debug for ClientPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_as_text_and_private_ones_do_not_show() {
        let key = ClientKey::from_seed(&[7; 32]).unwrap();
        let again = ClientKey::from_secret_text(&key.secret_text()).unwrap();
        assert_eq!(again.public(), key.public());
        let text = key.public().to_string();
        assert_eq!(text.parse(), Ok(key.public()));
        assert!(!format!("{key:?}").contains(&key.secret_text()));
        for bad in ["", "AAAA", &format!("{text}A"), &key.secret_text()[1..]] {
            assert_eq!(bad.parse::<HubKey>(), Err(KeyError::Public));
            assert!(ClientKey::from_secret_text(bad).is_err());
        }
    }

    /// The private key of RFC 8410, section 10.3, and its public one.
    #[test]
    fn a_private_key_is_read_as_other_programs_write_it() {
        let bytes = data_encoding::BASE64URL_NOPAD
            .decode(b"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp-K06_nwoy_HU--CXqI9EdVhC")
            .unwrap();
        let key = Signer::from_pkcs8(&bytes).unwrap().public();
        let public = "ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
        assert_eq!(key.to_string(), public);
        assert_eq!(
            Signer::from_pkcs8(&bytes[1..]).unwrap_err(),
            KeyError::Private
        );
    }

    /// The test vector of RFC 8410, section 10.1.
    #[test]
    fn the_hash_is_that_of_the_whole_public_key_info() {
        let text = "ed25519:Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
        let key: ClientPublicKey = text.parse().unwrap();
        let spki = BASE64URL_NOPAD
            .decode(b"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE")
            .unwrap();
        assert_eq!(key.hash().0, digest(&SHA256, &spki).as_ref());
    }

    #[test]
    fn several_keys_are_accepted_while_they_change() {
        let key = |seed| Signer::from_seed(&[seed; 32]).unwrap().public();
        let text = format!("# old\n{}\n\n  {} \n", key(1), key(2));
        let keys: HubKeys = text.parse().unwrap();
        assert_eq!(keys.find(key(2).id()), Some(&key(2)));
        assert_eq!(keys.find(key(3).id()), None);
        assert_eq!("# nothing".parse::<HubKeys>(), Err(KeyError::None));
        let many = format!("{}\n", key(1)).repeat(MOST_KEYS + 1);
        assert_eq!(many.parse::<HubKeys>(), Err(KeyError::TooMany));
    }
}
