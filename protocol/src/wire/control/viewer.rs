//! What a viewer says on the control stream.

use super::keyboard::{read_keyboard_layout, write_keyboard_layout};
use super::values::{only_field, read_version};
use super::{KeyboardLayout, Quality};
use crate::limits::{MAX_TEXT_BYTES, MAX_TOKEN_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// What a viewer says on the control stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerMessage {
    /// The greeting.
    Hello(Hello),
    /// The person chose another quality.
    Quality(Quality),
    /// The viewer leaves on purpose.
    Bye,
    /// The person's keyboard has this layout, or has it from now on.
    Keyboard(KeyboardLayout),
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

mod kind {
    pub(super) const HELLO: u64 = 1;
    pub(super) const QUALITY: u64 = 2;
    pub(super) const BYE: u64 = 3;
    pub(super) const KEYBOARD: u64 = 4;
}

impl ViewerMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello(hello) => {
                FieldWriter::new(out, kind::HELLO)
                    .number(1, u64::from(hello.version))
                    .bytes(2, &hello.token)
                    .number(3, hello.quality.number())
                    .number(4, u64::from(hello.h264))
                    .number(5, hello.cache_bytes)
                    .number(6, hello.history_bytes)
                    .text(7, &hello.agent);
            }
            Self::Quality(quality) => {
                FieldWriter::new(out, kind::QUALITY).number(1, quality.number());
            }
            Self::Bye => {
                FieldWriter::new(out, kind::BYE);
            }
            Self::Keyboard(layout) => {
                write_keyboard_layout(layout, &mut FieldWriter::new(out, kind::KEYBOARD));
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
            kind::HELLO => Self::Hello(read_hello(fields)?),
            kind::QUALITY => Self::Quality(read_quality(fields)?),
            kind::BYE => Self::Bye,
            kind::KEYBOARD => Self::Keyboard(read_keyboard_layout(fields)?),
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

#[cfg(test)]
mod tests {
    use super::super::KeyboardNames;
    use super::*;
    use crate::wire::bytes::Writer;
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
    fn messages_round_trip() {
        let keyboard = KeyboardLayout::new(KeyboardNames {
            model: "pc105".to_owned(),
            layout: "us,ru".to_owned(),
            variant: ",phonetic".to_owned(),
            options: "grp:caps_toggle".to_owned(),
        });
        let keyboard = keyboard.unwrap();
        for message in [
            ViewerMessage::Hello(hello()),
            ViewerMessage::Quality(Quality::High),
            ViewerMessage::Bye,
            ViewerMessage::Keyboard(keyboard),
        ] {
            assert_eq!(ViewerMessage::read(&bytes_of(&message)), Ok(Some(message)));
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

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = ViewerMessage::read(&bytes);
        }
    }
}
