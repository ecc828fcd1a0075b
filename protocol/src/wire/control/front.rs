//! The session's front window: what the viewer's own window is called after, and looks like.

use super::values::only_field;
use crate::geometry::Size;
use crate::limits::{MAX_ICON_EDGE, MAX_TITLE_BYTES};
use crate::wire::WireError;
use crate::wire::bytes::Writer;
use crate::wire::fields::{FieldWriter, Fields};

/// The icon of the window in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowIcon {
    /// Width and height, each at most [`MAX_ICON_EDGE`]. Empty: the window has none.
    pub size: Size,
    /// Row by row, `0xAARRGGBB`, the colours not multiplied by alpha, as `_NET_WM_ICON` has them.
    pub pixels: Vec<u32>,
}

impl WindowIcon {
    /// That of a window without one.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            size: Size::new(0, 0),
            pixels: Vec::new(),
        }
    }
}

pub(super) fn read_title(fields: Fields<'_>) -> Result<String, WireError> {
    let title = only_field(fields, "title", |field| {
        field.text("title", MAX_TITLE_BYTES)
    })?;
    Ok(title.to_owned())
}

pub(super) fn write_icon(icon: &WindowIcon, message: &mut FieldWriter<'_>) {
    message
        .nested(1, |out| {
            out.put_varint(u64::from(icon.size.width));
            out.put_varint(u64::from(icon.size.height));
        })
        .nested(2, |out| {
            icon.pixels.iter().for_each(|p| out.raw(&p.to_le_bytes()));
        });
}

pub(super) fn read_icon(mut fields: Fields<'_>) -> Result<WindowIcon, WireError> {
    let (mut size, mut bytes): (Option<Size>, &[u8]) = (None, &[]);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => {
                let mut reader = field.reader();
                let max = MAX_ICON_EDGE as usize;
                let width = reader.length("icon width", max)? as u32;
                let height = reader.length("icon height", max)? as u32;
                size = Some(Size::new(width, height));
            }
            2 => bytes = field.bytes,
            _ => {}
        }
    }
    let size = size.ok_or(WireError::Missing("icon size"))?;
    // Before anything is allocated: a repeated field may have any length.
    if bytes.len() as u64 != size.area() * 4 {
        return Err(WireError::meaningless("icon pixels", bytes.len() as u64));
    }
    let pixel = |c: &[u8]| u32::from_le_bytes([c[0], c[1], c[2], c[3]]);
    Ok(WindowIcon {
        size,
        pixels: bytes.chunks_exact(4).map(pixel).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ServerMessage;
    use super::*;
    use proptest::prelude::*;

    fn bytes_of(message: &ServerMessage) -> Vec<u8> {
        let mut out = Vec::new();
        message.write(&mut out);
        out
    }

    fn icon(width: u32, height: u32) -> ServerMessage {
        let size = Size::new(width, height);
        ServerMessage::Icon(WindowIcon {
            size,
            pixels: (0..size.area() as u32).map(|n| n << 24 | n).collect(),
        })
    }

    #[test]
    fn an_icon_beyond_the_limit_is_refused() {
        let largest = icon(MAX_ICON_EDGE, MAX_ICON_EDGE);
        assert_eq!(ServerMessage::read(&bytes_of(&largest)), Ok(Some(largest)));
        let larger = ServerMessage::read(&bytes_of(&icon(MAX_ICON_EDGE + 1, 1)));
        assert!(matches!(larger, Err(WireError::OverLimit { .. })));
    }

    #[test]
    fn an_icon_has_as_many_pixels_as_its_size_says() {
        for pixels in [3, 5] {
            let lying = ServerMessage::Icon(WindowIcon {
                size: Size::new(2, 2),
                pixels: vec![0; pixels],
            });
            let read = ServerMessage::read(&bytes_of(&lying));
            assert!(matches!(read, Err(WireError::Meaningless { .. })));
        }
    }

    #[test]
    fn a_title_beyond_the_limit_is_refused() {
        let title = |length| ServerMessage::Title("x".repeat(length));
        let longest = title(MAX_TITLE_BYTES);
        assert_eq!(ServerMessage::read(&bytes_of(&longest)), Ok(Some(longest)));
        let longer = ServerMessage::read(&bytes_of(&title(MAX_TITLE_BYTES + 1)));
        assert!(matches!(longer, Err(WireError::OverLimit { .. })));
    }

    proptest! {
        #[test]
        fn titles_and_icons_round_trip(
            title in "\\PC{0,100}",
            (width, height) in (0..=MAX_ICON_EDGE, 0..=MAX_ICON_EDGE),
            seed: u32,
        ) {
            let size: Size = Size::new(width, height);
            let icon = WindowIcon {
                size,
                pixels: (0..size.area() as u32).map(|n| n.wrapping_mul(seed)).collect(),
            };
            for message in [ServerMessage::Title(title), ServerMessage::Icon(icon)] {
                prop_assert_eq!(ServerMessage::read(&bytes_of(&message)), Ok(Some(message)));
            }
        }
    }
}
