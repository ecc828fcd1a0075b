//! What a viewer says on the control stream.

use core::time::Duration;

use super::bitrate;
use super::desktop::{self, DesktopShare, NotificationClosed};
use super::keyboard::{read_keyboard_layout, write_keyboard_layout};
use super::room::{put_room, read_room, read_room_value, write_room};
use super::values::{only_field, read_secret, read_version};
use super::{Credential, KeyboardLayout, MicrophoneOffer, Quality, SeatWish, ViewerWindow};
use crate::fit::Room;
use crate::ids::NotificationId;
use crate::limits::{MAX_TEXT_BYTES, MAX_TICKET_BYTES, MAX_TOKEN_BYTES};
use crate::units::Bitrate;
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// What a viewer says on the control stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerMessage {
    /// The greeting.
    Hello(Hello),
    /// The person chose another quality.
    Quality(Quality),
    /// The window that shows the session has this size from now on.
    Window(ViewerWindow),
    /// The viewer leaves on purpose.
    Bye,
    /// The person's keyboard has this layout, or has it from now on.
    Keyboard(KeyboardLayout),
    /// Whether the viewer wants to hear the session. Until it says so, it does not.
    Sound(SoundWish),
    /// The person wants to watch or to act from now on.
    Seat(SeatWish),
    /// Whether the viewer would speak when it is asked to.
    Microphone(MicrophoneOffer),
    /// The person wants to get no more than this from now on, or whatever the path carries; as
    /// [`Hello::max_bitrate`].
    MaxBitrate(Option<Bitrate>),
    /// The viewer can show a picture of this size from now on, and wants to hear which
    /// [fit](super::ServerMessage::Fit) it gets.
    Room(Room),
    /// A notification is not shown any more.
    NotificationClosed(NotificationClosed),
    /// The person chose a notification that can be chosen.
    NotificationChosen(NotificationId),
}

/// Whether a viewer wants to hear the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoundWish {
    /// It plays what it gets.
    Play,
    /// It is muted, or has nothing to play on.
    Mute,
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
    /// The ticket of an earlier [`Welcome`](super::Welcome), to go on with that visit; empty if the
    /// viewer has none. At most [`MAX_TICKET_BYTES`].
    pub ticket: Vec<u8>,
    /// What the person wants to do. A greeting takes control away from nobody: alone it is granted
    /// only if nobody else has it.
    pub seat: SeatWish,
    /// Whether the viewer wants to hear of files that the session has for it.
    pub takes_files: bool,
    /// The most that the viewer wants to get, headers and repetitions included; `None` for whatever
    /// the path carries. Below [`LEAST_CAP`](crate::rate::cap::LEAST_CAP) it counts as that.
    pub max_bitrate: Option<Bitrate>,
    /// How large a picture the viewer can show, if it wants to hear which
    /// [fit](super::ServerMessage::Fit) it gets; `None`: it takes the whole screen and hears nothing.
    pub room: Option<Room>,
    /// What of the session the viewer takes for its desktop.
    pub desktop: DesktopShare,
    /// What the viewer takes to decode a million pixels of text that are sent without loss, by the
    /// gauge of `hackstream-codec`; zero if it does not know.
    pub megapixel_time: Duration,
    /// What a control plane sent to be shown here.
    pub credential: Credential,
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
            .field("ticket", &"(secret)")
            .field("seat", &self.seat)
            .field("takes_files", &self.takes_files)
            .field("max_bitrate", &self.max_bitrate)
            .field("room", &self.room)
            .field("desktop", &self.desktop)
            .field("megapixel_time", &self.megapixel_time)
            .field("credential", &self.credential)
            .finish()
    }
}

mod kind {
    pub(super) const HELLO: u64 = 1;
    pub(super) const QUALITY: u64 = 2;
    pub(super) const BYE: u64 = 3;
    pub(super) const KEYBOARD: u64 = 4;
    pub(super) const WINDOW: u64 = 8;
    pub(super) const SOUND: u64 = 16;
    pub(super) const SEAT: u64 = 24;
    pub(super) const MAX_BITRATE: u64 = 40;
    pub(super) const MICROPHONE: u64 = 44;
    pub(super) const NOTIFICATION_CLOSED: u64 = 48;
    pub(super) const NOTIFICATION_CHOSEN: u64 = 49;
    pub(super) const ROOM: u64 = 52;
}

