//! Keeps the viewer in the session: connects, notices silence, comes back.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hackstream_protocol::fit::Room;
use hackstream_protocol::units::Bitrate;
use hackstream_protocol::wire::control::{
    KeyboardLayout, Quality, RefusalReason, SeatWish, ViewerMessage,
};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::CloseReason;
use tokio::sync::mpsc::UnboundedReceiver;

use super::admit::{connect_first, refusal};
use super::dial::{Admission, DialError, Dialer};
use super::ending::LinkEnd;
use super::link::{Link, Trouble};
use super::network::LocalNetwork;
use super::plight::{Cause, one_line};
use super::recover::Recovered;
use super::window_wish::WindowWish;
use super::wish::Wish;
use super::{Command, reached};
use crate::coming_end::Foretold;
use crate::config::{Options, Scaling, TrustPolicy};
use crate::error::ViewError;
use crate::fits::Fits;
use crate::picture::Work;
use crate::shared::{LinkState, Shared};
use crate::trust;

/// Connections that may break in a row before the viewer gives up, and how long one must hold to
/// end the row.
const BROKEN_IN_A_ROW: u32 = 3;
const STEADY: Duration = Duration::from_secs(10);

/// Runs the session to its end.
///
/// # Errors
/// [`ViewError`]: why it ended, unless the person or the session wanted it.
pub(super) async fn run(
    options: Options,
    shared: Arc<Shared>,
    commands: UnboundedReceiver<Command>,
    work: Sender<Work>,
) -> Result<(), ViewError> {
    let mut supervisor = Supervisor {
        options,
        shared,
        commands,
        work,
        links: 0,
        broken: 0,
        served: 0,
        keyboard: Wish::default(),
        quality: Wish::default(),
        max_bitrate: Wish::default(),
        seat: Wish::default(),
        over: None,
        window: WindowWish::default(),
        dialer: None,
        network: LocalNetwork::listen(),
    };
    let result = supervisor.run().await;
    supervisor.take_leave(&result).await;
    result
}

/// How serving a connection ended.
enum Served {
    /// The person leaves.
    Left,
    /// The connection is of no use, at least for now.
    Trouble(Trouble),
}

/// Keeps one viewer in its session.
pub(super) struct Supervisor {
    pub(super) options: Options,
    pub(super) shared: Arc<Shared>,
    pub(super) commands: UnboundedReceiver<Command>,
    work: Sender<Work>,
    /// Connections so far.
    pub(super) links: u64,
    /// Connections that broke in a row.
    broken: u32,
    /// The connection that served last: it knows layout, quality and window as they were.
    served: u64,
    keyboard: Wish<KeyboardLayout>,
    quality: Wish<Quality>,
    max_bitrate: Wish<Option<Bitrate>>,
    /// What the connection does not know yet. Later ones say it in their greeting, which takes
    /// control away from nobody who has it meanwhile.
    seat: Wish<SeatWish>,
    /// The server's last words, if it ended the session.
    pub(super) over: Option<String>,
    window: WindowWish,
    pub(super) dialer: Option<Arc<Dialer>>,
    pub(super) network: LocalNetwork,
}

impl Supervisor {
    async fn run(&mut self) -> Result<(), ViewError> {
        let Some(admission) = self.first_admission().await? else {
            return Ok(());
        };
        let mut link = self.attach(admission);
        loop {
            let (since, old, cause) = match self.serve(&mut link).await {
                Served::Left => {
                    link.leave().await;
                    return Ok(());
                }
                Served::Trouble(Trouble::Silent(since)) => {
                    let cause = silence(&link);
                    (since, Some(link), cause)
                }
                Served::Trouble(Trouble::Ended(end)) => {
                    let cause = end.cause();
                    if self.judge(end, &link)? == Next::Stop {
                        return Ok(());
                    }
                    link.close(RefusalReason::ProtocolError, "").await;
                    (Instant::now(), None, cause)
                }
            };
            link = match self.recover(since, old, cause).await? {
                Recovered::Back(link) => link,
                Recovered::Left(old) => {
                    if let Some(old) = old {
                        old.leave().await;
                    }
                    return Ok(());
                }
            };
        }
    }

