//! What the menu offers.
//!
//! An entry is a row of [`ALL`], and an arm of each of the functions below.

use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::{Quality, SeatReport, SeatWish, Standing};
use hackstream_sound::level::MOST_PERCENT;

use super::bitrate;
use crate::config::LocalKey;
use crate::sound::Hearing;

/// Steps of the volume, in hundredths of the amplitude.
const VOLUME_STEP: u16 = 10;

/// One row of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Fullscreen,
    ControlAltDelete,
    HostKey,
    Screenshot,
    Control,
    Quality,
    Bitrate,
    Sound,
    Volume,
    Statistics,
    Disconnect,
}

/// The entries in their order.
pub(super) const ALL: [Entry; 11] = [
    Entry::Fullscreen,
    Entry::ControlAltDelete,
    Entry::HostKey,
    Entry::Screenshot,
    Entry::Control,
    Entry::Quality,
    Entry::Bitrate,
    Entry::Sound,
    Entry::Volume,
    Entry::Statistics,
    Entry::Disconnect,
];

/// What the person wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) enum Action {
    /// Fill the screen, or not any more.
    Fullscreen,
    /// Press Ctrl, Alt and Delete in the session.
    ControlAltDelete,
    /// Press the key that opens the menu in the session.
    HostKey,
    /// Write the picture to a file.
    Screenshot,
    /// Ask for control, or leave it to others.
    Seat(SeatWish),
    /// Ask for this quality.
    Quality(Quality),
    /// Ask for no more than this.
    MaxBitrate(Option<Bitrate>),
    /// Be silent, or not any more.
    Mute(bool),
    /// Play the sound as loud as this, in hundredths.
    Volume(u16),
    /// Draw the measurements over the picture, or not any more.
    Statistics(bool),
    /// Leave the session.
    Disconnect,
}

/// How things are while the menu is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) struct Settings {
    /// Whether the window fills the screen.
    pub(in crate::present) fullscreen: bool,
    /// The key that opens the menu.
    pub(in crate::present) host_key: Option<LocalKey>,
    /// Who is there, if the server tells.
    pub(in crate::present) seats: Option<SeatReport>,
    /// What was asked for.
    pub(in crate::present) quality: Quality,
    /// The most that was asked for.
    pub(in crate::present) max_bitrate: Option<Bitrate>,
    /// Whether the session is heard.
    pub(in crate::present) hearing: Hearing,
    /// How loud, in hundredths.
    pub(in crate::present) volume: u16,
    /// Whether measurements are drawn.
    pub(in crate::present) statistics: bool,
}

/// Which way a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::present) enum Step {
    /// To the one before, as far as there is one.
    Back,
    /// To the next, as far as there is one.
    On,
    /// To the next, and from the last to the first.
    Around,
}

impl Entry {
    pub(super) fn text(self, settings: &Settings) -> String {
        let text = match self {
            Self::Fullscreen if settings.fullscreen => "Leave fullscreen",
            Self::Fullscreen => "Fullscreen",
            Self::ControlAltDelete => "Send Ctrl+Alt+Del",
            Self::HostKey => {
                let key = settings.host_key.map(|key| key.to_string());
                return format!("Send {}", key.unwrap_or_default());
            }
            Self::Screenshot => "Screenshot",
            Self::Control => "Control",
            Self::Quality => "Quality",
            Self::Bitrate => "Bitrate",
            Self::Sound => "Sound",
            Self::Volume => "Volume",
            Self::Statistics => "Statistics",
            Self::Disconnect => "Disconnect",
        };
        text.to_owned()
    }

    /// What it is set to; empty if it is nothing to set.
    pub(super) fn value(self, settings: &Settings) -> String {
        match self {
            Self::Control => return control(settings.seats),
            Self::Quality => match settings.quality {
                Quality::Low => "low",
                Quality::Auto => "auto",
                Quality::High => "high",
            },
            Self::Sound => match settings.hearing {
                Hearing::None => "not there",
                Hearing::Muted => "muted",
                Hearing::Audible => "on",
            },
            Self::Bitrate => return bitrate::shown(settings.max_bitrate),
            Self::Volume => return format!("{} %", settings.volume),
            Self::Statistics if settings.statistics => "on",
            Self::Statistics => "off",
            _ => "",
        }
        .to_owned()
    }

