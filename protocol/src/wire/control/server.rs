//! What a server says on the control stream.

use super::cursor::{read_cursor_shape, write_cursor_shape};
use super::desktop::{self, DesktopShare, Notification};
use super::ending::{self, ComingEnd};
use super::files::{read_file_offer, write_file_offer};
use super::front::{read_icon, read_title, write_icon};
use super::room::{read_fit, write_fit};
use super::values::{
    only_field, put_point, put_size, read_point, read_secret, read_size, read_version,
};
use super::{CursorShape, FileOffer, MicrophoneDemand, RefusalReason, SeatReport, WindowIcon};
use crate::desktop::Link;
use crate::fit::Fit;
use crate::geometry::{Point, Size};
use crate::ids::NotificationId;
use crate::limits::{MAX_TEXT_BYTES, MAX_TICKET_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

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
    /// The pointer looks again like the shape with this number; see
    /// [`KeptCursors`](crate::session::kept_cursors::KeptCursors).
    CursorAgain(u64),
    /// The window in front is called so from now on: at most
    /// [`MAX_TITLE_BYTES`](crate::limits::MAX_TITLE_BYTES), and whatever a program may call itself.
    Title(String),
    /// The window in front has this icon from now on.
    Icon(WindowIcon),
    /// Who is there, and what this viewer can do, from now on.
    Seats(SeatReport),
    /// The session has a file for the viewer.
    FileOffer(FileOffer),
    /// The file that was offered under this number can no longer be had.
    FileWithdrawn(u64),
    /// A program in the session wants to be noticed.
    Bell,
    /// Whether the viewer is to speak, if it offered to.
    Microphone(MicrophoneDemand),
    /// Pictures of this size show a screen of that size from now on. Told to viewers that said how
    /// much [room](super::ViewerMessage::Room) they have, before the first such picture is made.
    Fit(Fit),
    /// A program of the session wants the person to know something.
    Notification(Notification),
    /// That is of no interest any more.
    NotificationGone(NotificationId),
    /// A program of the session wants a page to be opened in the person's browser.
    Link(Link),
    /// The session will end by itself; `None`: not any more.
    ComingEnd(Option<ComingEnd>),
}

/// The server admits the viewer.
#[derive(Clone, PartialEq, Eq)]
pub struct Welcome {
    /// [`crate::PROTOCOL_VERSION`] of the server.
    pub version: u16,
    /// Size of the session's screen now.
    pub screen: Size,
    /// The program and its version, for the viewer's log.
    pub agent: String,
    /// What admits this viewer again, without a token, should its connection be lost: a secret of
    /// at most [`MAX_TICKET_BYTES`]. Empty: the ticket that the viewer showed goes on to hold, or
    /// the server gives none.
    pub ticket: Vec<u8>,
    /// Bytes of the largest file that the session takes; `None` if files are not transferred.
    pub files: Option<u64>,
    /// Whether viewers may speak in this session: whether an
    /// [offer](super::MicrophoneOffer) is of any use.
    pub microphone: bool,
    /// Whether the server scales for viewers that have little [room](super::ViewerMessage::Room).
    pub scales: bool,
    /// What of the session goes to the viewer's desktop, if the viewer takes it.
    pub desktop: DesktopShare,
    /// Whether the ticket replaces the one that the viewer showed, and the visit goes on.
    pub renewed: bool,
}

impl core::fmt::Debug for Welcome {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Welcome")
            .field("version", &self.version)
            .field("screen", &self.screen)
            .field("agent", &self.agent)
            .field("ticket", &"(secret)")
            .field("files", &self.files)
            .field("microphone", &self.microphone)
            .field("scales", &self.scales)
            .field("desktop", &self.desktop)
            .field("renewed", &self.renewed)
            .finish()
    }
}

