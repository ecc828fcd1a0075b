//! The session's sound in the viewer, and the person's [`microphone`] in the session.
//!
//! The network gives packets to the [`Speaker`]. The first one starts a thread that opens a device
//! and plays; when nothing has come for a while the thread ends, and device, decoder and libraries
//! go with it. A viewer of a silent session has none of them.

pub(crate) mod microphone;
mod player;
mod retry;

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_protocol::units::Timestamp;
use hackstream_protocol::wire::control::SoundWish;
use hackstream_protocol::wire::sound::SoundPacket;
use hackstream_sound::jitter::{Counts, Jitter, Pictures, Transit};
use hackstream_sound::level::MOST_PERCENT;
use tokio::sync::Notify;

use crate::config::SoundOptions;
use crate::locked::locked;

/// What a device is thought to hold until it says so.
const DEVICE: Duration = Duration::from_millis(30);

/// Decoding needs little, libraries of the system somewhat more.
const STACK_BYTES: usize = 256 << 10;

/// Plays the session's sound. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Speaker(Arc<Inner>);

struct Inner {
    desk: Mutex<Desk>,
    /// Signalled when a packet arrives, and when the person mutes.
    changed: Condvar,
    /// Signalled when the server is to be told something else.
    wishes: Notify,
    /// Whether pictures are worth timing.
    playing: AtomicBool,
    volume: AtomicU16,
    epoch: Instant,
}

/// What the network, the decoder of pictures and the player share.
struct Desk {
    jitter: Jitter,
    pictures: Pictures,
    player: Player,
    wish: Wish,
    /// Of the sample that was played last.
    heard: Option<Transit>,
}

/// The thread that plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Player {
    /// There is none, and none is needed.
    Idle,
    /// It runs.
    Running,
    /// It could not play and will not be tried again.
    Failed,
}

/// What the person wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// No sound in this viewer.
    Never,
    Muted,
    Audible,
}

/// Whether the person hears the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// There is no sound in this viewer, or nothing to play it on.
    None,
    /// The person wants silence.
    Muted,
    /// What there is to hear.
    Audible,
}

/// How the sound is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SoundReport {
    /// Packets since the last report.
    pub(crate) counts: Counts,
    /// Microseconds by which the sound lags behind the pictures, negative if it is ahead. `None`
    /// without video, or without sound.
    pub(crate) lag_micros: Option<i64>,
}

impl Default for Speaker {
    /// One that wants to hear nothing.
    fn default() -> Self {
        Self(Arc::new(Inner {
            desk: Mutex::new(Desk {
                jitter: Jitter::new(DEVICE),
                pictures: Pictures::default(),
                player: Player::Idle,
                wish: Wish::Never,
                heard: None,
            }),
            changed: Condvar::new(),
            wishes: Notify::new(),
            playing: AtomicBool::new(false),
            volume: AtomicU16::new(100),
            epoch: Instant::now(),
        }))
    }
}

impl Speaker {
    /// Does from now on what the command line says.
    pub(crate) fn configure(&self, options: SoundOptions) {
        let (wish, volume) = match options {
            SoundOptions::Off => (Wish::Never, 100),
            SoundOptions::Muted { volume } => (Wish::Muted, volume),
            SoundOptions::Audible { volume } => (Wish::Audible, volume),
        };
        self.0.desk().wish = wish;
        self.0.volume.store(volume, Ordering::Relaxed);
    }

    /// The person mutes or unmutes. Without effect in a viewer without sound.
    pub(crate) fn mute(&self, muted: bool) {
        let mut desk = self.0.desk();
        match (desk.wish, muted) {
            (Wish::Never, _) => return,
            (_, true) => {
                desk.wish = Wish::Muted;
                desk.jitter.restart();
            }
            (_, false) => desk.wish = Wish::Audible,
        }
        self.0.changed.notify_all();
        self.0.wishes.notify_one();
    }

    /// Whether the person hears the session.
    pub(crate) fn hearing(&self) -> Hearing {
        let desk = self.0.desk();
        match (desk.wish, desk.player) {
            (Wish::Never, _) | (_, Player::Failed) => Hearing::None,
            (Wish::Muted, _) => Hearing::Muted,
            (Wish::Audible, _) => Hearing::Audible,
        }
    }