impl ViewerMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello(hello) => {
                let mut message = FieldWriter::new(out, kind::HELLO);
                message
                    .number(1, u64::from(hello.version))
                    .bytes(2, &hello.token)
                    .number(3, hello.quality.number())
                    .number(4, u64::from(hello.h264))
                    .number(5, hello.cache_bytes)
                    .number(6, hello.history_bytes)
                    .text(7, &hello.agent);
                if !hello.ticket.is_empty() {
                    message.bytes(8, &hello.ticket);
                }
                if hello.seat != SeatWish::default() {
                    message.number(11, hello.seat.number());
                }
                if hello.takes_files {
                    message.number(13, 1);
                }
                if let Some(limit) = hello.max_bitrate {
                    message.number(17, limit.0);
                }
                if hello.desktop != DesktopShare::default() {
                    message.number(18, hello.desktop.number());
                }
                if let Some(room) = hello.room {
                    message.nested(19, |out| put_room(out, room));
                }
                if !hello.megapixel_time.is_zero() {
                    message.number(21, nanoseconds(hello.megapixel_time));
                }
                hello.credential.write(&mut message);
            }
            Self::Quality(quality) => {
                FieldWriter::new(out, kind::QUALITY).number(1, quality.number());
            }
            Self::Window(window) => window.write(out, kind::WINDOW),
            Self::Bye => {
                FieldWriter::new(out, kind::BYE);
            }
            Self::Keyboard(layout) => {
                write_keyboard_layout(layout, &mut FieldWriter::new(out, kind::KEYBOARD));
            }
            Self::Sound(wish) => {
                FieldWriter::new(out, kind::SOUND).number(1, u64::from(*wish == SoundWish::Play));
            }
            Self::Seat(wish) => wish.write(out, kind::SEAT),
            Self::Microphone(offer) => offer.write(out, kind::MICROPHONE),
            Self::MaxBitrate(limit) => bitrate::write(*limit, out, kind::MAX_BITRATE),
            Self::Room(room) => write_room(*room, out, kind::ROOM),
            Self::NotificationClosed(closed) => closed.write(out, kind::NOTIFICATION_CLOSED),
            Self::NotificationChosen(number) => {
                desktop::write_number(*number, out, kind::NOTIFICATION_CHOSEN);
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
            kind::WINDOW => Self::Window(ViewerWindow::read(fields)?),
            kind::SOUND => Self::Sound(read_sound(fields)?),
            kind::SEAT => Self::Seat(SeatWish::read(fields)?),
            kind::MICROPHONE => Self::Microphone(MicrophoneOffer::read(fields)?),
            kind::MAX_BITRATE => Self::MaxBitrate(bitrate::read(fields)?),
            kind::ROOM => Self::Room(read_room(fields)?),
            kind::NOTIFICATION_CLOSED => {
                Self::NotificationClosed(NotificationClosed::read(fields)?)
            }
            kind::NOTIFICATION_CHOSEN => Self::NotificationChosen(desktop::read_number(fields)?),
            _ => return Ok(None),
        }))
    }
}

/// A time as it is on the wire; the longest there is lasts for centuries.
fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
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
        ticket: Vec::new(),
        seat: SeatWish::default(),
        takes_files: false,
        max_bitrate: None,
        room: None,
        desktop: DesktopShare::default(),
        megapixel_time: Duration::ZERO,
        credential: Credential::default(),
    };
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => version = Some(read_version(&field)?),
            2 => hello.token = read_secret(&field, "token", MAX_TOKEN_BYTES)?,
            3 => hello.quality = Quality::from_number(field.number()?)?,
            4 => hello.h264 = field.number()? != 0,
            5 => hello.cache_bytes = field.number()?,
            6 => hello.history_bytes = field.number()?,
            7 => hello.agent = field.text("agent", MAX_TEXT_BYTES)?.to_owned(),
            8 => hello.ticket = read_secret(&field, "ticket", MAX_TICKET_BYTES)?,
            11 => hello.seat = SeatWish::from_number(field.number()?)?,
            13 => hello.takes_files = field.number()? != 0,
            17 => hello.max_bitrate = bitrate::from_field(&field)?,
            18 => hello.desktop = DesktopShare::from_number(field.number()?),
            19 => hello.room = Some(read_room_value(&mut field.reader())?),
            21 => hello.megapixel_time = Duration::from_nanos(field.number()?),
            _ => hello.credential.read(&field)?,
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

