//! Tagged fields: how control messages stay readable for older and newer peers.
//!
//! A message is its kind (varint) and then fields, each `tag (varint), length (varint), bytes`.
//! A reader skips tags that it does not know and takes the last of a repeated tag. A tag is never
//! reused for something else.

use super::WireError;
use super::bytes::{Reader, Writer};

/// Writes one message.
#[derive(Debug)]
pub struct FieldWriter<'a> {
    out: &'a mut Vec<u8>,
    scratch: Vec<u8>,
}

impl<'a> FieldWriter<'a> {
    /// Starts a message of `kind` at the end of `out`.
    pub fn new(out: &'a mut Vec<u8>, kind: u64) -> Self {
        out.put_varint(kind);
        Self {
            out,
            scratch: Vec::new(),
        }
    }

    /// Adds a field of raw bytes.
    pub fn bytes(&mut self, tag: u64, bytes: &[u8]) -> &mut Self {
        self.out.put_varint(tag);
        self.out.put_bytes(bytes);
        self
    }

    /// Adds a field that holds one varint.
    pub fn number(&mut self, tag: u64, value: u64) -> &mut Self {
        self.nested(tag, |out| out.put_varint(value))
    }

    /// Adds a field with the text's UTF-8 bytes.
    pub fn text(&mut self, tag: u64, text: &str) -> &mut Self {
        self.bytes(tag, text.as_bytes())
    }

    /// Adds a field whose bytes `fill` writes.
    pub fn nested(&mut self, tag: u64, fill: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        self.scratch.clear();
        fill(&mut self.scratch);
        self.out.put_varint(tag);
        self.out.put_bytes(&self.scratch);
        self
    }
}

/// The fields of one message, in order.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    reader: Reader<'a>,
}

impl<'a> Fields<'a> {
    /// Reads the kind of the message in `bytes`; the fields follow.
    ///
    /// # Errors
    /// [`WireError`] if there is no kind.
    pub fn of_message(bytes: &'a [u8]) -> Result<(u64, Self), WireError> {
        let mut reader = Reader::new(bytes);
        let kind = reader.varint()?;
        Ok((kind, Self { reader }))
    }

    /// The next field.
    ///
    /// # Errors
    /// [`WireError`] if the message ends in the middle of it.
    pub fn next_field(&mut self) -> Result<Option<Field<'a>>, WireError> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let tag = self.reader.varint()?;
        let bytes = self.reader.bytes("field length", usize::MAX)?;
        Ok(Some(Field { tag, bytes }))
    }
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// Which field.
    pub tag: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'a> Field<'a> {
    /// The varint that the field starts with.
    ///
    /// # Errors
    /// [`WireError`] if there is none.
    pub fn number(&self) -> Result<u64, WireError> {
        self.reader().varint()
    }

    /// The field as text of at most `max` bytes.
    ///
    /// # Errors
    /// [`WireError`] if it is longer or not UTF-8.
    pub fn text(&self, what: &'static str, max: usize) -> Result<&'a str, WireError> {
        if self.bytes.len() > max {
            let value = self.bytes.len() as u64;
            return Err(WireError::OverLimit {
                what,
                value,
                max: max as u64,
            });
        }
        core::str::from_utf8(self.bytes).map_err(|_| WireError::NotText(what))
    }

    /// A reader over the field's bytes.
    #[must_use]
    pub const fn reader(&self) -> Reader<'a> {
        Reader::new(self.bytes)
    }
}
/// The value of the field with tag 1 in a message that has no other.
pub(in crate::wire) fn only_field<'a, T>(
    mut fields: Fields<'a>,
    what: &'static str,
    read: impl Fn(&Field<'a>) -> Result<T, WireError>,
) -> Result<T, WireError> {
    let mut value = None;
    while let Some(field) = fields.next_field()? {
        if field.tag == 1 {
            value = Some(read(&field)?);
        }
    }
    value.ok_or(WireError::Missing(what))
}
