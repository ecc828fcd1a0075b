//! What a refresh token is exchanged for.
//!
//! Each is used once. One that comes again within [`GRACE`] gets the same answer: the first may have
//! been lost on the way, or two programs of a person may have read the same file. Later it is a sign
//! that somebody has a copy, and all tokens of the device are void.
//!
//! The same answer can be given although the store holds only hashes, because the next tokens are
//! made from the present one with a key that is not in the store: whoever shows it again makes them
//! again. Without the key nobody can, with the token or with the store or with both.

use hackstream_control_api::time::{Seconds, UnixMillis};
use ring::hmac;

use super::token::{Kind, Token};

/// How long the same refresh token gets the same answer.
pub const GRACE: Seconds = Seconds(60);

/// How long an access token is good.
pub const ACCESS_LIFETIME: Seconds = Seconds::minutes(10);

/// How long a refresh token is good if it is not used.
pub const REFRESH_LIFETIME: Seconds = Seconds::days(30);

/// When a device has to log in again in any case.
pub const DEVICE_LIFETIME: Seconds = Seconds::days(90);

/// The key with which tokens are made from tokens.
pub struct RotationKey(hmac::Key);

impl RotationKey {
    /// The key of these bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The token of that kind which follows `token`.
    #[must_use]
    pub fn successor(&self, token: &Token, kind: Kind) -> Token {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(kind.name().as_bytes());
        context.update(&[0]);
        context.update(token.text().as_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        Token::of(kind, &secret)
    }
}

impl RotationKey {
    /// The token of the node that came in with this code and this key. Nobody makes it without having
    /// been given the code.
    #[must_use]
    pub fn node_token(&self, code: &str, public_key: &[u8; 32]) -> Token {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"enroll\0");
        context.update(public_key);
        context.update(code.as_bytes());
        let mut secret = [0; 32];
        secret.copy_from_slice(context.sign().as_ref());
        Token::of(Kind::Node, &secret)
    }

    /// By what something is known again, without that anybody who has the store alone can find out
    /// what it was by trying.
    #[must_use]
    pub fn mark(&self, text: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"mark\0");
        context.update(text);
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }
}

/// What the store knows of a refresh token and its device.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Until when the token is good.
    pub expires_at: UnixMillis,
    /// When it was exchanged first.
    pub used_at: Option<UnixMillis>,
    /// Until when the device need not log in again.
    pub device_expires_at: UnixMillis,
    /// Whether the device was logged out, or its user disabled.
    pub revoked: bool,
}

/// What is to be done with a refresh token that somebody shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The next tokens are made.
    Rotate,
    /// The same tokens again.
    Repeat,
    /// All tokens of the device become void.
    Reuse,
    /// Too late, or logged out.
    Refuse,
}

/// Decides.
#[must_use]
pub fn decide(known: &Known, now: UnixMillis) -> Verdict {
    if known.revoked || now >= known.device_expires_at {
        return Verdict::Refuse;
    }
    match known.used_at {
        Some(used) if now <= used.plus(GRACE) => Verdict::Repeat,
        Some(_) => Verdict::Reuse,
        None if now >= known.expires_at => Verdict::Refuse,
        None => Verdict::Rotate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRESH: Known = Known {
        expires_at: UnixMillis(1_000_000),
        used_at: None,
        device_expires_at: UnixMillis(2_000_000),
        revoked: false,
    };

    #[test]
    fn once_again_within_the_grace_and_never_after_it() {
        let used = Known {
            used_at: Some(UnixMillis(500_000)),
            ..FRESH
        };
        assert_eq!(decide(&FRESH, UnixMillis(500_000)), Verdict::Rotate);
        assert_eq!(decide(&used, UnixMillis(560_000)), Verdict::Repeat);
        assert_eq!(decide(&used, UnixMillis(560_001)), Verdict::Reuse);
    }

    #[test]
    fn nothing_after_its_time() {
        assert_eq!(decide(&FRESH, UnixMillis(1_000_000)), Verdict::Refuse);
        let revoked = Known {
            revoked: true,
            ..FRESH
        };
        assert_eq!(decide(&revoked, UnixMillis(1)), Verdict::Refuse);
        let used = Known {
            used_at: Some(UnixMillis(1_999_990)),
            ..FRESH
        };
        assert_eq!(decide(&used, UnixMillis(2_000_000)), Verdict::Refuse);
    }

    #[test]
    fn the_same_token_makes_the_same_tokens_only_with_the_same_key() {
        let token = Token::of(Kind::Refresh, &[1; 32]);
        let key = RotationKey::new(&[2; 32]);
        let next = key.successor(&token, Kind::Refresh);
        assert_eq!(
            next,
            RotationKey::new(&[2; 32]).successor(&token, Kind::Refresh)
        );
        assert_ne!(
            next,
            RotationKey::new(&[3; 32]).successor(&token, Kind::Refresh)
        );
        assert_ne!(
            next.text()[4..],
            key.successor(&token, Kind::Access).text()[4..]
        );
    }
}