fn read_sound(fields: Fields<'_>) -> Result<SoundWish, WireError> {
    only_field(fields, "sound", |field| match field.number()? {
        0 => Ok(SoundWish::Mute),
        _ => Ok(SoundWish::Play),
    })
}

#[cfg(test)]
mod tests {
    use super::super::KeyboardNames;
    use super::*;
    use crate::geometry::Size;
    use crate::limits::{MAX_CONNECT_TICKET_BYTES, MAX_HELLO_BYTES, MAX_PROOF_BYTES};
    use crate::wire::bytes::Writer;
    use crate::wire::control::Scale;
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
            takes_files: true,
            max_bitrate: Some(Bitrate::mbps(5)),
            room: Some(Room::AtMost(Size::new(1024, 600))),
            desktop: DesktopShare {
                notifications: true,
                links: true,
            },
            megapixel_time: Duration::from_micros(42_500),
            credential: Credential {
                ticket: b"hst1.let me in".to_vec(),
                proof: vec![112; 96],
            },
            ticket: b"go on".to_vec(),
            seat: SeatWish::Watch,
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
            ViewerMessage::Window(ViewerWindow {
                size: Size::new(1366, 768),
                scale: Scale::of_percent(150),
            }),
            ViewerMessage::Bye,
            ViewerMessage::Keyboard(keyboard),
            ViewerMessage::Sound(SoundWish::Play),
            ViewerMessage::Sound(SoundWish::Mute),
            ViewerMessage::MaxBitrate(Some(Bitrate(u64::MAX))),
            ViewerMessage::MaxBitrate(None),
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
        assert!(!format!("{:?}", hello()).contains("103, 111"));
        assert!(!format!("{:?}", hello()).contains("104, 115"));
    }

    #[test]
    fn a_viewer_without_a_ticket_sends_none() {
        let new = ViewerMessage::Hello(Hello {
            ticket: Vec::new(),
            ..hello()
        });
        assert_eq!(ViewerMessage::read(&bytes_of(&new)), Ok(Some(new)));
    }

    #[test]
    fn a_ticket_beyond_the_limit_is_refused() {
        let long = ViewerMessage::Hello(Hello {
            ticket: vec![0; MAX_TICKET_BYTES + 1],
            ..hello()
        });
        assert!(matches!(
            ViewerMessage::read(&bytes_of(&long)),
            Err(WireError::OverLimit { what: "ticket", .. })
        ));
    }

    #[test]
    fn credentials_beyond_the_limit_are_refused() {
        let with = |ticket, proof| {
            let credential = Credential {
                ticket: vec![0; ticket],
                proof: vec![0; proof],
            };
            ViewerMessage::read(&bytes_of(&ViewerMessage::Hello(Hello {
                credential,
                ..hello()
            })))
        };
        assert!(with(MAX_CONNECT_TICKET_BYTES, MAX_PROOF_BYTES).is_ok());
        for (ticket, proof) in [(MAX_CONNECT_TICKET_BYTES + 1, 0), (0, MAX_PROOF_BYTES + 1)] {
            let error = with(ticket, proof).unwrap_err();
            assert!(matches!(error, WireError::OverLimit { .. }));
        }
    }

    #[test]
    fn the_longest_greeting_is_within_the_limit() {
        let longest = Hello {
            token: vec![b'x'; MAX_TOKEN_BYTES],
            ticket: vec![b'x'; MAX_TICKET_BYTES],
            agent: "x".repeat(MAX_TEXT_BYTES),
            credential: Credential {
                ticket: vec![b'x'; MAX_CONNECT_TICKET_BYTES],
                proof: vec![b'x'; MAX_PROOF_BYTES],
            },
            ..hello()
        };
        let length = bytes_of(&ViewerMessage::Hello(longest)).len();
        assert!(length <= MAX_HELLO_BYTES / 2, "{length}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = ViewerMessage::read(&bytes);
        }
    }
}
