//! What the clipboards hold.

use super::{Formats, Selection};
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// What a peer says of its clipboards, on a stream of kind
/// [`Clipboard`](crate::wire::StreamKind::Clipboard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipboardMessage {
    /// It wants to hear offers. Who was not told so makes none.
    Wanted,
    /// One of its clipboards holds something else now.
    Offer(Offer),
}

/// What one clipboard holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Which.
    pub selection: Selection,
    /// Number of this offer, greater than those before it on the connection.
    pub serial: u64,
    /// Number of the last offer for the same clipboard that this peer had from the other one; 0 if
    /// none. It tells offers that crossed on their way.
    pub seen: u64,
    /// What it can be pasted as; empty if it holds nothing.
    pub formats: Formats,
}

mod kind {
    pub(super) const WANTED: u64 = 1;
    pub(super) const OFFER: u64 = 2;
}

impl ClipboardMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Wanted => {
                FieldWriter::new(out, kind::WANTED);
            }
            Self::Offer(offer) => {
                FieldWriter::new(out, kind::OFFER)
                    .number(1, offer.selection.number())
                    .number(2, offer.serial)
                    .number(3, offer.seen)
                    .nested(4, |out| offer.formats.put(out));
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
            kind::WANTED => Self::Wanted,
            kind::OFFER => Self::Offer(read_offer(fields)?),
            _ => return Ok(None),
        }))
    }
}

fn read_offer(mut fields: Fields<'_>) -> Result<Offer, WireError> {
    let (mut selection, mut serial, mut seen, mut formats) = (None, None, 0, Formats::NONE);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => selection = Some(Selection::from_number(field.number()?)?),
            2 => serial = Some(field.number()?),
            3 => seen = field.number()?,
            4 => formats = Formats::read(field.reader())?,
            _ => {}
        }
    }
    Ok(Offer {
        selection: selection.ok_or(WireError::Missing("selection"))?,
        serial: serial.ok_or(WireError::Missing("offer's number"))?,
        seen,
        formats,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::bytes::Writer;
    use crate::wire::clipboard::Format;
    use proptest::prelude::*;

    fn bytes_of(message: ClipboardMessage) -> Vec<u8> {
        let mut out = Vec::new();
        message.write(&mut out);
        out
    }

    fn offer(formats: Formats) -> Offer {
        Offer {
            selection: Selection::Primary,
            serial: 300,
            seen: 7,
            formats,
        }
    }

    proptest! {
        #[test]
        fn messages_round_trip(serial: u64, seen: u64, bits in 0..8u8, primary: bool) {
            let formats = Format::ALL
                .into_iter()
                .enumerate()
                .filter(|(bit, _)| bits >> bit & 1 != 0)
                .map(|(_, format)| format)
                .collect();
            let selection = Selection::ALL[usize::from(primary)];
            let offer = Offer { selection, serial, seen, formats };
            for message in [ClipboardMessage::Offer(offer), ClipboardMessage::Wanted] {
                let bytes = bytes_of(message);
                prop_assert_eq!(ClipboardMessage::read(&bytes), Ok(Some(message)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = ClipboardMessage::read(&bytes);
        }
    }

    #[test]
    fn formats_fields_and_messages_from_the_future_are_skipped() {
        let known = offer([Format::Text].into_iter().collect());
        let mut bytes = bytes_of(ClipboardMessage::Offer(known));
        // The list of formats again, with one more, and a field that nobody knows.
        bytes.put_varint(4);
        bytes.put_bytes(&[99, 1]);
        bytes.put_varint(50);
        bytes.put_bytes(b"what?");
        let read = ClipboardMessage::read(&bytes);
        assert_eq!(read, Ok(Some(ClipboardMessage::Offer(known))));
        assert_eq!(ClipboardMessage::read(&[99]), Ok(None));
    }
}
