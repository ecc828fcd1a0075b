//! What a control plane sends a viewer with: where to go, whom to expect there, and what to show.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use hackstream_protocol::limits::MAX_CONNECT_TICKET_BYTES;
use hackstream_ticket::ClientKey;
use hackstream_transport::Fingerprint;
use serde_json::Value;

use super::ServerAddress;
use crate::error::ViewError;

/// Bytes of a descriptor that are read; those of today have less than one thousand.
const MOST_BYTES: u64 = 64 << 10;

/// The name that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// What admits a viewer that a control plane sent: the ticket, and the key that it is for. Never shown.
#[derive(Clone)]
pub struct Ticket {
    /// As the control plane wrote it.
    pub(crate) text: String,
    /// The private key of this launch.
    pub(crate) key: Arc<ClientKey>,
}

impl Ticket {
    /// The ticket that is written as `text`, for `key`.
    #[must_use]
    pub fn new(text: String, key: ClientKey) -> Self {
        let key = Arc::new(key);
        Self { text, key }
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(secret)")
    }
}

/// What stands in the file of `--ticket-file`.
#[derive(Debug)]
pub(super) struct Descriptor {
    /// Where the session is.
    pub(super) server: ServerAddress,
    /// The key that its server has to have.
    pub(super) fingerprint: Fingerprint,
    /// What to show it.
    pub(super) ticket: Ticket,
}

impl Descriptor {
    /// Reads the file, or standard input if that is called `-`.
    ///
    /// # Errors
    /// [`ViewError::Usage`] if it cannot be read or lacks something.
    pub(super) fn read(file: &Path) -> Result<Self, ViewError> {
        let text = if file.as_os_str() == STANDARD_INPUT {
            limited(io::stdin().lock())
        } else {
            File::open(file).and_then(limited)
        };
        let text = text.map_err(|error| {
            let file = file.display();
            ViewError::Usage(format!("cannot read the ticket from {file}: {error}"))
        })?;
        Self::parse(&text).map_err(|what| {
            let file = file.display();
            ViewError::Usage(format!(
                "{file} is no descriptor of a session: {what}; it is one JSON object with host, \
                 port, server_spki, ticket and key, as the control plane writes it"
            ))
        })
    }

    /// Understands the JSON; fields that this version does not know are skipped. An error names what
    /// is wrong and shows nothing of what the text says.
    fn parse(text: &str) -> Result<Self, String> {
        let json: Value = serde_json::from_str(text).map_err(|_| "it is no JSON".to_owned())?;
        let field = |name: &str| {
            let value = json.get(name).and_then(Value::as_str);
            value.ok_or_else(|| format!("{name} is missing"))
        };
        let wrong = |name: &str| format!("{name} makes no sense");
        let port = json.get("port").and_then(Value::as_u64);
        let port = port.ok_or_else(|| "port is missing".to_owned())?;
        let host = field("host")?;
        let ticket = field("ticket")?;
        if ticket.len() > MAX_CONNECT_TICKET_BYTES {
            return Err("the ticket is too long".to_owned());
        }
        Ok(Self {
            server: address(host, port).map_err(|_| wrong("host or port"))?,
            fingerprint: fingerprint(field("server_spki")?).ok_or_else(|| wrong("server_spki"))?,
            ticket: Ticket::new(
                ticket.to_owned(),
                ClientKey::from_secret_text(field("key")?).map_err(|_| wrong("key"))?,
            ),
        })
    }
}

/// With the name of the hash before it, as we write it elsewhere, or without.
fn fingerprint(text: &str) -> Option<Fingerprint> {
    let bare = || format!("sha256:{text}").parse();
    text.parse().or_else(|_| bare()).ok()
}

fn address(host: &str, port: u64) -> Result<ServerAddress, ViewError> {
    let is_v6 = host.contains(':') && !host.starts_with('[');
    let host = if is_v6 {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    format!("{host}:{port}").parse()
}

fn limited(source: impl Read) -> io::Result<String> {
    let mut text = String::new();
    source.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn descriptor() -> Value {
        let key = ClientKey::from_seed(&[7; 32]).expect("a key");
        serde_json::json!({
            "host": "node.example", "port": 14501, "ticket": "hst1.AQID", "later": 1,
            "server_spki": format!("sha256:{}", "ab".repeat(32)), "key": key.secret_text(),
        })
    }

    #[test]
    fn a_descriptor_says_where_to_go_and_whom_to_expect() {
        let read = Descriptor::parse(&descriptor().to_string()).expect("a descriptor");
        assert_eq!(read.server.to_string(), "node.example:14501");
        assert_eq!(read.fingerprint.bytes(), [0xab; 32]);
        assert_eq!(read.ticket.text, "hst1.AQID");
        assert!(!format!("{read:?}").contains("AQID"));
        let mut bare = descriptor();
        bare["server_spki"] = "ab".repeat(32).into();
        let bare = Descriptor::parse(&bare.to_string()).expect("without the hash's name");
        assert_eq!(bare.fingerprint, read.fingerprint);
        for (host, server) in [("::1", "[::1]:14501"), ("192.0.2.1", "192.0.2.1:14501")] {
            let mut json = descriptor();
            json["host"] = host.into();
            let read = Descriptor::parse(&json.to_string()).expect(host);
            assert_eq!(read.server.to_string(), server);
        }
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_shown() {
        for name in ["host", "port", "server_spki", "ticket", "key"] {
            for wrong in [Value::Null, 70_000.into(), "a b".into()] {
                if (name, &wrong) == ("ticket", &"a b".into()) {
                    continue;
                }
                let mut json = descriptor();
                json[name] = wrong;
                let error = Descriptor::parse(&json.to_string()).expect_err(name);
                assert!(error.contains(name), "{name}: {error}");
                assert!(!error.contains("hst1"), "{error}");
            }
        }
        assert!(Descriptor::parse("").is_err() && Descriptor::parse("[]").is_err());
    }

    #[test]
    fn a_descriptor_comes_from_a_file() {
        let dir = tempfile::tempdir().expect("dir");
        let file = dir.path().join("session.json");
        let error = Descriptor::read(&file).expect_err("no file").to_string();
        assert!(error.contains("session.json"), "{error}");
        std::fs::write(&file, descriptor().to_string()).expect("write");
        assert!(Descriptor::read(&file).is_ok());
    }
}