    /// Connects for the first time; `None` if the person left.
    async fn first_admission(&mut self) -> Result<Option<Admission>, ViewError> {
        let (options, shared) = (self.options.clone(), Arc::clone(&self.shared));
        let mut connecting = Box::pin(connect_first(options));
        loop {
            tokio::select! {
                admitted = &mut connecting => {
                    let (admission, dialer) = admitted?;
                    // From now on the server has to stay the one it is.
                    self.options.trust = TrustPolicy::Pinned(admission.fingerprint);
                    self.dialer = Some(Arc::new(dialer));
                    let screen = admission.welcome.screen;
                    shared.microphone.greeted(admission.welcome.microphone);
                    shared.update_session(|session| session.screen = Some(screen));
                    return Ok(Some(admission));
                }
                command = self.commands.recv() => if self.note(command) == Presence::Leaves {
                    return Ok(None);
                }
            }
        }
    }

    pub(super) fn attach(&mut self, admission: Admission) -> Link {
        self.links += 1;
        let continuity = admission.continuity;
        let fits = match self.options.scaling {
            Scaling::Off => Fits::Whole,
            _ if admission.welcome.scales => Fits::Told(None),
            _ => Fits::Whole,
        };
        self.shared.desktop.connected(&self.shared, continuity);
        let link = Link::start(admission, self.links, &self.shared, &self.work);
        self.shared.update_session(|session| {
            session.link = LinkState::Live;
            session.continuity = continuity;
            session.fits = fits;
            // What there is, it tells.
            session.title.clear();
            session.icon = None;
            session.coming_end = Foretold::Nothing;
        });
        link
    }

