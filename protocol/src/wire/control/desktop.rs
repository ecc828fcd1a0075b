//! Notifications that the viewer's desktop shows, and links that its browser opens.

use core::time::Duration;

use super::values::only_field;
use crate::desktop::Link;
use crate::ids::NotificationId;
use crate::limits::{MAX_LINK_BYTES, MAX_NOTIFICATION_BYTES, MAX_NOTIFICATION_TITLE_BYTES};
use crate::wire::WireError;
use crate::wire::fields::{FieldWriter, Fields};

/// What of a session goes to the viewer's desktop: in a greeting what the viewer takes, in a welcome
/// what there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DesktopShare {
    /// Notifications.
    pub notifications: bool,
    /// Links.
    pub links: bool,
}

impl DesktopShare {
    pub(super) const fn number(self) -> u64 {
        self.notifications as u64 | (self.links as u64) << 1
    }

    /// Bits that this version does not know are left out.
    pub(super) const fn from_number(number: u64) -> Self {
        Self {
            notifications: number & 1 != 0,
            links: number & 2 != 0,
        }
    }

    /// What both this and `other` have.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            notifications: self.notifications && other.notifications,
            links: self.links && other.links,
        }
    }
}

/// How much a notification matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// It can wait.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// It must be seen.
    Critical,
}

/// When a notification goes by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// When the desktop sees fit.
    #[default]
    AsUsual,
    /// Never.
    Never,
    /// After this time, in whole milliseconds.
    After(Duration),
}

/// What a program of the session wants the person to know. The texts are whatever it wrote: see
/// [`harmless`](crate::desktop::harmless).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its number. One with the number of another, which is still there, takes its place.
    pub number: NotificationId,
    /// What the program calls itself; at most [`MAX_NOTIFICATION_TITLE_BYTES`]. May be empty.
    pub program: String,
    /// The matter in a line; at most [`MAX_NOTIFICATION_TITLE_BYTES`].
    pub summary: String,
    /// More of it, without markup; at most [`MAX_NOTIFICATION_BYTES`]. May be empty.
    pub body: String,
    /// How much it matters.
    pub urgency: Urgency,
    /// When it goes.
    pub expiry: Expiry,
    /// Whether the program wants to hear that the person chose it.
    pub can_be_chosen: bool,
}

/// How a notification ended at the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotificationEnd {
    /// Its time was over.
    Expired,
    /// The person sent it away.
    Dismissed,
}

/// What a viewer has to tell of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationClosed {
    /// Which one.
    pub number: NotificationId,
    /// How it ended.
    pub end: NotificationEnd,
}

impl Notification {
    pub(super) fn write(&self, out: &mut Vec<u8>, kind: u64) {
        let mut message = FieldWriter::new(out, kind);
        message
            .number(1, self.number.0)
            .text(2, &self.program)
            .text(3, &self.summary)
            .text(4, &self.body);
        match self.urgency {
            Urgency::Low => message.number(5, 0),
            Urgency::Normal => &mut message,
            Urgency::Critical => message.number(5, 2),
        };
        match self.expiry {
            Expiry::AsUsual => {}
            Expiry::Never => drop(message.number(6, 0)),
            Expiry::After(time) => {
                let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                message.number(6, milliseconds.max(1));
            }
        }
        if self.can_be_chosen {
            message.number(7, 1);
        }
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, WireError> {
        let (mut number, mut summary) = (None, None);
        let (mut program, mut body) = (String::new(), String::new());
        let (mut urgency, mut expiry) = (Urgency::default(), Expiry::default());
        let mut can_be_chosen = false;
        while let Some(field) = fields.next_field()? {
            let title = |what| field.text(what, MAX_NOTIFICATION_TITLE_BYTES);
            match field.tag {
                1 => number = Some(NotificationId(field.number()?)),
                2 => program = title("program of a notification")?.to_owned(),
                3 => summary = Some(title("summary of a notification")?.to_owned()),
                4 => {
                    let text = field.text("body of a notification", MAX_NOTIFICATION_BYTES)?;
                    body = text.to_owned();
                }
                5 => urgency = read_urgency(field.number()?)?,
                6 => expiry = read_expiry(field.number()?),
                7 => can_be_chosen = field.number()? != 0,
                _ => {}
            }
        }
        Ok(Self {
            number: number.ok_or(WireError::Missing("number of a notification"))?,
            program,
            summary: summary.ok_or(WireError::Missing("summary of a notification"))?,
            body,
            urgency,
            expiry,
            can_be_chosen,
        })
    }
}

fn read_urgency(number: u64) -> Result<Urgency, WireError> {
    Ok(match number {
        0 => Urgency::Low,
        1 => Urgency::Normal,
        2 => Urgency::Critical,
        other => return Err(WireError::meaningless("urgency", other)),
    })
}

const fn read_expiry(milliseconds: u64) -> Expiry {
    match milliseconds {
        0 => Expiry::Never,
        time => Expiry::After(Duration::from_millis(time)),
    }
}

impl NotificationClosed {
    pub(super) fn write(self, out: &mut Vec<u8>, kind: u64) {
        let end = match self.end {
            NotificationEnd::Expired => 1,
            NotificationEnd::Dismissed => 2,
        };
        FieldWriter::new(out, kind)
            .number(1, self.number.0)
            .number(2, end);
    }

