//! Messages: a header with fields, and a body.

use super::BusError;
use super::marshal::{Reader, Writer};

/// Before the fields: byte order, kind, flags, version, lengths and number.
const FIXED_BYTES: usize = 16;

/// The largest message that is taken. Answers and signals of notifications are far smaller; a bus would
/// carry 128 MiB.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

const LITTLE_ENDIAN: u8 = b'l';
const VERSION: u8 = 1;

/// Kinds of messages.
mod kind {
    pub(super) const CALL: u8 = 1;
    pub(super) const REPLY: u8 = 2;
    pub(super) const ERROR: u8 = 3;
    pub(super) const SIGNAL: u8 = 4;
}

/// Kinds of header fields.
mod field {
    pub(super) const PATH: u8 = 1;
    pub(super) const INTERFACE: u8 = 2;
    pub(super) const MEMBER: u8 = 3;
    pub(super) const ERROR_NAME: u8 = 4;
    pub(super) const REPLY_SERIAL: u8 = 5;
    pub(super) const DESTINATION: u8 = 6;
    pub(super) const SENDER: u8 = 7;
    pub(super) const SIGNATURE: u8 = 8;
}

/// The flag of a call that wants no answer.
const NO_REPLY_EXPECTED: u8 = 1;

const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";

/// A call of a method of somebody on the bus.
pub(crate) struct Call<'a> {
    pub(crate) destination: &'a str,
    pub(crate) path: &'a str,
    pub(crate) interface: &'a str,
    pub(crate) method: &'a str,
    /// The types of the arguments.
    pub(crate) signature: &'static str,
    /// The arguments.
    pub(crate) arguments: Writer,
}

impl Call<'_> {
    /// The message, with this number.
    pub(super) fn message(self, serial: u32) -> Vec<u8> {
        let body = self.arguments.into_bytes();
        let texts = [
            (field::PATH, "o", self.path),
            (field::DESTINATION, "s", self.destination),
            (field::INTERFACE, "s", self.interface),
            (field::MEMBER, "s", self.method),
        ];
        message(kind::CALL, serial, None, &texts, self.signature, &body)
    }
}

/// The answer to a call that we do not serve: that there is no such method.
pub(super) fn refusal(serial: u32, caller: &str, call: u32) -> Vec<u8> {
    let name = (field::ERROR_NAME, "s", UNKNOWN_METHOD);
    let destination = (field::DESTINATION, "s", caller);
    let texts = [name, destination];
    // Who calls without a bus between has no name.
    let texts = if caller.is_empty() {
        &texts[..1]
    } else {
        &texts
    };
    message(kind::ERROR, serial, Some(call), texts, "", &[])
}

fn message(
    kind: u8,
    serial: u32,
    reply_to: Option<u32>,
    texts: &[(u8, &'static str, &str)],
    signature: &'static str,
    body: &[u8],
) -> Vec<u8> {
    let mut writer = Writer::default();
    for byte in [LITTLE_ENDIAN, kind, 0, VERSION] {
        writer.byte(byte);
    }
    writer.number(body.len() as u32);
    writer.number(serial);
    let signature = Some(signature).filter(|types| !types.is_empty());
    let fields = texts
        .iter()
        .map(|&(code, of, text)| (code, of, Field::Text(text)));
    let fields = fields
        .chain(reply_to.map(|call| (field::REPLY_SERIAL, "u", Field::Number(call))))
        .chain(signature.map(|types| (field::SIGNATURE, "g", Field::Signature(types))));
    writer.entries(fields, |entry, (code, of, value)| {
        entry.byte(code);
        entry.signature(of);
        match value {
            Field::Text(text) => entry.text(text),
            Field::Number(number) => entry.number(number),
            Field::Signature(types) => entry.signature(types),
        }
    });
    writer.align(8);
    let mut message = writer.into_bytes();
    message.extend(body);
    message
}

enum Field<'a> {
    Text(&'a str),
    Number(u32),
    Signature(&'static str),
}

/// Something that somebody tells everybody who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) interface: String,
    pub(crate) name: String,
    /// The arguments; their types are those in `signature`.
    pub(crate) body: Vec<u8>,
    pub(crate) signature: String,
}

/// A message that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    Reply {
        call: u32,
        body: Vec<u8>,
    },
    Error {
        call: u32,
        name: String,
        text: String,
    },
    Signal(Signal),
    /// A call that is to be answered, by us.
    Call {
        caller: String,
        serial: u32,
    },
    /// Nothing that concerns us.
    Other,
}

/// How long the message is that begins with these bytes; `None` if there are too few to tell.
pub(super) fn length(bytes: &[u8]) -> Result<Option<usize>, BusError> {
    if bytes.len() < FIXED_BYTES {
        return Ok(None);
    }
    lengths(bytes)
        .and_then(|(fields, body)| {
            FIXED_BYTES
                .checked_add(fields)?
                .checked_next_multiple_of(8)?
                .checked_add(body)
        })
        .filter(|&length| length <= MAX_MESSAGE_BYTES)
        .map(Some)
        .ok_or(BusError::Malformed)
}

