//! Files on their way from one peer to the other.
//!
//! Each travels on a stream of its own, which the viewer opens: to give a file to the session
//! ([`StreamKind::FileToSession`](super::StreamKind::FileToSession)), or to get one that was offered
//! to it ([`StreamKind::FileToViewer`](super::StreamKind::FileToViewer)). Who has the file says
//! [`FileSupply`], who gets it [`FileDemand`].

use crate::limits::{MAX_FILE_NAME_BYTES, MAX_FILE_PIECE_BYTES, MAX_TEXT_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{Field, FieldWriter, Fields, only_field};

/// What the peer that has the file says: a start, pieces, an end. A stream that ends otherwise
/// failed, and nothing of the file is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSupply {
    /// A file follows.
    Start {
        /// Its name, not to be trusted: see [`FileName`](crate::files::FileName).
        name: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The next part of it; never empty, at most [`MAX_FILE_PIECE_BYTES`].
    Piece(Vec<u8>),
    /// It is complete.
    End,
}

/// What the peer that gets the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileDemand {
    /// Which of the files that were offered it wants; the first message on a stream for one of the
    /// session's files, and only there.
    Fetch(u64),
    /// So many bytes of pieces, since the start of the stream, were taken. The other peer sends only
    /// a little more than that.
    Taken(u64),
    /// The whole file is stored, under this name.
    Stored(String),
    /// It does not take the file, or not to its end.
    Refused {
        /// Why.
        reason: FileRefusal,
        /// The same for a person.
        text: String,
    },
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRefusal {
    /// It is larger than this peer takes.
    TooLarge,
    /// The disk is full.
    NoRoom,
    /// This peer takes no files from the other.
    NotAllowed,
    /// It cannot be written.
    CannotStore,
    /// It had another size than was announced.
    WrongSize,
    /// A reason that this version does not know.
    Other(u64),
}

impl FileRefusal {
    const fn number(self) -> u64 {
        match self {
            Self::TooLarge => 1,
            Self::NoRoom => 2,
            Self::NotAllowed => 3,
            Self::CannotStore => 4,
            Self::WrongSize => 5,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: u64) -> Self {
        match number {
            1 => Self::TooLarge,
            2 => Self::NoRoom,
            3 => Self::NotAllowed,
            4 => Self::CannotStore,
            5 => Self::WrongSize,
            other => Self::Other(other),
        }
    }
}

mod kind {
    pub(super) const START: u64 = 1;
    pub(super) const PIECE: u64 = 2;
    pub(super) const END: u64 = 3;

    pub(super) const FETCH: u64 = 1;
    pub(super) const TAKEN: u64 = 2;
    pub(super) const STORED: u64 = 3;
    pub(super) const REFUSED: u64 = 4;
}

impl FileSupply {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Start { name, size } => {
                FieldWriter::new(out, kind::START)
                    .text(1, name)
                    .number(2, *size);
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
        let (kind, mut fields) = Fields::of_message(bytes)?;
        Ok(Some(match kind {
            kind::START => {
                let (mut name, mut size) = (None, None);
                while let Some(field) = fields.next_field()? {
                    match field.tag {
                        1 => name = Some(read_name(&field)?),
                        2 => size = Some(field.number()?),
                        _ => {}
                    }
                }
                Self::Start {
                    name: name.ok_or(WireError::Missing("name of a file"))?,
                    size: size.ok_or(WireError::Missing("size of a file"))?,
                }
            }
            kind::PIECE => Self::Piece(only_field(fields, "piece of a file", read_piece)?),
            kind::END => Self::End,
            _ => return Ok(None),
        }))
    }
}

impl FileDemand {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Fetch(number) => {
                FieldWriter::new(out, kind::FETCH).number(1, *number);
            }
            Self::Taken(bytes) => {
                FieldWriter::new(out, kind::TAKEN).number(1, *bytes);
            }
            Self::Stored(name) => {
                FieldWriter::new(out, kind::STORED).text(1, name);
            }
            Self::Refused { reason, text } => {
                FieldWriter::new(out, kind::REFUSED)
                    .number(1, reason.number())
                    .text(2, text);
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
            kind::FETCH => Self::Fetch(only_field(fields, "number of a file", Field::number)?),
            kind::TAKEN => Self::Taken(only_field(fields, "bytes taken", Field::number)?),
            kind::STORED => Self::Stored(only_field(fields, "name of a file", read_name)?),
            kind::REFUSED => {
                let (mut reason, mut text) = (None, String::new());
                while let Some(field) = fields.next_field()? {
                    match field.tag {
                        1 => reason = Some(FileRefusal::from_number(field.number()?)),
                        2 => text = field.text("refusal text", MAX_TEXT_BYTES)?.to_owned(),
                        _ => {}
                    }
                }
                let reason = reason.ok_or(WireError::Missing("refusal reason"))?;
                Self::Refused { reason, text }
            }
            _ => return Ok(None),
        }))
    }
}

