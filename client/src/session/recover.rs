//! Getting a lost connection back: the old one, if it stirs, or a new one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hackstream_protocol::wire::control::RefusalReason;
use hackstream_protocol::wire::input::InputEvent;
use hackstream_transport::CloseReason;
use tokio::task::JoinHandle;
use tokio::time::interval;

use super::contact::Contact;
use super::dial::{Admission, DialError, Visit};
use super::ending::LinkEnd;
use super::link::{Link, News};
use super::plight::{Cause, Continuity};
use super::supervise::{Next, Presence, Supervisor};
use super::{network, reached};
use crate::error::ViewError;
use crate::shared::LinkState;

/// During an interruption, between two questions to the server whether it is there again, and two
/// steps of the clock that the person sees.
const LOOK: Duration = Duration::from_secs(1);

/// How an interruption ended.
pub(super) enum Recovered {
    /// By a connection that serves: the old one, or a new one.
    Back(Link),
    /// The person leaves, or the session is over.
    Left(Option<Link>),
}

/// An interruption that goes on.
struct Outage {
    since: Instant,
    /// The old connection, as long as it may come back.
    old: Option<Link>,
    search: Search,
}

impl Supervisor {
    /// Looks for a new connection while the old one, if any, may come back: who answers first
    /// wins. What the person does meanwhile is dropped, not replayed later.
    pub(super) async fn recover(
        &mut self,
        since: Instant,
        old: Option<Link>,
        cause: Cause,
    ) -> Result<Recovered, ViewError> {
        self.tell_interruption(since, cause);
        // A time beyond what the clock can tell never comes.
        let patience = self.options.reconnect_timeout;
        let deadline = patience.and_then(|wait| since.checked_add(wait));
        let search = self.search()?;
        let mut outage = Outage { since, old, search };
        let mut look = interval(LOOK);
        loop {
            tokio::select! {
                found = &mut outage.search.task => return self.admitted(outage, found).await,
                news = news_of(&mut outage.old) => {
                    if let News::Ended(end) = news {
                        if self.old_ended(&mut outage, end)? == Next::Stop {
                            return Ok(Recovered::Left(None));
                        }
                    }
                }
                _ = look.tick() => {
                    outage.ask();
                    self.shared.update_session(|_| {});
                }
                () = self.network.changed() => self.network_changed(&outage),
                () = reached(deadline) => return Err(self.lost(since)),
                command = self.commands.recv() => if self.note(command) == Presence::Leaves {
                    return Ok(Recovered::Left(outage.old));
                }
            }
            if let Some(link) = outage.old_that_stirs() {
                // Releases that the person made meanwhile were dropped.
                link.send(InputEvent::ReleaseAll);
                self.shared.update_session(|session| {
                    session.link = LinkState::Live;
                    session.continuity = Continuity::Same;
                });
                tell_return(since, Continuity::Same);
                return Ok(Recovered::Back(link));
            }
        }
    }

    async fn admitted(
        &mut self,
        outage: Outage,
        found: Result<Result<Admission, DialError>, tokio::task::JoinError>,
    ) -> Result<Recovered, ViewError> {
        let admission = match found {
            Ok(Ok(admission)) => admission,
            Ok(Err(error)) => return Err(self.fatal(error)),
            Err(_) => {
                return Err(ViewError::System {
                    what: "reconnecting failed",
                    reason: "this is a defect of the viewer".to_owned(),
                });
            }
        };
        if let Some(old) = outage.old {
            old.close(RefusalReason::Other(0), "").await;
        }
        let continuity = admission.continuity;
        let link = self.attach(admission);
        tell_return(outage.since, continuity);
        Ok(Recovered::Back(link))
    }

    /// The old connection is over for good.
    fn old_ended(&mut self, outage: &mut Outage, end: LinkEnd) -> Result<Next, ViewError> {
        let Some(old) = outage.old.take() else {
            return Ok(Next::Reconnect);
        };
        // By our own new connection, whose welcome is on its way.
        if end.reason() == Some(RefusalReason::Replaced) {
            return Ok(Next::Reconnect);
        }
        if let LinkEnd::Closed(CloseReason::PeerRestarted) = end {
            self.tell_cause(Cause::Restarted);
        }
        self.judge(end, &old)
    }

    /// This machine's network changed: perhaps there is a way to the server again.
    fn network_changed(&self, outage: &Outage) {
        let servers = self.dialer.iter().flat_map(|dialer| dialer.addresses());
        let has_way = servers.copied().any(|at| network::way_to(at).is_some());
        if has_way {
            outage.search.contact.knock();
            outage.ask();
        }
        let before = self.shared.session().cause.clone();
        match (before, has_way) {
            (Cause::NoNetwork, true) => self.tell_cause(Cause::Silence),
            (Cause::Silence, false) => self.tell_cause(Cause::NoNetwork),
            _ => {}
        }
    }

    fn search(&self) -> Result<Search, ViewError> {
        let Some(dialer) = self.dialer.clone() else {
            return Err(self.lost(Instant::now()));
        };
        let policy = self.options.trust.clone();
        let contact = Arc::<Contact>::default();
        let ours = Arc::clone(&contact);
        let task = tokio::spawn(async move { dialer.dial(&policy, Visit::Again, &ours).await });
        Ok(Search { task, contact })
    }

    fn tell_interruption(&self, since: Instant, cause: Cause) {
        let server = &self.options.server;
        eprintln!(
            "hackstream-view: the connection to {server} is interrupted: {cause}; trying again"
        );
        self.shared.update_session(|session| {
            session.link = LinkState::Interrupted { since };
            session.cause = cause;
        });
    }

    fn tell_cause(&self, cause: Cause) {
        eprintln!("hackstream-view: still interrupted: {cause}");
        self.shared.update_session(|session| session.cause = cause);
    }
}

impl Outage {
    /// The old connection, if it came back before a new one was asked for in its place.
    fn old_that_stirs(&mut self) -> Option<Link> {
        if self.search.contact.is_greeting() {
            return None;
        }
        self.old.take_if(|link| link.silent_since().is_none())
    }

    /// Asks the server on the old connection whether it is there again. QUIC itself asks ever more
    /// rarely.
    fn ask(&self) {
        if let Some(old) = &self.old {
            old.ask();
        }
    }
}

/// A search for a new connection; dropping it ends it.
struct Search {
    task: JoinHandle<Result<Admission, DialError>>,
    contact: Arc<Contact>,
}

impl Drop for Search {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the old connection, if there is one, has to say.
async fn news_of(link: &mut Option<Link>) -> News {
    match link {
        Some(link) => link.news().await,
        None => std::future::pending().await,
    }
}

fn tell_return(since: Instant, continuity: Continuity) {
    let seconds = since.elapsed().as_secs();
    eprintln!("hackstream-view: {continuity} (after {seconds} s)");
}
