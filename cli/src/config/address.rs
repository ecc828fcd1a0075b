//! Where the hub is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The hub's address: `https://` and a name, or `http://` and an address of this machine, for tokens
/// must not be readable on the way. Without a slash at the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HubAddress(String);

/// A text is no address of a hub.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no address of a hub: it looks like https://hub.example.org or hub.example.org:8443; \
     http:// only goes to this machine, as nobody may read along"
)]
pub struct NoAddress(String);

impl HubAddress {
    /// As it stands before the paths.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<HubAddress> for String {
    fn from(address: HubAddress) -> Self {
        address.0
    }
}

impl TryFrom<String> for HubAddress {
    type Error = NoAddress;

    fn try_from(text: String) -> Result<Self, NoAddress> {
        text.parse()
    }
}

impl FromStr for HubAddress {
    type Err = NoAddress;

    /// What a person types: the scheme may be missing, and there may be a slash at the end.
    fn from_str(typed: &str) -> Result<Self, NoAddress> {
        let wrong = || NoAddress(typed.to_owned());
        let text = typed.trim().trim_end_matches('/');
        let (scheme, authority) = text.split_once("://").unwrap_or(("https", text));
        let scheme = scheme.to_ascii_lowercase();
        let host = host(authority).ok_or_else(wrong)?;
        let is_here = host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback());
        match scheme.as_str() {
            "https" => {}
            "http" if is_here => {}
            _ => return Err(wrong()),
        }
        let authority = authority.to_ascii_lowercase();
        Ok(Self(format!("{scheme}://{authority}")))
    }
}

/// The host of `HOST[:PORT]`, without the brackets of IPv6; `None` if the text is something else.
fn host(authority: &str) -> Option<&str> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let port_is_fine = match rest.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok_and(|port| port != 0),
        None => rest.is_empty(),
    };
    (!host.is_empty() && host.chars().all(fits) && port_is_fine).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_understood() {
        for (typed, address) in [
            ("hub.example.org", "https://hub.example.org"),
            ("hub.example.org:8443/", "https://hub.example.org:8443"),
            (" HTTPS://Hub.example ", "https://hub.example"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            let understood: HubAddress = typed.parse().unwrap();
            assert_eq!(understood.as_str(), address, "{typed}");
            assert_eq!(address.parse::<HubAddress>().as_ref(), Ok(&understood));
        }
    }

    #[test]
    fn nothing_goes_to_others_in_the_clear_or_to_nowhere() {
        for wrong in [
            "",
            "https://",
            "http://hub.example.org",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "hub:0",
            "hub:99999",
            "hub/path",
            "user@hub",
            "https://a b",
            "[::1",
        ] {
            assert!(wrong.parse::<HubAddress>().is_err(), "{wrong}");
        }
    }
}
