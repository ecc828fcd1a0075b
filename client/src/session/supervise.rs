//! Keeps the viewer in the session: connects, notices silence, comes back.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hackstream_protocol::wire::control::{KeyboardLayout, RefusalReason, ViewerMessage};
use hackstream_transport::CloseReason;
use tokio::sync::mpsc::UnboundedReceiver;

use super::admit::{connect_first, refusal};
use super::dial::{Admission, DialError, Dialer};
use super::ending::LinkEnd;
use super::link::{Link, Trouble};
use super::network::LocalNetwork;
use super::plight::Cause;
use super::recover::Recovered;
use super::window_wish::WindowWish;
use super::{Command, reached};
use crate::config::{Options, TrustPolicy};
use crate::error::ViewError;
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
        keyboard: None,
        told: 0,
        window: WindowWish::default(),
        dialer: None,
        network: LocalNetwork::listen(),
    };
    supervisor.run().await
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
    links: u64,
    /// Connections that broke in a row.
    broken: u32,
    /// The layout of the person's keyboard, which each connection has to learn.
    pub(super) keyboard: Option<KeyboardLayout>,
    /// The connection that has learnt it.
    told: u64,
    /// The window, which it has to learn as well.
    pub(super) window: WindowWish,
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
                command = self.commands.recv() => match command {
                    Some(Command::Input(_)) => {}
                    Some(Command::Keyboard(layout)) => self.keyboard = Some(layout),
                    Some(Command::Window(window)) => self.window.changed(window, Instant::now()),
                    Some(Command::Leave) | None => return Ok(None),
                }
            }
        }
    }

    pub(super) fn attach(&mut self, admission: Admission) -> Link {
        self.links += 1;
        let continuity = admission.continuity;
        let link = Link::start(admission, self.links, &self.shared, &self.work);
        self.shared.update_session(|session| {
            session.link = LinkState::Live;
            session.continuity = continuity;
        });
        link
    }

    /// Passes on what the person does until something happens to the connection.
    async fn serve(&mut self, link: &mut Link) -> Served {
        // An old connection that came back knows both: another viewer's may count by now.
        if self.told != self.links {
            self.told = self.links;
            if let Some(layout) = self.keyboard.clone() {
                link.tell(&ViewerMessage::Keyboard(layout)).await;
            }
            self.tell_window(link).await;
        }
        link.wish_sound(self.shared.speaker.wish()).await;
        link.offer_microphone(self.shared.microphone.offer()).await;
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Input(event)) => link.send(event),
                    Some(Command::Keyboard(layout)) => {
                        self.keyboard = Some(layout.clone());
                        link.tell(&ViewerMessage::Keyboard(layout)).await;
                    }
                    Some(Command::Window(window)) => self.window.changed(window, Instant::now()),
                    Some(Command::Leave) | None => return Served::Left,
                },
                wish = self.shared.speaker.next_wish() => link.wish_sound(wish).await,
                offer = self.shared.microphone.next_offer() => link.offer_microphone(offer).await,
                trouble = link.trouble() => return Served::Trouble(trouble),
                () = self.network.changed() => link.network_changed(),
                () = reached(self.window.due()) => self.tell_window(link).await,
            }
        }
    }

    /// The layout changed while there is no connection that could learn it.
    pub(super) fn layout_changed(&mut self, layout: KeyboardLayout) {
        self.keyboard = Some(layout);
        self.told = 0;
    }

    async fn tell_window(&mut self, link: &mut Link) {
        if let Some(window) = self.window.take() {
            link.tell(&ViewerMessage::Window(window)).await;
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
                eprintln!("hackstream-view: the session has ended");
                Ok(Next::Stop)
            }
            RefusalReason::ProtocolError => {
                self.broken = if link.since.elapsed() < STEADY {
                    self.broken + 1
                } else {
                    1
                };
                if self.broken >= BROKEN_IN_A_ROW {
                    return Err(ViewError::Protocol(text));
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
