//! Addresses of web pages that a session asks the viewer to open.

use crate::limits::MAX_LINK_BYTES;

/// Letters that stand for themselves behind the host, after RFC 3986.
const PLAIN: &[u8] = b"-._~:/?#[]@!$&'()*+,;=%";

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The address of a web page, with nothing in it that a program which is given it could take for
/// something else: it begins with `http://` or `https://`, names a host, and consists of ASCII letters
/// that addresses have. It holds no name or password of a user, which only serve to make an address
/// look like another.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Link(String);

impl Link {
    /// The address that `text` means, if it is one. What has to be escaped in it is; the scheme becomes
    /// lower case.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        if text.len() > MAX_LINK_BYTES || text.chars().any(char::is_control) {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, page) = rest.split_at(end);
        if !is_authority(authority) {
            return None;
        }
        let mut link = format!("{scheme}://{authority}");
        for &byte in page.as_bytes() {
            if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
                link.push(char::from(byte));
            } else {
                let digits = [byte >> 4, byte & 15].map(|digit| HEX[usize::from(digit)]);
                link.push('%');
                link.extend(digits.map(char::from));
            }
        }
        (link.len() <= MAX_LINK_BYTES).then_some(Self(link))
    }

    /// The whole address. It may hold secrets: logs should have the [host](Self::host) only.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        let (_, rest) = self.0.split_once("://").unwrap_or_default();
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        match authority.strip_prefix('[') {
            Some(six) => six.split_once(']').map_or("", |(host, _)| host),
            None => authority.split(':').next().unwrap_or_default(),
        }
    }
}

impl core::fmt::Debug for Link {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Link({}, …)", self.host())
    }
}

/// Whether it is a host, and maybe a port. A host of other letters has a form in ASCII, which shows
/// that it is not what it looks like.
fn is_authority(text: &str) -> bool {
    let (host_is_fine, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => (address.parse::<core::net::Ipv6Addr>().is_ok(), port),
            None => return false,
        },
        None => {
            let end = text.find(':').unwrap_or(text.len());
            let (name, port) = text.split_at(end);
            let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            (begins && name.bytes().all(is_letter), port)
        }
    };
    let port_is_fine = match port.strip_prefix(':') {
        Some(digits) => {
            let all_digits = digits.bytes().all(|digit| digit.is_ascii_digit());
            digits.is_empty() || (all_digits && digits.parse::<u16>().is_ok())
        }
        None => port.is_empty(),
    };
    host_is_fine && port_is_fine
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Option<String> {
        Link::of(text).map(|link| link.as_str().to_owned())
    }

    #[test]
    fn pages_of_the_web_are_links() {
        for link in [
            "http://localhost",
            "https://example.org/",
            "https://example.org:8443/a-b/~c?d=%20&e=[1]#f",
            "http://192.0.2.1?x",
            "https://[2001:db8::1]:80/",
        ] {
            assert_eq!(of(link).as_deref(), Some(link));
        }
        let escaped = "https://example.org/K%C3%B6ln%20%22%5C%3C%7C";
        assert_eq!(
            of("HTTPS://example.org/Köln \"\\<|").as_deref(),
            Some(escaped)
        );
        assert_eq!(of(escaped).as_deref(), Some(escaped));
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "",
            "example.org",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "--help",
            "-http://example.org",
            " https://example.org",
            "https://",
            "https:///path",
            "https://user@example.org/",
            "https://bank.example:secret@evil.example/",
            "https://bank.example\\@evil.example/",
            "https://b\u{430}nk.example/",
            "https://-example.org/",
            "https://example.org:port/",
            "https://example.org:99999/",
            "https://[::1/",
            "https://[example]/",
            "https://example.org/\n--help",
            "https://example.org/\0",
            "https://a b/",
        ] {
            assert_eq!(of(text), None, "{text:?}");
        }
        let long = format!("https://example.org/{}", "é".repeat(MAX_LINK_BYTES / 4));
        assert!(long.len() < MAX_LINK_BYTES && of(&long).is_none());
    }

    #[test]
    fn logs_have_the_host_and_no_more() {
        let host = |text| Link::of(text).map(|link| link.host().to_owned());
        assert_eq!(
            host("https://a.example:1/?token=x").as_deref(),
            Some("a.example")
        );
        assert_eq!(host("http://[::1]:1").as_deref(), Some("::1"));
        let link = Link::of("https://a.example/?token=x");
        assert!(!format!("{link:?}").contains("token"));
    }

    proptest! {
        #[test]
        fn a_link_is_safe_to_hand_on(text in "(h|http|s|://|a|@|:|/|\\\\|\\[|\\]|\\.|1|é| |\n|\\PC){0,20}") {
            if let Some(link) = Link::of(&text) {
                let bytes = link.as_str().as_bytes();
                prop_assert!(bytes.starts_with(b"http"));
                prop_assert!(bytes.iter().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!link.host().is_empty());
                prop_assert_eq!(Link::of(link.as_str()), Some(link));
            }
        }
    }
}