mod kind {
    pub(super) const WELCOME: u64 = 1;
    pub(super) const REFUSED: u64 = 2;
    pub(super) const CURSOR_SHAPE: u64 = 3;
    pub(super) const CURSOR_POSITION: u64 = 4;
    pub(super) const CURSOR_AGAIN: u64 = 5;
    pub(super) const TITLE: u64 = 10;
    pub(super) const ICON: u64 = 11;
    pub(super) const SEATS: u64 = 14;
    pub(super) const FILE_OFFER: u64 = 18;
    pub(super) const FILE_WITHDRAWN: u64 = 19;
    pub(super) const BELL: u64 = 20;
    pub(super) const MICROPHONE: u64 = 30;
    pub(super) const NOTIFICATION: u64 = 32;
    pub(super) const NOTIFICATION_GONE: u64 = 33;
    pub(super) const LINK: u64 = 34;
    pub(super) const FIT: u64 = 36;
    pub(super) const COMING_END: u64 = 37;
}

impl ServerMessage {
    /// Appends the message to `out`, without its length.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome(welcome) => {
                let mut message = FieldWriter::new(out, kind::WELCOME);
                message
                    .number(1, u64::from(welcome.version))
                    .nested(2, |out| put_size(out, welcome.screen))
                    .text(3, &welcome.agent);
                if !welcome.ticket.is_empty() {
                    message.bytes(4, &welcome.ticket);
                }
                if let Some(largest) = welcome.files {
                    message.number(9, largest);
                }
                if welcome.microphone {
                    message.number(13, 1);
                }
                if welcome.desktop != DesktopShare::default() {
                    message.number(14, welcome.desktop.number());
                }
                if welcome.scales {
                    message.number(15, 1);
                }
                if welcome.renewed {
                    message.number(16, 1);
                }
            }
            Self::Refused { reason, text } => {
                FieldWriter::new(out, kind::REFUSED)
                    .number(1, reason.number())
                    .text(2, text);
            }
            Self::CursorShape(shape) => {
                write_cursor_shape(shape, &mut FieldWriter::new(out, kind::CURSOR_SHAPE));
            }
            Self::CursorPosition(at) => {
                FieldWriter::new(out, kind::CURSOR_POSITION).nested(1, |out| put_point(out, *at));
            }
            Self::CursorAgain(number) => {
                FieldWriter::new(out, kind::CURSOR_AGAIN).number(1, *number);
            }
            Self::Title(title) => {
                FieldWriter::new(out, kind::TITLE).text(1, title);
            }
            Self::Icon(icon) => write_icon(icon, &mut FieldWriter::new(out, kind::ICON)),
            Self::Seats(report) => report.write(out, kind::SEATS),
            Self::FileOffer(offer) => {
                write_file_offer(offer, &mut FieldWriter::new(out, kind::FILE_OFFER));
            }
            Self::FileWithdrawn(number) => {
                FieldWriter::new(out, kind::FILE_WITHDRAWN).number(1, *number);
            }
            Self::Bell => {
                FieldWriter::new(out, kind::BELL);
            }
            Self::Microphone(demand) => demand.write(out, kind::MICROPHONE),
            Self::Fit(fit) => write_fit(*fit, out, kind::FIT),
            Self::Notification(notification) => notification.write(out, kind::NOTIFICATION),
            Self::NotificationGone(number) => {
                desktop::write_number(*number, out, kind::NOTIFICATION_GONE);
            }
            Self::Link(link) => desktop::write_link(link, out, kind::LINK),
            Self::ComingEnd(end) => ending::write(*end, out, kind::COMING_END),
        }
    }

    /// Reads a message; `None` if this version does not know its kind.
    ///
    /// # Errors
    /// [`WireError`] if the message is of a known kind and malformed.
    pub fn read(bytes: &[u8]) -> Result<Option<Self>, WireError> {
        let (kind, fields) = Fields::of_message(bytes)?;
        Ok(Some(match kind {
            kind::WELCOME => Self::Welcome(read_welcome(fields)?),
            kind::REFUSED => read_refused(fields)?,
            kind::CURSOR_SHAPE => Self::CursorShape(read_cursor_shape(fields)?),
            kind::CURSOR_POSITION => {
                let at = only_field(fields, "cursor position", read_point)?;
                Self::CursorPosition(at)
            }
            kind::CURSOR_AGAIN => {
                let number = only_field(fields, "number of a cursor", |field| field.number())?;
                Self::CursorAgain(number)
            }
            kind::TITLE => Self::Title(read_title(fields)?),
            kind::ICON => Self::Icon(read_icon(fields)?),
            kind::SEATS => Self::Seats(SeatReport::read(fields)?),
            kind::FILE_OFFER => Self::FileOffer(read_file_offer(fields)?),
            kind::FILE_WITHDRAWN => {
                let number = only_field(fields, "number of a file", |field| field.number())?;
                Self::FileWithdrawn(number)
            }
            kind::BELL => Self::Bell,
            kind::MICROPHONE => Self::Microphone(MicrophoneDemand::read(fields)?),
            kind::FIT => Self::Fit(read_fit(fields)?),
            kind::NOTIFICATION => Self::Notification(Notification::read(fields)?),
            kind::NOTIFICATION_GONE => Self::NotificationGone(desktop::read_number(fields)?),
            kind::LINK => Self::Link(desktop::read_link(fields)?),
            kind::COMING_END => Self::ComingEnd(ending::read(fields)?),
            _ => return Ok(None),
        }))
    }
}

