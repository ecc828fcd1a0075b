//! The contents of a clipboard, on their way to who pastes them.

use super::{Format, Selection};
use crate::limits::{MAX_CLIPBOARD_BASE_BYTES, MAX_CLIPBOARD_PIECE_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{Field, FieldWriter, Fields};

/// What the peer that pastes says, on a stream of kind
/// [`ClipboardContents`](crate::wire::StreamKind::ClipboardContents) that it opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipboardDemand {
    /// What it wants; the first message.
    Request(Request),
    /// So many bytes of pieces, since the start of the stream, have been taken out of its hands. The
    /// other peer sends only a little more than that.
    Taken(u64),
}

/// Which contents somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Number of this request, greater than those before it from the same peer.
    pub number: u64,
    /// Which clipboard.
    pub selection: Selection,
    /// Number of the offer that is accepted.
    pub serial: u64,
    /// What to paste it as.
    pub format: Format,
    /// Number of an earlier request whose text this peer still has; 0 if none.
    pub base: u64,
}

/// What the peer whose clipboard it is answers on the same stream: a start, pieces, an end. A stream
/// that ends otherwise failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipboardSupply {
    /// Contents follow.
    Start(Start),
    /// The next part of them; never empty, at most [`MAX_CLIPBOARD_PIECE_BYTES`].
    Piece(Vec<u8>),
    /// They are complete.
    End,
}

/// How contents are made from the pieces: after so many bytes of the beginning of the base, and
/// before so many of its end. Both 0 without a base, and at most [`MAX_CLIPBOARD_BASE_BYTES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// Bytes kept of the beginning of the base.
    pub prefix: usize,
    /// Bytes kept of its end.
    pub suffix: usize,
}

mod kind {
    pub(super) const REQUEST: u64 = 1;
    pub(super) const TAKEN: u64 = 2;

    pub(super) const START: u64 = 1;
    pub(super) const PIECE: u64 = 2;
    pub(super) const END: u64 = 3;
}

impl ClipboardDemand {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Request(request) => {
                FieldWriter::new(out, kind::REQUEST)
                    .number(1, request.number)
                    .number(2, request.selection.number())
                    .number(3, request.serial)
                    .number(4, request.format.number())
                    .number(5, request.base);
            }
            Self::Taken(bytes) => {
                FieldWriter::new(out, kind::TAKEN).number(1, *bytes);
            }
        }
    }

    /// Reads a message; `None` if this version does not know its kind.
    ///
    /// # Errors
    /// [`WireError`] if the message is of a known kind and malformed.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let (kind, mut fields) = Fields::of_message(bytes)?;
        Ok(Some(match kind {
            kind::REQUEST => Self::Request(read_request(fields)?),
            kind::TAKEN => {
                let mut taken = None;
                while let Some(field) = fields.next_field()? {
                    if field.tag == 1 {
                        taken = Some(field.number()?);
                    }
                }
                Self::Taken(taken.ok_or(WireError::Missing("bytes taken"))?)
            }
            _ => return Ok(None),
        }))
    }
}

fn read_request(mut fields: Fields<'_>) -> Result<Request, WireError> {
    let (mut number, mut selection, mut serial, mut format) = (None, None, None, None);
    let mut base = 0;
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => number = Some(field.number()?),
            2 => selection = Some(Selection::from_number(field.number()?)?),
            3 => serial = Some(field.number()?),
            4 => format = Some(read_format(&field)?),
            5 => base = field.number()?,
            _ => {}
        }
    }
    Ok(Request {
        number: number.ok_or(WireError::Missing("request's number"))?,
        selection: selection.ok_or(WireError::Missing("selection"))?,
        serial: serial.ok_or(WireError::Missing("offer's number"))?,
        format: format.ok_or(WireError::Missing("format"))?,
        base,
    })
}

fn read_format(field: &Field<'_>) -> Result<Format, WireError> {
    let number = field.number()?;
    Format::from_number(number).ok_or(WireError::meaningless("format", number))
}

