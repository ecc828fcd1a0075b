//! Keeps the viewer in the session: connects, notices silence, comes back.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use hackstream_protocol::wire::control::{KeyboardLayout, RefusalReason, ViewerMessage};
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::CloseReason;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::{interval, sleep_until};

use super::Command;
use super::admit::{connect_first, refusal};
use super::dial::{Admission, DialError, Dialer, Visit};
use super::link::{Link, LinkEnd, News, Trouble};
use crate::config::{Options, TrustPolicy};
use crate::error::ViewError;
use crate::picture::Work;
use crate::shared::{LinkState, Shared};
use crate::trust;

/// During an interruption, between two looks at whether the server is heard again, and two steps of
/// the clock that the person sees.
const LOOK: Duration = Duration::from_secs(1);

/// Connections that may break in a row before the viewer gives up, and how long one must hold to
/// end the row.
const BROKEN_IN_A_ROW: u32 = 3;
const SOUND: Duration = Duration::from_secs(10);

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
        dialer: None,
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

/// How an interruption ended.
enum Recovered {
    /// The old connection came back.
    Old(Link),
    /// A new one took its place.
    New(Link),
    /// The person leaves.
    Left(Option<Link>),
}

struct Supervisor {
    options: Options,
    shared: Arc<Shared>,
    commands: UnboundedReceiver<Command>,
    work: Sender<Work>,
    /// Connections so far.
    links: u64,
    /// Connections that broke in a row.
    broken: u32,
    /// The layout of the person's keyboard, which each connection has to learn.
    keyboard: Option<KeyboardLayout>,
    dialer: Option<Arc<Dialer>>,
}

impl Supervisor {
    async fn run(&mut self) -> Result<(), ViewError> {
        let Some(admission) = self.first_admission().await? else {
            return Ok(());
        };
        let mut link = self.attach(admission);
        loop {
            let (since, old) = match self.serve(&mut link).await {
                Served::Left => {
                    link.leave().await;
                    return Ok(());
                }
                Served::Trouble(Trouble::Silent(since)) => (since, Some(link)),
                Served::Trouble(Trouble::Ended(end)) => {
                    if self.judge(end, &link)? == Next::Stop {
                        return Ok(());
                    }
                    link.close(RefusalReason::ProtocolError, "").await;
                    (Instant::now(), None)
                }
            };
            link = match self.recover(since, old).await? {
                Recovered::Old(link) | Recovered::New(link) => link,
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
                    shared.update_session(|session| session.screen = Some(screen));
                    return Ok(Some(admission));
                }
                command = self.commands.recv() => match command {
                    Some(Command::Input(_)) => {}
                    Some(Command::Keyboard(layout)) => self.keyboard = Some(layout),
                    Some(Command::Leave) | None => return Ok(None),
                }
            }
        }
    }

    fn attach(&mut self, admission: Admission) -> Link {
        self.links += 1;
        let link = Link::start(admission, self.links, &self.shared, &self.work);
        self.shared
            .update_session(|session| session.link = LinkState::Live);
        link
    }

    /// Passes on what the person does until something happens to the connection.
    async fn serve(&mut self, link: &mut Link) -> Served {
        if let Some(layout) = self.keyboard.clone() {
            link.tell(&ViewerMessage::Keyboard(layout)).await;
        }
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    Some(Command::Input(event)) => link.send(event),
                    Some(Command::Keyboard(layout)) => {
                        self.keyboard = Some(layout.clone());
                        link.tell(&ViewerMessage::Keyboard(layout)).await;
                    }
                    Some(Command::Leave) | None => return Served::Left,
                },
                trouble = link.trouble() => return Served::Trouble(trouble),
            }
        }
    }

    /// Looks for a new connection while the old one, if any, may come back: who answers first
    /// wins. What the person does meanwhile is dropped, not replayed later.
    async fn recover(
        &mut self,
        since: Instant,
        mut old: Option<Link>,
    ) -> Result<Recovered, ViewError> {
        self.shared
            .update_session(|session| session.link = LinkState::Interrupted { since });
        let deadline = self
            .options
            .reconnect_timeout
            .map(|patience| since + patience);
        let mut search = self.search()?;
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                found = &mut search.0 => {
                    let admission = match found {
                        Ok(Ok(admission)) => admission,
                        Ok(Err(error)) => return Err(self.fatal(error)),
                        Err(_) => return Err(ViewError::System {
                            what: "reconnecting failed",
                            reason: "this is a defect of the viewer".to_owned(),
                        }),
                    };
                    if let Some(old) = old {
                        old.close(RefusalReason::Other(0), "").await;
                    }
                    return Ok(Recovered::New(self.attach(admission)));
                }
                news = news_of(&mut old) => {
                    if let (News::Ended(end), Some(link)) = (news, &old) {
                        if self.judge(end, link)? == Next::Stop {
                            return Ok(Recovered::Left(None));
                        }
                        old = None;
                    }
                }
                _ = look.tick() => self.shared.update_session(|_| {}),
                () = reached(deadline) => return Err(self.lost(since)),
                command = self.commands.recv() => match command {
                    Some(Command::Input(_)) => {}
                    Some(Command::Keyboard(layout)) => self.keyboard = Some(layout),
                    Some(Command::Leave) | None => return Ok(Recovered::Left(old)),
                }
            }
            if let Some(link) = old.take_if(|link| link.silent_since().is_none()) {
                // Releases that the person made meanwhile were dropped.
                link.send(InputEvent::ReleaseAll);
                self.shared
                    .update_session(|session| session.link = LinkState::Live);
                return Ok(Recovered::Old(link));
            }
        }
    }

    fn search(&self) -> Result<Search, ViewError> {
        let Some(dialer) = self.dialer.clone() else {
            return Err(self.lost(Instant::now()));
        };
        let policy = self.options.trust.clone();
        Ok(Search(tokio::spawn(async move {
            dialer.dial(&policy, Visit::Again).await
        })))
    }

    /// What the end of a connection means for the session.
    fn judge(&mut self, end: LinkEnd, link: &Link) -> Result<Next, ViewError> {
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
                self.broken = if link.since.elapsed() < SOUND {
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

    fn fatal(&self, error: DialError) -> ViewError {
        match error {
            DialError::Fatal(error) => error,
            DialError::Unknown(found) => {
                let server = self.options.server.clone();
                trust::TrustError::Unknown { server, found }.into()
            }
        }
    }

    fn lost(&self, since: Instant) -> ViewError {
        ViewError::Lost {
            server: self.options.server.clone(),
            waited: since.elapsed(),
        }
    }
}

/// What to do after a connection ended.
#[derive(PartialEq, Eq)]
enum Next {
    Reconnect,
    Stop,
}

/// A search for a new connection; dropping it ends it.
struct Search(JoinHandle<Result<Admission, DialError>>);

impl Drop for Search {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What the old connection, if there is one, has to say.
async fn news_of(link: &mut Option<Link>) -> News {
    match link {
        Some(link) => link.news().await,
        None => std::future::pending().await,
    }
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