    pub(super) fn read(mut fields: Fields<'_>) -> Result<Self, WireError> {
        let (mut number, mut end) = (None, NotificationEnd::Dismissed);
        while let Some(field) = fields.next_field()? {
            match field.tag {
                1 => number = Some(NotificationId(field.number()?)),
                2 => {
                    end = match field.number()? {
                        1 => NotificationEnd::Expired,
                        2 => NotificationEnd::Dismissed,
                        other => {
                            return Err(WireError::meaningless("end of a notification", other));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(Self {
            number: number.ok_or(WireError::Missing("number of a notification"))?,
            end,
        })
    }
}

pub(super) fn write_number(number: NotificationId, out: &mut Vec<u8>, kind: u64) {
    FieldWriter::new(out, kind).number(1, number.0);
}

pub(super) fn read_number(fields: Fields<'_>) -> Result<NotificationId, WireError> {
    only_field(fields, "number of a notification", |field| field.number()).map(NotificationId)
}

pub(super) fn write_link(link: &Link, out: &mut Vec<u8>, kind: u64) {
    FieldWriter::new(out, kind).text(1, link.as_str());
}

pub(super) fn read_link(fields: Fields<'_>) -> Result<Link, WireError> {
    only_field(fields, "link", |field| {
        let text = field.text("link", MAX_LINK_BYTES)?;
        // Escaped as it is on this wire, or not at all what it says.
        let link = Link::of(text).filter(|link| link.as_str() == text);
        link.ok_or_else(|| WireError::meaningless("link", text.len() as u64))
    })
}

#[cfg(test)]
mod tests {
    use super::super::{ServerMessage, ViewerMessage};
    use super::*;
    use proptest::prelude::*;

    fn survives(message: ServerMessage) -> bool {
        let mut out = Vec::new();
        message.write(&mut out);
        ServerMessage::read(&out) == Ok(Some(message))
    }

    fn notification(summary: String, body: String) -> Notification {
        Notification {
            number: NotificationId(7),
            program: String::new(),
            summary,
            body,
            urgency: Urgency::Normal,
            expiry: Expiry::AsUsual,
            can_be_chosen: false,
        }
    }

    #[test]
    fn texts_beyond_the_limits_are_refused() {
        let of = |summary: usize, body: usize| {
            ServerMessage::Notification(notification("x".repeat(summary), "y".repeat(body)))
        };
        let (title, text) = (MAX_NOTIFICATION_TITLE_BYTES, MAX_NOTIFICATION_BYTES);
        assert!(survives(of(title, text)));
        assert!(!survives(of(title + 1, 0)));
        assert!(!survives(of(0, text + 1)));
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let read = |text: &str| {
            let mut out = Vec::new();
            FieldWriter::new(&mut out, 34).text(1, text);
            ServerMessage::read(&out)
        };
        assert!(read("https://example.org/").is_ok());
        for text in [
            "",
            "file:///x",
            "--help",
            "HTTPS://example.org/",
            "https://a/ ",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read(&format!("https://a/{}", "b".repeat(MAX_LINK_BYTES))).is_err());
    }

    #[test]
    fn bits_from_the_future_are_left_out() {
        let all = DesktopShare {
            notifications: true,
            links: true,
        };
        assert_eq!(DesktopShare::from_number(u64::MAX), all);
        for number in 0..4 {
            assert_eq!(DesktopShare::from_number(number).number(), number);
        }
        assert_eq!(all.and(DesktopShare::from_number(2)).number(), 2);
    }

    proptest! {
        #[test]
        fn notifications_round_trip(
            number: u64,
            (program, summary, body) in (".{0,30}", ".{0,30}", ".{0,99}"),
            (urgency, expiry) in (0_u64..3, proptest::option::of(any::<u64>())),
            can_be_chosen: bool,
        ) {
            let notification = Notification {
                number: NotificationId(number),
                program,
                summary,
                body,
                urgency: read_urgency(urgency).unwrap(),
                expiry: expiry.map_or(Expiry::AsUsual, read_expiry),
                can_be_chosen,
            };
            prop_assert!(survives(ServerMessage::Notification(notification)));
            prop_assert!(survives(ServerMessage::NotificationGone(NotificationId(number))));
        }

        #[test]
        fn answers_round_trip(number: u64, expired: bool) {
            let end = if expired { NotificationEnd::Expired } else { NotificationEnd::Dismissed };
            let number = NotificationId(number);
            for message in [
                ViewerMessage::NotificationClosed(NotificationClosed { number, end }),
                ViewerMessage::NotificationChosen(number),
            ] {
                let mut out = Vec::new();
                message.write(&mut out);
                prop_assert_eq!(ViewerMessage::read(&out), Ok(Some(message)));
            }
        }
    }
}
