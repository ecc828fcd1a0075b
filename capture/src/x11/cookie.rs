//! The secret that admits to a display.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};

/// Name of the scheme, as the X protocol and Xauthority files spell it.
pub(crate) const SCHEME: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// A MIT magic cookie: whoever knows it may use the display.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie([u8; 16]);

impl Cookie {
    /// A fresh random cookie.
    ///
    /// # Errors
    /// The system's error if it has no randomness to give.
    pub fn generate() -> io::Result<Self> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The secret itself.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The contents of an Xauthority file that admits to every display with this cookie.
    ///
    /// It names neither host nor display, because the display's number is known only once the
    /// X server that reads this file has chosen one.
    #[must_use]
    pub fn xauthority(&self) -> Vec<u8> {
        const FAMILY_WILD: u16 = 0xffff;
        let mut file = FAMILY_WILD.to_be_bytes().to_vec();
        for field in [
            &b""[..], /* host */
            b"",      /* display */
            SCHEME,
            &self.0,
        ] {
            file.extend_from_slice(&(field.len() as u16).to_be_bytes());
            file.extend_from_slice(field);
        }
        file
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_differ_and_do_not_show() {
        let (a, b) = (Cookie::generate().unwrap(), Cookie::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(format!("{a:?}"), "Cookie(secret)");
    }

    #[test]
    fn xauthority_is_laid_out_as_libxau_reads_it() {
        let file = Cookie([7; 16]).xauthority();
        assert_eq!(file[..6], [0xff, 0xff, 0, 0, 0, 0]);
        assert_eq!(file[6..8], [0, 18]);
        assert_eq!(&file[8..26], b"MIT-MAGIC-COOKIE-1");
        assert_eq!(file[26..28], [0, 16]);
        assert_eq!(file[28..], [7; 16]);
    }
}