    /// The key that chooses it at once.
    pub(super) const fn letter(self) -> Option<char> {
        Some(match self {
            Self::Fullscreen => 'F',
            Self::ControlAltDelete => 'D',
            Self::HostKey => return None,
            Self::Screenshot => 'S',
            Self::Control => 'C',
            Self::Quality => 'Q',
            Self::Bitrate => 'B',
            Self::Sound => 'M',
            Self::Volume => 'V',
            Self::Statistics => 'T',
            Self::Disconnect => 'X',
        })
    }

    /// What it does when it is chosen; `None` if there is nothing to do.
    pub(super) fn action(self, settings: &Settings) -> Option<Action> {
        Some(match self {
            Self::Fullscreen => Action::Fullscreen,
            Self::ControlAltDelete => Action::ControlAltDelete,
            Self::HostKey => Action::HostKey,
            Self::Screenshot => Action::Screenshot,
            Self::Disconnect => Action::Disconnect,
            Self::Control
            | Self::Quality
            | Self::Bitrate
            | Self::Sound
            | Self::Volume
            | Self::Statistics => return self.stepped(settings, Step::Around),
        })
    }

    /// What it does when its value goes on a step; `None` if it has none.
    pub(super) fn stepped(self, settings: &Settings, step: Step) -> Option<Action> {
        Some(match self {
            Self::Control => match next_seat(settings.seats, step) {
                Some(wish) => Action::Seat(wish),
                None => return None,
            },
            Self::Quality => Action::Quality(next_quality(settings.quality, step)),
            Self::Bitrate => Action::MaxBitrate(bitrate::next(settings.max_bitrate, step)),
            Self::Sound => match settings.hearing {
                Hearing::None => return None,
                Hearing::Muted => Action::Mute(false),
                Hearing::Audible => Action::Mute(true),
            },
            Self::Volume => {
                let louder = settings.volume.saturating_add(VOLUME_STEP);
                Action::Volume(match step {
                    Step::Back => settings.volume.saturating_sub(VOLUME_STEP),
                    Step::On | Step::Around if louder > MOST_PERCENT => MOST_PERCENT,
                    Step::On | Step::Around => louder,
                })
            }
            Self::Statistics => Action::Statistics(!settings.statistics),
            _ => return None,
        })
    }
}

/// In whose hands the session is.
fn control(seats: Option<SeatReport>) -> String {
    let Some(seats) = seats else {
        return "not there".to_owned();
    };
    let others = seats.in_control.saturating_sub(1);
    match seats.standing {
        Standing::ViewOnly => "view only".to_owned(),
        Standing::Watching => "watching".to_owned(),
        Standing::InControlAlone => "mine alone".to_owned(),
        Standing::InControl if others == 0 => "mine".to_owned(),
        Standing::InControl => format!("mine, {others} others'"),
    }
}

/// From watching over control beside others to control alone.
const fn next_seat(seats: Option<SeatReport>, step: Step) -> Option<SeatWish> {
    let Some(seats) = seats else { return None };
    Some(match (seats.standing, step) {
        (Standing::ViewOnly, _) => return None,
        (Standing::Watching, Step::On | Step::Around) | (Standing::InControlAlone, Step::Back) => {
            SeatWish::Control
        }
        (Standing::InControl | Standing::InControlAlone, Step::On)
        | (Standing::InControl, Step::Around) => SeatWish::ControlAlone,
        (Standing::Watching | Standing::InControl, Step::Back)
        | (Standing::InControlAlone, Step::Around) => SeatWish::Watch,
    })
}

const fn next_quality(quality: Quality, step: Step) -> Quality {
    match (quality, step) {
        (Quality::Low, Step::On | Step::Around) | (Quality::High, Step::Back) => Quality::Auto,
        (Quality::Auto, Step::On | Step::Around) | (Quality::High, Step::On) => Quality::High,
        (Quality::Low | Quality::Auto, Step::Back) | (Quality::High, Step::Around) => Quality::Low,
    }
}

impl Action {
    /// Whether the menu is in the way of what comes of it.
    pub(in crate::present) const fn closes(self) -> bool {
        match self {
            Self::Fullscreen | Self::ControlAltDelete | Self::HostKey | Self::Disconnect => true,
            Self::Screenshot
            | Self::Seat(_)
            | Self::Quality(_)
            | Self::MaxBitrate(_)
            | Self::Mute(_)
            | Self::Volume(_)
            | Self::Statistics(_) => false,
        }
    }
}