    /// How loud it is, in hundredths of the amplitude.
    pub(crate) fn volume(&self) -> u16 {
        self.0.volume.load(Ordering::Relaxed)
    }

    /// Makes it as loud as this, at most [`MOST_PERCENT`].
    pub(crate) fn set_volume(&self, percent: u16) {
        let percent = percent.min(MOST_PERCENT);
        self.0.volume.store(percent, Ordering::Relaxed);
    }

    /// Waits until the server is to be told something else. May be cancelled.
    pub(crate) async fn next_wish(&self) -> SoundWish {
        self.0.wishes.notified().await;
        self.wish()
    }

    /// What the server is to be told.
    pub(crate) fn wish(&self) -> SoundWish {
        let desk = self.0.desk();
        match (desk.wish, desk.player) {
            (Wish::Audible, Player::Idle | Player::Running) => SoundWish::Play,
            _ => SoundWish::Mute,
        }
    }

    /// A new connection begins, perhaps to a session that began anew.
    pub(crate) fn connected(&self) {
        let mut desk = self.0.desk();
        desk.jitter.restart();
        desk.pictures = Pictures::default();
    }

    /// Takes a packet that has just arrived.
    pub(crate) fn take(&self, packet: &SoundPacket<'_>) {
        let mut desk = self.0.desk();
        if desk.wish != Wish::Audible || desk.player == Player::Failed {
            return;
        }
        desk.jitter.push(packet, self.0.now());
        if desk.player == Player::Running {
            self.0.changed.notify_all();
            return;
        }
        desk.player = Player::Running;
        self.0.playing.store(true, Ordering::Relaxed);
        drop(desk);
        self.start_player();
    }

    /// A picture captured at `captured` is seen from now on. Costs nothing without sound.
    pub(crate) fn picture_seen(&self, captured: Timestamp) {
        if self.0.playing.load(Ordering::Relaxed) {
            let now = self.0.now();
            self.0.desk().pictures.seen(captured, now);
        }
    }

    /// How the sound is doing, since this was asked last.
    pub(crate) fn take_report(&self) -> SoundReport {
        let mut desk = self.0.desk();
        let pictures = desk.pictures.transit(self.0.now());
        let lag = desk.heard.zip(pictures);
        SoundReport {
            counts: desk.jitter.take_counts(),
            lag_micros: lag.map(|(sound, pictures)| sound.beyond(pictures)),
        }
    }

    fn start_player(&self) {
        let inner = Arc::clone(&self.0);
        let thread = thread::Builder::new()
            .name("sound".into())
            .stack_size(STACK_BYTES);
        let spawned = thread.spawn(move || player::run(&inner));
        if let Err(error) = spawned {
            self.0.finish(Player::Failed);
            eprintln!("hackstream-view: no sound: {error}");
        }
    }
}

impl Inner {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        locked(&self.desk)
    }

    /// The viewer's clock for sound and pictures.
    fn now(&self) -> Timestamp {
        Timestamp::at(self.epoch.elapsed())
    }

    /// The player ends.
    fn finish(&self, player: Player) {
        let mut desk = self.desk();
        desk.player = player;
        desk.heard = None;
        desk.jitter.restart();
        self.playing.store(false, Ordering::Relaxed);
        self.wishes.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_can_hear_asks_for_sound() {
        let speaker = Speaker::default();
        assert_eq!(speaker.wish(), SoundWish::Mute);
        speaker.mute(false);
        assert_eq!(speaker.wish(), SoundWish::Mute, "there is no sound at all");
        speaker.configure(SoundOptions::Audible { volume: 50 });
        assert_eq!(speaker.wish(), SoundWish::Play);
        speaker.mute(true);
        assert_eq!(speaker.wish(), SoundWish::Mute);
        assert_eq!(speaker.hearing(), Hearing::Muted);
        assert_eq!(speaker.volume(), 50);
        speaker.mute(false);
        assert_eq!(speaker.wish(), SoundWish::Play);
        speaker.0.finish(Player::Failed);
        assert_eq!(speaker.wish(), SoundWish::Mute, "there is no device");
        assert_eq!(speaker.hearing(), Hearing::None);
    }
}