/// The lengths of the fields and of the body; `None` for a message of another byte order or version.
fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut reader = Reader::new(bytes);
    let order = reader.byte()?;
    let (_kind, _flags, version) = (reader.byte()?, reader.byte()?, reader.byte()?);
    let (body, _serial, fields) = (reader.number()?, reader.number()?, reader.number()?);
    (order == LITTLE_ENDIAN && version == VERSION).then_some((fields as usize, body as usize))
}

/// What the fields of a header said.
#[derive(Default)]
struct Fields<'a> {
    interface: &'a str,
    member: &'a str,
    error: &'a str,
    sender: &'a str,
    signature: &'a str,
    reply_to: u32,
}

/// Reads a message, all of it and nothing else; [`length`] said how long it is.
pub(super) fn read(bytes: &[u8]) -> Result<Incoming, BusError> {
    parse(bytes).ok_or(BusError::Malformed)
}

fn parse(bytes: &[u8]) -> Option<Incoming> {
    let mut reader = Reader::new(bytes);
    let (_order, kind, flags, _version) = (
        reader.byte()?,
        reader.byte()?,
        reader.byte()?,
        reader.byte()?,
    );
    let (_body, serial) = (reader.number()?, reader.number()?);
    let mut fields = Fields::default();
    reader.structures(|entry| read_field(entry, &mut fields))?;
    reader.align(8);
    let body = bytes.get(reader.position()..)?.to_vec();
    Some(match kind {
        kind::REPLY => Incoming::Reply {
            call: fields.reply_to,
            body,
        },
        kind::ERROR => Incoming::Error {
            call: fields.reply_to,
            name: fields.error.to_owned(),
            text: text_of_error(fields.signature, &body),
        },
        kind::SIGNAL => Incoming::Signal(Signal {
            interface: fields.interface.to_owned(),
            name: fields.member.to_owned(),
            signature: fields.signature.to_owned(),
            body,
        }),
        kind::CALL if flags & NO_REPLY_EXPECTED == 0 => Incoming::Call {
            caller: fields.sender.to_owned(),
            serial,
        },
        _ => Incoming::Other,
    })
}

fn read_field<'a>(entry: &mut Reader<'a>, fields: &mut Fields<'a>) -> Option<()> {
    let code = entry.byte()?;
    // Those that a bus sends have no other types.
    let (mut text, mut number) = ("", 0);
    match entry.signature()? {
        "s" | "o" => text = entry.text()?,
        "g" => text = entry.signature()?,
        "u" => number = entry.number()?,
        _ => return None,
    }
    match code {
        field::INTERFACE => fields.interface = text,
        field::MEMBER => fields.member = text,
        field::ERROR_NAME => fields.error = text,
        field::SENDER => fields.sender = text,
        field::SIGNATURE => fields.signature = text,
        field::REPLY_SERIAL => fields.reply_to = number,
        _ => {}
    }
    Some(())
}

/// What an error says besides its name: its first argument, if that is a text.
fn text_of_error(signature: &str, body: &[u8]) -> String {
    let text = if signature.starts_with('s') {
        Reader::new(body).text()
    } else {
        None
    };
    text.unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call() -> Vec<u8> {
        let mut arguments = Writer::default();
        arguments.text("x");
        let call = Call {
            destination: "a.b",
            path: "/c",
            interface: "d.e",
            method: "F",
            signature: "s",
            arguments,
        };
        call.message(7)
    }

    #[test]
    fn a_message_tells_its_length_and_is_read_as_written() {
        let bytes = call();
        for cut in 0..FIXED_BYTES {
            assert!(matches!(length(&bytes[..cut]), Ok(None)));
        }
        assert_eq!(length(&bytes).unwrap(), Some(bytes.len()));
        let expected = Incoming::Call {
            caller: String::new(),
            serial: 7,
        };
        assert_eq!(read(&bytes).unwrap(), expected);
        let answer = refusal(8, ":1.2", 7);
        assert_eq!(length(&answer).unwrap(), Some(answer.len()));
        let expected = Incoming::Error {
            call: 7,
            name: "org.freedesktop.DBus.Error.UnknownMethod".to_owned(),
            text: "it does not say why".to_owned(),
        };
        assert_eq!(read(&answer).unwrap(), expected);
    }

    #[test]
    fn a_message_that_is_too_large_is_refused_before_it_comes() {
        let mut bytes = call();
        let most = (MAX_MESSAGE_BYTES - bytes.len()) as u32;
        bytes[4..8].copy_from_slice(&most.to_le_bytes());
        assert!(matches!(length(&bytes), Ok(Some(_))));
        for body in [most + 8, u32::MAX] {
            bytes[4..8].copy_from_slice(&body.to_le_bytes());
            assert!(matches!(length(&bytes), Err(BusError::Malformed)));
        }
    }

    proptest! {
        #[test]
        fn no_message_makes_it_panic(at in 0_usize..64, byte: u8, bytes: Vec<u8>) {
            let mut changed = call();
            if let Some(place) = changed.get_mut(at) {
                *place = byte;
            }
            for bytes in [changed, bytes] {
                let _ = (length(&bytes), read(&bytes));
            }
        }
    }
}