impl ClipboardSupply {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Start(start) => {
                FieldWriter::new(out, kind::START)
                    .number(1, start.prefix as u64)
                    .number(2, start.suffix as u64);
            }
            Self::Piece(bytes) => {
                FieldWriter::new(out, kind::PIECE).bytes(1, bytes);
            }
            Self::End => {
                FieldWriter::new(out, kind::END);
            }
        }
    }

    /// Reads a message; `None` if this version does not know its kind.
    ///
    /// # Errors
    /// [`WireError`] if the message is of a known kind and malformed.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let (kind, fields) = Fields::of_message(bytes)?;
        Ok(Some(match kind {
            kind::START => Self::Start(read_start(fields)?),
            kind::PIECE => Self::Piece(read_piece(fields)?),
            kind::END => Self::End,
            _ => return Ok(None),
        }))
    }
}

fn read_start(mut fields: Fields<'_>) -> Result<Start, WireError> {
    let mut start = Start::default();
    while let Some(field) = fields.next_field()? {
        let kept = || {
            field
                .reader()
                .length("kept bytes", MAX_CLIPBOARD_BASE_BYTES)
        };
        match field.tag {
            1 => start.prefix = kept()?,
            2 => start.suffix = kept()?,
            _ => {}
        }
    }
    Ok(start)
}

fn read_piece(mut fields: Fields<'_>) -> Result<Vec<u8>, WireError> {
    let mut piece: &[u8] = &[];
    while let Some(field) = fields.next_field()? {
        if field.tag == 1 {
            piece = field.bytes;
        }
    }
    if piece.is_empty() {
        return Err(WireError::Missing("piece"));
    }
    if piece.len() > MAX_CLIPBOARD_PIECE_BYTES {
        return Err(WireError::OverLimit {
            what: "piece of a clipboard",
            value: piece.len() as u64,
            max: MAX_CLIPBOARD_PIECE_BYTES as u64,
        });
    }
    Ok(piece.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn supplied(message: &ClipboardSupply) -> Result<Option<ClipboardSupply>, WireError> {
        let mut out = Vec::new();
        message.write(&mut out);
        ClipboardSupply::read(&out)
    }

    proptest! {
        #[test]
        fn demands_round_trip(number: u64, serial: u64, base: u64, format in 0..3usize) {
            let request = Request {
                number,
                selection: Selection::Clipboard,
                serial,
                format: Format::ALL[format],
                base,
            };
            for message in [ClipboardDemand::Request(request), ClipboardDemand::Taken(base)] {
                let mut out = Vec::new();
                message.write(&mut out);
                prop_assert_eq!(ClipboardDemand::read(&out), Ok(Some(message)));
            }
        }

        #[test]
        fn supplies_round_trip(
            prefix in 0..=MAX_CLIPBOARD_BASE_BYTES,
            suffix in 0..=MAX_CLIPBOARD_BASE_BYTES,
            piece in prop::collection::vec(any::<u8>(), 1..100),
        ) {
            let start = ClipboardSupply::Start(Start { prefix, suffix });
            for message in [start, ClipboardSupply::Piece(piece), ClipboardSupply::End] {
                prop_assert_eq!(supplied(&message), Ok(Some(message)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = ClipboardDemand::read(&bytes);
            let _ = ClipboardSupply::read(&bytes);
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let largest = ClipboardSupply::Piece(vec![7; MAX_CLIPBOARD_PIECE_BYTES]);
        assert_eq!(supplied(&largest), Ok(Some(largest)));
        let larger = vec![7; MAX_CLIPBOARD_PIECE_BYTES + 1];
        assert!(supplied(&ClipboardSupply::Piece(larger)).is_err());
        assert!(supplied(&ClipboardSupply::Piece(Vec::new())).is_err());
        let prefix = MAX_CLIPBOARD_BASE_BYTES + 1;
        assert!(supplied(&ClipboardSupply::Start(Start { prefix, suffix: 0 })).is_err());
    }
}
