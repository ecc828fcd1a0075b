//! The server's name and port as a person writes them.

use std::fmt;
use std::str::FromStr;

use hackstream_protocol::DEFAULT_PORT;

use crate::error::ViewError;

/// Name and UDP port of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// Host name or IP address, in lower case and without brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for ServerAddress {
    type Err = ViewError;

    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or a bare IPv6 address.
    fn from_str(text: &str) -> Result<Self, ViewError> {
        let wrong =
            |why: &str| ViewError::Usage(format!("\"{text}\" is not HOST or HOST:PORT: {why}"));
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, rest) = rest.split_once(']').ok_or_else(|| wrong("] is missing"))?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(wrong("no IPv6 address in the brackets"));
            }
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(wrong("a colon must follow ]")),
            }
        } else if text.parse::<std::net::Ipv6Addr>().is_ok() {
            (text, None)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            }
        };
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || "/@#[]".contains(c)) {
            return Err(wrong("the host is not a name or an address"));
        }
        let port = match port.map(str::parse) {
            None => DEFAULT_PORT,
            Some(Ok(port)) if port != 0 => port,
            Some(_) => return Err(wrong("a port is a number from 1 to 65535")),
        };
        Ok(Self {
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_every_notation() {
        for (text, host, port) in [
            ("Example.ORG", "example.org", DEFAULT_PORT),
            ("192.0.2.1:99", "192.0.2.1", 99),
            ("::1", "::1", DEFAULT_PORT),
            ("[::1]", "::1", DEFAULT_PORT),
            ("[2001:db8::2]:7", "2001:db8::2", 7),
        ] {
            let address: ServerAddress = text.parse().expect(text);
            assert_eq!(
                (address.host.as_str(), address.port),
                (host, port),
                "{text}"
            );
        }
        let v6: ServerAddress = "::1".parse().expect("v6");
        assert_eq!(v6.to_string(), "[::1]:14500");
    }

    #[test]
    fn malformed_addresses_are_usage_errors() {
        for text in [
            "", ":1", "h:", "h:0", "h:65536", "h:x", "a b", "[::1", "[x]:1", "[::1]1",
        ] {
            let error = text.parse::<ServerAddress>().expect_err(text);
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }
}
