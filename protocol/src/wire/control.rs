//! Messages of the control stream: greeting, refusal, cursor, wishes, farewell.
//!
//! The viewer opens one bidirectional stream and both sides send messages on it, each preceded by
//! its length (see [`crate::limits::MAX_CONTROL_BYTES`]). The first message of a viewer is
//! [`ViewerMessage::Hello`], the first of the server [`ServerMessage::Welcome`] or
//! [`ServerMessage::Refused`].

use super::WireError;
use super::bytes::Writer;
use super::fields::{Field, FieldWriter, Fields};
use crate::geometry::{Point, Size};
use crate::limits::{
    MAX_CURSOR_EDGE, MAX_SCREEN_EDGE, MAX_SCREEN_PIXELS, MAX_TEXT_BYTES, MAX_TOKEN_BYTES,
};

/// What the person prefers where quality costs time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quality {
    /// For weak machines and thin links: the cheapest decoders, few bytes.
    Low,
    /// Decided from what is measured.
    #[default]
    Auto,
    /// Sharpness before frame rate.
    High,
}

impl Quality {
    const fn number(self) -> u64 {
        match self {
            Self::Low => 1,
            Self::Auto => 2,
            Self::High => 3,
        }
    }

    const fn from_number(value: u64) -> Result<Self, WireError> {
        match value {
            1 => Ok(Self::Low),
            2 => Ok(Self::Auto),
            3 => Ok(Self::High),
            _ => Err(WireError::Meaningless {
                what: "quality",
                value,
            }),
        }
    }
}

/// A viewer's greeting.
#[derive(Clone, PartialEq, Eq)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`] of the viewer.
    pub version: u16,
    /// Secret that admits to the session; empty if the viewer has none.
    pub token: Vec<u8>,
    /// What the person prefers.
    pub quality: Quality,
    /// Whether the viewer decodes H.264.
    pub h264: bool,
    /// Bytes the viewer is willing to spend on pictures that may come back.
    pub cache_bytes: u64,
    /// Bytes the viewer is willing to spend on the history of the pixel compressor.
    pub history_bytes: u64,
    /// The program and its version, for the server's log.
    pub agent: String,
}

impl core::fmt::Debug for Hello {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Hello")
            .field("version", &self.version)
            .field("token", &"(secret)")
            .field("quality", &self.quality)
            .field("h264", &self.h264)
            .field("cache_bytes", &self.cache_bytes)
            .field("history_bytes", &self.history_bytes)
            .field("agent", &self.agent)
            .finish()
    }
}

/// What a viewer says on the control stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerMessage {
    /// The greeting.
    Hello(Hello),
    /// The person chose another quality.
    Quality(Quality),
    /// The viewer leaves on purpose.
    Bye,
}

/// The server admits the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// [`crate::PROTOCOL_VERSION`] of the server.
    pub version: u16,
    /// Size of the session's screen now.
    pub screen: Size,
    /// The program and its version, for the viewer's log.
    pub agent: String,
}

/// Why a viewer was not admitted, or must leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The token is wrong or missing.
    WrongToken,
    /// The two sides speak different versions.
    WrongVersion,
    /// The session takes no more viewers.
    TooManyViewers,
    /// The session is over.
    SessionEnded,
    /// The viewer broke the protocol.
    ProtocolError,
    /// A reason that this version does not know.
    Other(u64),
}

impl RefusalReason {
    const fn number(self) -> u64 {
        match self {
            Self::WrongToken => 1,
            Self::WrongVersion => 2,
            Self::TooManyViewers => 3,
            Self::SessionEnded => 4,
            Self::ProtocolError => 5,
            Self::Other(number) => number,
        }
    }

    const fn from_number(number: u64) -> Self {
        match number {
            1 => Self::WrongToken,
            2 => Self::WrongVersion,
            3 => Self::TooManyViewers,
            4 => Self::SessionEnded,
            5 => Self::ProtocolError,
            other => Self::Other(other),
        }
    }