fn read_welcome(mut fields: Fields<'_>) -> Result<Welcome, WireError> {
    let (mut version, mut screen, mut agent) = (None, None, String::new());
    let mut scales = false;
    let mut desktop = DesktopShare::default();
    let (mut ticket, mut renewed) = (Vec::new(), false);
    let (mut files, mut microphone) = (None, false);
    while let Some(field) = fields.next_field()? {
        match field.tag {
            1 => version = Some(read_version(&field)?),
            2 => screen = Some(read_size(&mut field.reader())?),
            3 => agent = field.text("agent", MAX_TEXT_BYTES)?.to_owned(),
            4 => ticket = read_secret(&field, "ticket", MAX_TICKET_BYTES)?,
            9 => files = Some(field.number()?),
            13 => microphone = field.number()? != 0,
            14 => desktop = DesktopShare::from_number(field.number()?),
            15 => scales = field.number()? != 0,
            16 => renewed = field.number()? != 0,
            _ => {}
        }
    }
    Ok(Welcome {
        version: version.ok_or(WireError::Missing("version"))?,
        screen: screen.ok_or(WireError::Missing("screen"))?,
        agent,
        ticket,
        files,
        microphone,
        scales,
        desktop,
        renewed,
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

#[cfg(test)]
mod tests {
    use super::super::EndCause;
    use super::*;
    use crate::limits::{MAX_CONTROL_BYTES, MAX_CURSOR_EDGE};
    use core::time::Duration;
    use proptest::prelude::*;

    #[test]
    fn messages_round_trip() {
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
                ticket: vec![7; MAX_TICKET_BYTES],
                files: Some(0),
                microphone: true,
                scales: true,
                desktop: DesktopShare {
                    notifications: true,
                    links: false,
                },
                renewed: true,
            }),
            ServerMessage::Refused {
                reason: RefusalReason::WrongToken,
                text: "no".to_owned(),
            },
            ServerMessage::CursorShape(shape),
            ServerMessage::CursorPosition(Point::new(-3, 7)),
            ServerMessage::CursorAgain(300),
            ServerMessage::Bell,
            ServerMessage::ComingEnd(None),
            ServerMessage::ComingEnd(Some(ComingEnd {
                cause: EndCause::Other(9),
                within: Duration::from_secs(60),
            })),
        ] {
            let mut out = Vec::new();
            message.write(&mut out);
            assert_eq!(ServerMessage::read(&out), Ok(Some(message)));
        }
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
    fn a_ticket_never_shows_in_debug_output() {
        let welcome = ServerMessage::Welcome(Welcome {
            version: 1,
            screen: Size::new(8, 8),
            agent: String::new(),
            ticket: vec![77, 78],
            files: None,
            microphone: false,
            scales: false,
            desktop: DesktopShare::default(),
            renewed: false,
        });
        assert!(!format!("{welcome:?}").contains("77"));
    }

    #[test]
    fn a_screen_beyond_the_limits_is_refused() {
        let mut out = Vec::new();
        FieldWriter::new(&mut out, kind::WELCOME)
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
            let _ = ServerMessage::read(&bytes);
        }
    }
}