    /// Passes on what the person does until something happens to the connection.
    async fn serve(&mut self, link: &mut Link) -> Served {
        // An old connection that came back knows what did not change: another viewer's may count
        // by now.
        if self.served != self.links {
            self.served = self.links;
            self.keyboard.forgotten();
            self.quality.forgotten();
            self.max_bitrate.forgotten();
            let greeted = self.dialer.as_ref().map(|dialer| dialer.greeted_seat());
            if greeted.is_some_and(|greeted| greeted == self.options.seat) {
                self.seat = Wish::default();
            }
            self.tell_window(link).await;
        }
        self.tell_choices(link).await;
        link.wish_sound(self.shared.speaker.wish()).await;
        link.offer_microphone(self.shared.microphone.offer()).await;
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Input(event)) => self.act(link, event),
                    other => {
                        if self.note(other) == Presence::Leaves {
                            return Served::Left;
                        }
                        self.tell_choices(link).await;
                    }
                },
                wish = self.shared.speaker.next_wish() => link.wish_sound(wish).await,
                word = self.shared.desktop.next_word() => link.tell(&word).await,
                offer = self.shared.microphone.next_offer() => link.offer_microphone(offer).await,
                trouble = link.trouble() => return Served::Trouble(trouble),
                () = self.network.changed() => link.network_changed(),
                () = reached(self.window.due()) => self.tell_window(link).await,
            }
        }
    }

    /// Notes what the front asks for; the next connection learns it. What the person types while
    /// there is none is dropped.
    pub(super) fn note(&mut self, command: Option<Command>) -> Presence {
        match command {
            Some(Command::Input(_)) => {}
            Some(Command::Keyboard(layout)) => self.keyboard.changed(layout),
            Some(Command::Quality(quality)) => self.quality.changed(quality),
            Some(Command::MaxBitrate(most)) => self.max_bitrate.changed(most),
            Some(Command::Seat(wish)) => self.seat_changed(wish),
            Some(Command::Window(window)) => self.window.changed(window, Instant::now()),
            Some(Command::Room(room)) => self.room_changed(room),
            Some(Command::Leave) | None => return Presence::Leaves,
        }
        Presence::Stays
    }

    fn seat_changed(&mut self, wish: SeatWish) {
        // Before the first connection there is nothing that a person could want to watch.
        if let Some(dialer) = &self.dialer {
            dialer.wish_seat(wish);
            self.options.seat = wish;
            self.seat.changed(wish);
        }
    }

    fn room_changed(&mut self, room: Room) {
        self.window.room_changed(room, Instant::now());
        if let Some(dialer) = &self.dialer {
            dialer.has_room(room);
        }
    }

    /// Passes on what the person does, unless the server has no use for it.
    fn act(&self, link: &Link, event: InputEvent) {
        if self.options.seat != SeatWish::Watch && self.shared.session().acts() {
            link.send(event);
        }
    }

    async fn tell_choices(&mut self, link: &mut Link) {
        if let Some(layout) = self.keyboard.take() {
            link.tell(&ViewerMessage::Keyboard(layout)).await;
        }
        if let Some(quality) = self.quality.take() {
            link.tell(&ViewerMessage::Quality(quality)).await;
        }
        if let Some(most) = self.max_bitrate.take() {
            link.tell(&ViewerMessage::MaxBitrate(most)).await;
        }
        if let Some(wish) = self.seat.take() {
            link.tell(&ViewerMessage::Seat(wish)).await;
        }
    }

    async fn tell_window(&mut self, link: &mut Link) {
        if let Some(window) = self.window.take() {
            link.tell(&ViewerMessage::Window(window)).await;
        }
        // After it: the server does not scale for a window that its screen will follow.
        if let Some(room) = self.window.room().filter(|_| link.scales) {
            link.tell(&ViewerMessage::Room(room)).await;
        }
    }

    /// What the end of a connection means for the session.
    pub(super) fn judge(&mut self, end: LinkEnd, link: &Link) -> Result<Next, ViewError> {
        let (reason, text) = match end {
            LinkEnd::Refused { reason, text }
            | LinkEnd::Closed(CloseReason::ByPeer { reason, text }) => (reason, text),
            LinkEnd::Broken(why) => (RefusalReason::ProtocolError, why),
            LinkEnd::Closed(_) => return Ok(Next::Reconnect),
        };
        match reason {
            RefusalReason::SessionEnded => {
                let foretold = self.shared.session().coming_end.reason();
                let because = foretold.map_or_else(String::new, |why| format!(": {why}"));
                eprintln!("hackstream-view: the session has ended{because}");
                self.over = Some(foretold.map_or(text, str::to_owned));
                Ok(Next::Stop)
            }
            RefusalReason::ProtocolError => {
                self.broken = if link.since.elapsed() < STEADY {
                    self.broken + 1
                } else {
                    1
                };
                if self.broken >= BROKEN_IN_A_ROW {
                    return Err(ViewError::Protocol(one_line(&text)));
                }
                Ok(Next::Reconnect)
            }
            // A server that stops without a word of why may be back in a moment.
            RefusalReason::Other(0) => Ok(Next::Reconnect),
            _ => Err(refusal(&self.options.server, reason, &text)),
        }
    }

    pub(super) fn fatal(&self, error: DialError) -> ViewError {
        match error {
            DialError::Fatal(error) => error,
            DialError::Unknown(found) => {
                let server = self.options.server.clone();
                trust::TrustError::Unknown { server, found }.into()
            }
        }
    }

    pub(super) fn lost(&self, since: Instant) -> ViewError {
        ViewError::Lost {
            server: self.options.server.clone(),
            waited: since.elapsed(),
        }
    }
}

/// Whether the person goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Stays,
    Leaves,
}

/// What to do after a connection ended.
#[derive(PartialEq, Eq)]
pub(super) enum Next {
    Reconnect,
    Stop,
}

/// What the silence of a connection most likely means.
fn silence(link: &Link) -> Cause {
    if link.has_way() {
        Cause::Silence
    } else {
        Cause::NoNetwork
    }
}