    /// The reason as an application error code of the QUIC connection's close.
    #[must_use]
    pub const fn close_code(self) -> u32 {
        self.number() as u32
    }

    /// The reason behind an application error code.
    #[must_use]
    pub const fn from_close_code(code: u64) -> Self {
        Self::from_number(code)
    }
}

/// The shape of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Width and height, each at most [`MAX_CURSOR_EDGE`]. Empty when the cursor is hidden.
    pub size: Size,
    /// The pixel of the shape that points.
    pub hot_spot: Point,
    /// Row by row, `0xAARRGGBB` with the colours premultiplied by alpha, as X gives them.
    pub pixels: Vec<u32>,
}

/// What a server says on the control stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage {
    /// The viewer is admitted.
    Welcome(Welcome),
    /// The viewer is not admitted, or must leave.
    Refused {
        /// Why.
        reason: RefusalReason,
        /// The same for a person, one sentence.
        text: String,
    },
    /// The pointer looks like this from now on.
    CursorShape(CursorShape),
    /// The program in the session moved the pointer.
    CursorPosition(Point),
}

mod viewer {
    pub(super) const HELLO: u64 = 1;
    pub(super) const QUALITY: u64 = 2;
    pub(super) const BYE: u64 = 3;
}

mod server {
    pub(super) const WELCOME: u64 = 1;
    pub(super) const REFUSED: u64 = 2;
    pub(super) const CURSOR_SHAPE: u64 = 3;
    pub(super) const CURSOR_POSITION: u64 = 4;
}

impl ViewerMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello(hello) => {
                FieldWriter::new(out, viewer::HELLO)
                    .number(1, u64::from(hello.version))
                    .bytes(2, &hello.token)
                    .number(3, hello.quality.number())
                    .number(4, u64::from(hello.h264))
                    .number(5, hello.cache_bytes)
                    .number(6, hello.history_bytes)
                    .text(7, &hello.agent);
            }
            Self::Quality(quality) => {
                FieldWriter::new(out, viewer::QUALITY).number(1, quality.number());
            }
            Self::Bye => {
                FieldWriter::new(out, viewer::BYE);
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
            viewer::HELLO => Self::Hello(read_hello(fields)?),
            viewer::QUALITY => Self::Quality(read_quality(fields)?),
            viewer::BYE => Self::Bye,
            _ => return Ok(None),
        }))
    }
}

impl ServerMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome(welcome) => {
                FieldWriter::new(out, server::WELCOME)
                    .number(1, u64::from(welcome.version))
                    .nested(2, |out| put_size(out, welcome.screen))
                    .text(3, &welcome.agent);
            }
            Self::Refused { reason, text } => {
                FieldWriter::new(out, server::REFUSED)
                    .number(1, reason.number())
                    .text(2, text);
            }
            Self::CursorShape(shape) => {
                FieldWriter::new(out, server::CURSOR_SHAPE)
                    .nested(1, |out| put_size(out, shape.size))
                    .nested(2, |out| put_point(out, shape.hot_spot))
                    .nested(3, |out| {
                        shape.pixels.iter().for_each(|p| out.raw(&p.to_le_bytes()))
                    });
            }
            Self::CursorPosition(at) => {
                FieldWriter::new(out, server::CURSOR_POSITION).nested(1, |out| put_point(out, *at));
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
            server::WELCOME => Self::Welcome(read_welcome(fields)?),
            server::REFUSED => read_refused(fields)?,
            server::CURSOR_SHAPE => Self::CursorShape(read_cursor_shape(fields)?),
            server::CURSOR_POSITION => {
                let at = only_field(fields, "cursor position", read_point)?;
                Self::CursorPosition(at)
            }
            _ => return Ok(None),
        }))
    }
}

