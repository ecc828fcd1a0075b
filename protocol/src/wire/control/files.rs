//! Files that the session has for the viewer.

use crate::limits::MAX_FILE_NAME_BYTES;
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// A file that the viewer may have; see [`files`](crate::wire::files) for how it gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOffer {
    /// Its number, which no other file of the session gets.
    pub number: u64,
    /// Its name, not to be trusted: see [`FileName`](crate::files::FileName).
    pub name: String,
    /// Its size in bytes when it was offered.
    pub size: u64,
}

pub(super) fn write_file_offer(offer: &FileOffer, message: &mut FieldWriter<'_>) {
    message
        .number(1, offer.number)
        .text(2, &offer.name)
        .number(3, offer.size);
}

pub(super) fn read_file_offer(mut fields: Fields<'_>) -> Result<FileOffer, WireError> {
    let (mut number, mut name, mut size) = (None, None, None);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => number = Some(field.number()?),
            2 => {
                name = Some(
                    field
                        .text("name of a file", MAX_FILE_NAME_BYTES)?
                        .to_owned(),
                )
            }
            3 => size = Some(field.number()?),
            _ => {}
        }
    }
    Ok(FileOffer {
        number: number.ok_or(WireError::Missing("number of a file"))?,
        name: name.ok_or(WireError::Missing("name of a file"))?,
        size: size.ok_or(WireError::Missing("size of a file"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::control::ServerMessage;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn offers_round_trip(number: u64, name in ".{0,60}", size: u64) {
            let offered = FileOffer { number, name, size };
            let messages = [ServerMessage::FileOffer(offered), ServerMessage::FileWithdrawn(number)];
            for message in messages {
                let mut out = Vec::new();
                message.write(&mut out);
                prop_assert_eq!(ServerMessage::read(&out), Ok(Some(message)));
            }
        }
    }

    #[test]
    fn a_name_that_nobody_could_store_is_refused() {
        let offer = FileOffer {
            number: 1,
            name: "x".repeat(MAX_FILE_NAME_BYTES + 1),
            size: 1,
        };
        let mut out = Vec::new();
        ServerMessage::FileOffer(offer).write(&mut out);
        assert!(ServerMessage::read(&out).is_err());
    }
}
