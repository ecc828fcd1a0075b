//! How large a picture a viewer can show, and which one it gets.

use super::values::{put_size, read_size};
use crate::fit::{Fit, Room};
use crate::wire::WireError;
use crate::wire::bytes::Reader;
use crate::wire::fields::{FieldWriter, Fields};

/// The room as the value of a field: a size, or nothing.
pub(super) fn put_room(out: &mut Vec<u8>, room: Room) {
    if let Room::AtMost(size) = room {
        put_size(out, size);
    }
}

pub(super) fn read_room_value(reader: &mut Reader<'_>) -> Result<Room, WireError> {
    if reader.is_empty() {
        return Ok(Room::Unlimited);
    }
    Ok(Room::AtMost(read_size(reader)?))
}

pub(super) fn write_room(room: Room, out: &mut Vec<u8>, kind: u64) {
    let mut message = FieldWriter::new(out, kind);
    if room != Room::Unlimited {
        message.nested(1, |out| put_room(out, room));
    }
}

pub(super) fn read_room(mut fields: Fields<'_>) -> Result<Room, WireError> {
    let mut room = Room::Unlimited;
    while let Some(field) = fields.next_field()? {
        if field.tag == 1 {
            room = read_room_value(&mut field.reader())?;
        }
    }
    Ok(room)
}

pub(super) fn write_fit(fit: Fit, out: &mut Vec<u8>, kind: u64) {
    FieldWriter::new(out, kind)
        .nested(1, |out| put_size(out, fit.screen()))
        .nested(2, |out| put_size(out, fit.picture()));
}

pub(super) fn read_fit(mut fields: Fields<'_>) -> Result<Fit, WireError> {
    let (mut screen, mut picture) = (None, None);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => screen = Some(read_size(&mut field.reader())?),
            2 => picture = Some(read_size(&mut field.reader())?),
            _ => {}
        }
    }
    let screen = screen.ok_or(WireError::Missing("screen"))?;
    let picture = picture.ok_or(WireError::Missing("picture"))?;
    Fit::claimed(screen, picture)
        .ok_or_else(|| WireError::meaningless("picture of a screen", picture.area()))
}

#[cfg(test)]
mod tests {
    use super::super::{ServerMessage, ViewerMessage};
    use super::*;
    use crate::geometry::Size;
    use proptest::prelude::*;

    fn viewers(room: Room) -> Result<Option<ViewerMessage>, WireError> {
        let mut out = Vec::new();
        ViewerMessage::Room(room).write(&mut out);
        ViewerMessage::read(&out)
    }

    #[test]
    fn no_limit_is_a_room_too() {
        let unlimited = viewers(Room::Unlimited);
        assert_eq!(unlimited, Ok(Some(ViewerMessage::Room(Room::Unlimited))));
    }

    #[test]
    fn a_room_without_pixels_is_refused() {
        assert!(viewers(Room::AtMost(Size::new(0, 600))).is_err());
    }

    #[test]
    fn a_picture_larger_than_its_screen_is_refused() {
        let mut out = Vec::new();
        FieldWriter::new(&mut out, 36)
            .nested(1, |out| put_size(out, Size::new(100, 100)))
            .nested(2, |out| put_size(out, Size::new(101, 100)));
        assert!(matches!(
            ServerMessage::read(&out),
            Err(WireError::Meaningless { .. })
        ));
    }

    proptest! {
        #[test]
        fn rooms_and_fits_round_trip(
            screen in (1..8000_u32, 1..4000_u32),
            room in (1..8000_u32, 1..4000_u32),
        ) {
            let room = Room::AtMost(Size::new(room.0, room.1));
            prop_assert_eq!(viewers(room), Ok(Some(ViewerMessage::Room(room))));
            let fit = Fit::of(Size::new(screen.0, screen.1), room);
            let mut out = Vec::new();
            ServerMessage::Fit(fit).write(&mut out);
            prop_assert_eq!(ServerMessage::read(&out), Ok(Some(ServerMessage::Fit(fit))));
        }
    }
}