fn read_hello(mut fields: Fields<'_>) -> Result<Hello, WireError> {
    let mut version = None;
    let mut hello = Hello {
        version: 0,
        token: Vec::new(),
        quality: Quality::Auto,
        h264: false,
        cache_bytes: 0,
        history_bytes: 0,
        agent: String::new(),
    };
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => version = Some(read_version(&field)?),
            2 => {
                let value = field.bytes.len() as u64;
                let max = MAX_TOKEN_BYTES;
                if field.bytes.len() > max {
                    return Err(WireError::OverLimit {
                        what: "token",
                        value,
                        max: max as u64,
                    });
                }
                hello.token = field.bytes.to_vec();
            }
            3 => hello.quality = Quality::from_number(field.number()?)?,
            4 => hello.h264 = field.number()? != 0,
            5 => hello.cache_bytes = field.number()?,
            6 => hello.history_bytes = field.number()?,
            7 => hello.agent = field.text("agent", MAX_TEXT_BYTES)?.to_owned(),
            _ => {}
        }
    }
    hello.version = version.ok_or(WireError::Missing("version"))?;
    Ok(hello)
}

fn read_quality(fields: Fields<'_>) -> Result<Quality, WireError> {
    only_field(fields, "quality", |field| {
        Quality::from_number(field.number()?)
    })
}

fn read_welcome(mut fields: Fields<'_>) -> Result<Welcome, WireError> {
    let (mut version, mut screen, mut agent) = (None, None, String::new());
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => version = Some(read_version(&field)?),
            2 => screen = Some(read_screen_size(&field)?),
            3 => agent = field.text("agent", MAX_TEXT_BYTES)?.to_owned(),
            _ => {}
        }
    }
    Ok(Welcome {
        version: version.ok_or(WireError::Missing("version"))?,
        screen: screen.ok_or(WireError::Missing("screen"))?,
        agent,
    })
}

fn read_refused(mut fields: Fields<'_>) -> Result<ServerMessage, WireError> {
    let (mut reason, mut text) = (None, String::new());
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => reason = Some(RefusalReason::from_number(field.number()?)),
            2 => text = field.text("refusal text", MAX_TEXT_BYTES)?.to_owned(),
            _ => {}
        }
    }
    let reason = reason.ok_or(WireError::Missing("refusal reason"))?;
    Ok(ServerMessage::Refused { reason, text })
}

fn read_cursor_shape(mut fields: Fields<'_>) -> Result<CursorShape, WireError> {
    let (mut size, mut hot_spot, mut pixels) = (None, Point::new(0, 0), Vec::new());
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => {
                let mut reader = field.reader();
                let max = MAX_CURSOR_EDGE as usize;
                let width = reader.length("cursor width", max)? as u32;
                let height = reader.length("cursor height", max)? as u32;
                size = Some(Size::new(width, height));
            }
            2 => hot_spot = read_point(&field)?,
            3 => {
                let le = |c: &[u8]| u32::from_le_bytes([c[0], c[1], c[2], c[3]]);
                pixels = field.bytes.chunks_exact(4).map(le).collect();
            }
            _ => {}
        }
    }
    let size = size.ok_or(WireError::Missing("cursor size"))?;
    if pixels.len() as u64 != size.area() {
        return Err(WireError::Meaningless {
            what: "cursor pixels",
            value: pixels.len() as u64,
        });
    }
    Ok(CursorShape {
        size,
        hot_spot,
        pixels,
    })
}

/// The value of the field with tag 1 in a message that has no other.
fn only_field<'a, T>(
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

fn read_version(field: &Field<'_>) -> Result<u16, WireError> {
    u16::try_from(field.number()?).map_err(|_| WireError::Overflow)
}

fn put_size(out: &mut Vec<u8>, size: Size) {
    out.put_varint(u64::from(size.width));
    out.put_varint(u64::from(size.height));
}

fn read_screen_size(field: &Field<'_>) -> Result<Size, WireError> {
    read_size(&mut field.reader())
}