fn read_name(field: &Field<'_>) -> Result<String, WireError> {
    let name = field.text("name of a file", MAX_FILE_NAME_BYTES)?;
    Ok(name.to_owned())
}

fn read_piece(field: &Field<'_>) -> Result<Vec<u8>, WireError> {
    let length = field.bytes.len() as u64;
    if length == 0 {
        return Err(WireError::meaningless("length of a piece", length));
    }
    if length > MAX_FILE_PIECE_BYTES as u64 {
        return Err(WireError::OverLimit {
            what: "length of a piece",
            value: length,
            max: MAX_FILE_PIECE_BYTES as u64,
        });
    }
    Ok(field.bytes.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn supplied(message: &FileSupply) -> Result<Option<FileSupply>, WireError> {
        let mut out = Vec::new();
        message.write(&mut out);
        FileSupply::read(&out)
    }

    fn demanded(message: &FileDemand) -> Result<Option<FileDemand>, WireError> {
        let mut out = Vec::new();
        message.write(&mut out);
        FileDemand::read(&out)
    }

    proptest! {
        #[test]
        fn messages_round_trip(name in ".{0,60}", number: u64, piece in proptest::collection::vec(any::<u8>(), 1..300)) {
            let start = FileSupply::Start { name: name.clone(), size: number };
            for message in [start, FileSupply::Piece(piece), FileSupply::End] {
                prop_assert_eq!(supplied(&message), Ok(Some(message)));
            }
            let refused = FileDemand::Refused {
                reason: FileRefusal::from_number(number),
                text: name.clone(),
            };
            let demands = [
                FileDemand::Fetch(number),
                FileDemand::Taken(number),
                FileDemand::Stored(name),
                refused,
            ];
            for message in demands {
                prop_assert_eq!(demanded(&message), Ok(Some(message)));
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = FileSupply::read(&bytes);
            let _ = FileDemand::read(&bytes);
        }
    }

    #[test]
    fn pieces_and_names_have_limits() {
        let piece = |length| supplied(&FileSupply::Piece(vec![0; length]));
        assert!(piece(MAX_FILE_PIECE_BYTES).is_ok());
        assert!(piece(MAX_FILE_PIECE_BYTES + 1).is_err());
        assert!(piece(0).is_err());
        let stored = |length| demanded(&FileDemand::Stored("n".repeat(length)));
        assert!(stored(MAX_FILE_NAME_BYTES).is_ok());
        assert!(stored(MAX_FILE_NAME_BYTES + 1).is_err());
        // A name that is no text: the field with tag 1 of a start.
        assert!(matches!(
            FileSupply::read(&[1, 1, 1, 0xff, 2, 1, 0]),
            Err(WireError::NotText(_))
        ));
    }

    #[test]
    fn what_a_newer_peer_adds_is_skipped() {
        let mut bytes = Vec::new();
        FileSupply::End.write(&mut bytes);
        FieldWriter::new(&mut bytes, 99).text(5, "a tag and what it holds");
        assert!(FileSupply::read(&bytes).is_ok());
        assert_eq!(FileSupply::read(&[77]), Ok(None));
        assert_eq!(FileDemand::read(&[77]), Ok(None));
    }
}
