//! The ticket itself, and how it is written: `hst1.` and base64url of its bytes and the signature.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use hackstream_protocol::wire::WireError;
use hackstream_protocol::wire::bytes::{Reader, Writer};

use crate::keys::SIGNATURE_BYTES;
use crate::names::MAX_NAME_BYTES;
use crate::{
    HubKeys, KeyHash, KeyId, Lifetime, NodeId, Policy, SessionId, Signer, TicketError, UnixSeconds,
};

/// Longest ticket in characters: nothing longer is looked at. Those of today have about 300.
pub const MAX_TICKET_CHARS: usize = 1024;

/// What a ticket begins with. The number is that of the form: whoever does not know it, does not
/// guess.
const PREFIX: &str = "hst1.";

/// What the signature is of, before the ticket's bytes: no signature for anything else is one of a
/// ticket.
const SIGNED_FOR: &[u8] = b"hackstream connect ticket 1\0";

/// The number of a ticket (`jti`): random, and used once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(pub [u8; 16]);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the hub says: this viewer may use that session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its number.
    pub id: TicketId,
    /// Which session it admits to.
    pub session: SessionId,
    /// Which node that is on.
    pub node: NodeId,
    /// The key of the session's certificate.
    pub server_key: KeyHash,
    /// The key of the viewer.
    pub client_key: KeyHash,
    /// When it was signed.
    pub issued_at: UnixSeconds,
    /// From when on it admits nobody.
    pub expires_at: UnixSeconds,
    /// What the viewer may do.
    pub policy: Policy,
}

impl Ticket {
    /// The same, good for `lifetime` from `now` on.
    #[must_use]
    pub fn good_for(self, lifetime: Lifetime, now: UnixSeconds) -> Self {
        Self {
            issued_at: now,
            expires_at: now.plus(lifetime.seconds()),
            ..self
        }
    }

    /// The ticket as it is handed out.
    #[must_use]
    pub fn sign(&self, signer: &Signer) -> String {
        let mut bytes = self.bytes(signer.public().id());
        let signature = signer.sign(&signed(&bytes));
        bytes.extend_from_slice(&signature);
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// The ticket that is written as `text` and signed with one of `keys`. Whether it is good here and
    /// now is another question.
    ///
    /// # Errors
    /// [`TicketError::Malformed`], [`TicketError::UnknownKey`] or [`TicketError::BadSignature`].
    pub fn verified(text: &str, keys: &HubKeys) -> Result<Self, TicketError> {
        if text.len() > MAX_TICKET_CHARS {
            return Err(TicketError::Malformed);
        }
        let encoded = text.strip_prefix(PREFIX).ok_or(TicketError::Malformed)?;
        let decoded = BASE64URL_NOPAD.decode(encoded.as_bytes());
        let decoded = decoded.map_err(|_| TicketError::Malformed)?;
        let length = decoded.len().checked_sub(SIGNATURE_BYTES);
        let length = length.ok_or(TicketError::Malformed)?;
        let (bytes, signature) = decoded.split_at(length);
        let (ticket, key) = Self::read(bytes).map_err(|_| TicketError::Malformed)?;
        // Whatever could be written in two ways would be two texts of one ticket.
        if ticket.bytes(key) != bytes {
            return Err(TicketError::Malformed);
        }
        let key = keys.find(key).ok_or(TicketError::UnknownKey)?;
        if !key.verifies(&signed(bytes), signature) {
            return Err(TicketError::BadSignature);
        }
        Ok(ticket)
    }

    fn bytes(&self, key: KeyId) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.raw(&self.id.0);
        out.raw(&key.0);
        out.put_bytes(self.session.as_str().as_bytes());
        out.put_bytes(self.node.as_str().as_bytes());
        out.raw(&self.server_key.0);
        out.raw(&self.client_key.0);
        out.put_varint(self.issued_at.0);
        out.put_varint(self.expires_at.0);
        self.policy.write(&mut out);
        out
    }

    fn read(bytes: &[u8]) -> Result<(Self, KeyId), WireError> {
        let mut reader = Reader::new(bytes);
        let id = TicketId(array(&mut reader)?);
        let key = KeyId(array(&mut reader)?);
        let session = text(&mut reader, "session")?;
        let node = text(&mut reader, "node")?;
        let ticket = Self {
            id,
            session: session.parse().map_err(|_| WireError::NotText("session"))?,
            node: node.parse().map_err(|_| WireError::NotText("node"))?,
            server_key: KeyHash(array(&mut reader)?),
            client_key: KeyHash(array(&mut reader)?),
            issued_at: UnixSeconds(reader.varint()?),
            expires_at: UnixSeconds(reader.varint()?),
            policy: Policy::read(&mut reader)?,
        };
        match reader.remaining() {
            0 => Ok((ticket, key)),
            more => Err(WireError::meaningless(
                "bytes after the ticket",
                more as u64,
            )),
        }
    }
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    [SIGNED_FOR, bytes].concat()
}

fn array<const N: usize>(reader: &mut Reader<'_>) -> Result<[u8; N], WireError> {
    let mut array = [0; N];
    array.copy_from_slice(reader.take(N)?);
    Ok(array)
}

fn text<'a>(reader: &mut Reader<'a>, what: &'static str) -> Result<&'a str, WireError> {
    let bytes = reader.bytes(what, MAX_NAME_BYTES)?;
    core::str::from_utf8(bytes).map_err(|_| WireError::NotText(what))
}