/// Reads the size of a screen and checks it against the limits.
///
/// # Errors
/// [`WireError`] if an edge is zero or too long, or the area too large.
pub fn read_size(reader: &mut super::bytes::Reader<'_>) -> Result<Size, WireError> {
    let max = MAX_SCREEN_EDGE as usize;
    let width = reader.length("screen width", max)? as u32;
    let height = reader.length("screen height", max)? as u32;
    let size: Size = Size::new(width, height);
    if size.is_empty() || size.area() > u64::from(MAX_SCREEN_PIXELS) {
        return Err(WireError::Meaningless {
            what: "screen area",
            value: size.area(),
        });
    }
    Ok(size)
}

fn put_point(out: &mut Vec<u8>, point: Point) {
    out.put_signed(point.x);
    out.put_signed(point.y);
}

fn read_point(field: &Field<'_>) -> Result<Point, WireError> {
    let mut reader = field.reader();
    Ok(Point::new(reader.signed()?, reader.signed()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_CONTROL_BYTES;
    use proptest::prelude::*;

    fn hello() -> Hello {
        Hello {
            version: 1,
            token: b"secret".to_vec(),
            quality: Quality::Low,
            h264: true,
            cache_bytes: 4 << 20,
            history_bytes: 1 << 20,
            agent: "hackstream-view 0.1.0".to_owned(),
        }
    }

    fn bytes_of(message: &ViewerMessage) -> Vec<u8> {
        let mut out = Vec::new();
        message.write(&mut out);
        out
    }

    #[test]
    fn viewer_messages_round_trip() {
        for message in [
            ViewerMessage::Hello(hello()),
            ViewerMessage::Quality(Quality::High),
            ViewerMessage::Bye,
        ] {
            assert_eq!(ViewerMessage::read(&bytes_of(&message)), Ok(Some(message)));
        }
    }

    #[test]
    fn server_messages_round_trip() {
        let shape = CursorShape {
            size: Size::new(2, 1),
            hot_spot: Point::new(1, 0),
            pixels: vec![0xff00_0000, 0x8000_8000],
        };
        for message in [
            ServerMessage::Welcome(Welcome {
                version: 1,
                screen: Size::new(1920, 1080),
                agent: "x".to_owned(),
            }),
            ServerMessage::Refused {
                reason: RefusalReason::WrongToken,
                text: "no".to_owned(),
            },
            ServerMessage::CursorShape(shape),
            ServerMessage::CursorPosition(Point::new(-3, 7)),
        ] {
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ServerMessage::read(&out), Ok(Some(message)));
        }
    }

    #[test]
    fn unknown_fields_and_messages_are_skipped() {
        let mut bytes = bytes_of(&ViewerMessage::Hello(hello()));
        bytes.put_varint(9999);
        bytes.put_bytes(b"from the future");
        assert_eq!(
            ViewerMessage::read(&bytes),
            Ok(Some(ViewerMessage::Hello(hello())))
        );
        assert_eq!(ViewerMessage::read(&[99]), Ok(None));
    }

    #[test]
    fn a_token_never_shows_in_debug_output() {
        assert!(!format!("{:?}", ViewerMessage::Hello(hello())).contains("secret\""));
        assert!(!format!("{:?}", hello()).contains("115, 101"));
    }

    #[test]
    fn the_largest_cursor_fits_into_a_message() {
        let size = Size::new(MAX_CURSOR_EDGE, MAX_CURSOR_EDGE);
        let shape = ServerMessage::CursorShape(CursorShape {
            size,
            hot_spot: Point::new(0, 0),
            pixels: vec![0xff12_3456; size.area() as usize],
        });
        let mut out = Vec::new();
        shape.write(&mut out);
        assert!(out.len() <= MAX_CONTROL_BYTES);
        assert_eq!(ServerMessage::read(&out), Ok(Some(shape)));
    }

    #[test]
    fn a_screen_beyond_the_limits_is_refused() {
        let mut out = Vec::new();
        FieldWriter::new(&mut out, server::WELCOME)
            .number(1, 1)
            .nested(2, |out| put_size(out, Size::new(16_384, 16_384)));
        assert!(matches!(
            ServerMessage::read(&out),
            Err(WireError::Meaningless { .. })
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = ViewerMessage::read(&bytes);
            let _ = ServerMessage::read(&bytes);
        }
    }
}
