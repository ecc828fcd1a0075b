//! Passwords, as Argon2id hashes in PHC texts.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use hackstream_control_api::limits::{MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS};

use crate::random::{NoRandomness, bytes};

/// Kibibytes of memory: OWASP's minimum together with two passes.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most that a hash from the store may cost: somebody else could have written it.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 8;

const SALT_BYTES: usize = 16;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It can be guessed.
    #[error("the password has fewer than {MIN_PASSWORD_CHARACTERS} characters")]
    Short,
    /// Nobody types that.
    #[error("the password has more than {MAX_PASSWORD_BYTES} bytes")]
    Long,
}

/// Whether a new password can be taken.
///
/// # Errors
/// Why not.
pub fn check(password: &str) -> Result<(), Unfit> {
    if password.len() > MAX_PASSWORD_BYTES {
        Err(Unfit::Long)
    } else if password.chars().count() < MIN_PASSWORD_CHARACTERS {
        Err(Unfit::Short)
    } else {
        Ok(())
    }
}

/// Argon2id as we hash.
pub struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of nothing that anybody knows: checked where there is no such user, so that it takes
    /// as long.
    nobody: String,
}

impl Passwords {
    /// Ready to hash.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn new() -> Result<Self, NoRandomness> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| NoRandomness)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut passwords = Self {
            argon2,
            nobody: String::new(),
        };
        passwords.nobody = passwords.hash(&crate::random::hex(&bytes::<16>()?))?;
        Ok(passwords)
    }

    /// The text to keep of a password. Takes tens of milliseconds and 19 MiB.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn hash(&self, password: &str) -> Result<String, NoRandomness> {
        let salt = bytes::<SALT_BYTES>()?;
        let hash = self
            .argon2
            .hash_password_with_salt(password.as_bytes(), &salt);
        Ok(hash.map_err(|_| NoRandomness)?.to_string())
    }

    /// Whether the password is the one of `phc`; `None` stands for a user that does not exist, and
    /// is refused after as long a time.
    #[must_use]
    pub fn verify(&self, password: &str, phc: Option<&str>) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        let Ok(hash) = PasswordHash::new(phc.unwrap_or(&self.nobody)) else {
            return false;
        };
        is_bearable(&hash)
            && self
                .argon2
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
            && phc.is_some()
    }

    /// Whether `phc` was made with other costs than today's: to be hashed anew at the next login.
    #[must_use]
    pub fn is_outdated(&self, phc: &str) -> bool {
        let params = PasswordHash::new(phc)
            .ok()
            .and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, LANES)
        })
    }
}

fn is_bearable(hash: &PasswordHash) -> bool {
    Params::try_from(hash).is_ok_and(|params| {
        params.m_cost() <= MOST_MEMORY_KIB
            && params.t_cost() <= MOST_PASSES
            && params.p_cost() <= MOST_LANES
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let phc = passwords.hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify("correct horse battery", Some(&phc)));
        assert!(!passwords.verify("correct horse batterz", Some(&phc)));
        assert!(!passwords.verify("correct horse battery", None));
        assert!(!passwords.is_outdated(&phc));
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        let passwords = Passwords::new().unwrap();
        let phc = passwords.hash("correct horse battery").unwrap();
        let dear = phc.replace("m=19456", "m=4000000");
        assert!(!passwords.verify("correct horse battery", Some(&dear)));
        assert!(passwords.is_outdated(&phc.replace("t=2", "t=1")));
        assert!(!passwords.verify("x", Some("no hash")));
        assert!(!passwords.verify(&"x".repeat(MAX_PASSWORD_BYTES + 1), Some(&phc)));
    }

    #[test]
    fn short_and_endless_passwords_are_not_taken() {
        assert_eq!(check("12345678901"), Err(Unfit::Short));
        assert_eq!(check("päßwörterchen"), Ok(()));
        assert_eq!(check(&"x".repeat(2000)), Err(Unfit::Long));
    }
}
