//! Messages of the control stream: greeting, refusal, cursor, title, keyboard, seats, wishes,
//! farewell.
//!
//! The viewer opens one bidirectional stream and both sides send messages on it, each preceded by
//! its length (see [`crate::limits::MAX_CONTROL_BYTES`]). The first message of a viewer is
//! [`ViewerMessage::Hello`], the first of the server [`ServerMessage::Welcome`] or
//! [`ServerMessage::Refused`].

mod bitrate;
mod credential;
mod cursor;
mod desktop;
mod ending;
mod files;
mod front;
mod keyboard;
mod microphone;
mod quality;
mod refusal;
mod room;
mod seat;
mod server;
mod values;
mod viewer;
mod window;

pub use credential::Credential;
pub use cursor::CursorShape;
pub use desktop::{
    DesktopShare, Expiry, Notification, NotificationClosed, NotificationEnd, Urgency,
};
pub use ending::{ComingEnd, EndCause};
pub use files::FileOffer;
pub use front::WindowIcon;
pub use keyboard::{KeyboardLayout, Names as KeyboardNames};
pub use microphone::{MicrophoneDemand, MicrophoneOffer};
pub use quality::Quality;
pub use refusal::RefusalReason;
pub use seat::{SeatReport, SeatWish, Standing};
pub use server::{ServerMessage, Welcome};
pub use values::read_size;
pub use viewer::{Hello, SoundWish, ViewerMessage};
pub use window::{Scale, ViewerWindow};
