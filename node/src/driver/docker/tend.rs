//! One session's container from its start to its end, as the agent sees it. The container goes on without
//! the agent; another one takes it up by what is in the session's folder and by what the engine says.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptions;
use futures_util::{Stream, StreamExt as _};
use hackstream_control_api::node::StartPhase;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use super::begin::begin;
use super::container;
use super::engine::{Container, Engine, State};
use super::network::WayOut;
use super::transcript::Transcript;
use crate::NodeError;
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};
use crate::spec::SessionSpec;

/// How long a session may take until viewers can come.
const START: Duration = Duration::from_secs(30);

/// Between two looks at the clock, and before the engine is asked again for what it did not do.
pub(super) const TICK: Duration = Duration::from_secs(1);

/// What is wanted of a session's container. Later ones are stronger.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Wish {
    /// That it runs.
    #[default]
    Run,
    /// That it ends in order.
    Stop(StopOrder),
    /// That it is gone at once.
    Kill,
}

/// Looks after one session's container.
pub(super) struct Tender {
    pub(super) engine: Engine,
    pub(super) folder: Folder,
    pub(super) spec: SessionSpec,
    pub(super) record: Record,
    pub(super) wishes: watch::Receiver<Wish>,
    pub(super) transcript: Transcript,
    /// Until when it has to be ready, or to have ended.
    pub(super) deadline: Option<Instant>,
    /// Whether it was told to end.
    pub(super) is_told: bool,
    pub(super) way_out: Option<WayOut>,
}

/// A piece of what a session wrote.
type Piece = Result<LogOutput, bollard::errors::Error>;

/// All pieces, as the engine tells them.
pub(super) type Words = std::pin::Pin<Box<dyn Stream<Item = Piece> + Send>>;

impl Tender {
    /// One for a session whose record and specification these are.
    ///
    /// # Errors
    /// [`NodeError`] if its log cannot be used.
    pub(super) fn new(
        engine: Engine,
        folder: Folder,
        (spec, record): (SessionSpec, Record),
        wishes: watch::Receiver<Wish>,
    ) -> Result<Self, NodeError> {
        Ok(Self {
            engine,
            transcript: Transcript::open(&folder)?,
            folder,
            spec,
            record,
            wishes,
            deadline: None,
            is_told: false,
            way_out: None,
        })
    }

    /// Starts the container, which was just made, and looks after it until it is gone.
    pub(super) async fn run(mut self, address: std::net::IpAddr, ports: (u16, u16)) {
        let mut wishes = self.wishes.clone();
        let begun = tokio::select! {
            begun = timeout(START, begin(&mut self, address, ports)) => begun,
            () = is_unwanted(&mut wishes) => Ok(Ok(())),
        };
        let ended = match begun {
            Ok(Ok(())) => self.keep().await,
            Ok(Err(error)) => self.not_started(&error).await,
            Err(_) => self.killed(Some(late())).await,
        };
        self.finish(ended).await;
    }

    /// Goes on where an agent before this one has ended.
    pub(super) async fn take_up(mut self) {
        let ended = loop {
            match self.engine.find(self.spec.session).await {
                Ok(found) => break self.found(found).await,
                // Nobody knows; it may well run.
                Err(_) => sleep(TICK).await,
            }
        };
        self.finish(ended).await;
    }

    async fn found(&mut self, found: Option<Container>) -> Life {
        let Some(found) = found else {
            return self.gone();
        };
        if found.spec.as_ref() != Some(&container::hash(&self.spec)) {
            let why = "its container was made for something else";
            return self.over(None, Some(why.to_owned()));
        }
        let is_handed = !matches!(
            self.record.life,
            Life::Starting { phase } if phase < StartPhase::Display
        );
        match found.state {
            State::Ended(ended) => self.ended(&ended).await,
            State::Runs(_) if is_handed => self.keep().await,
            // Whoever was to hand it its sockets is gone.
            State::Runs(_) | State::Made => self.over(
                None,
                Some("the agent ended while it was started".to_owned()),
            ),
        }
    }

    /// Keeps it until it has ended: how.
    async fn keep(&mut self) -> Life {
        if matches!(self.record.life, Life::Starting { .. }) {
            self.deadline.get_or_insert(Instant::now() + START);
        }
        let mut words = self.words(true);
        loop {
            let piece = tokio::select! {
                piece = words.next() => Some(piece),
                changed = self.wishes.changed() => {
                    // The driver that could wish something is gone, and so are we soon.
                    if changed.is_err() { sleep(TICK).await; }
                    None
                }
                () = sleep(TICK) => None,
            };
            match piece {
                Some(Some(Ok(piece))) => self.hear(&piece),
                Some(Some(Err(_)) | None) => match self.quiet().await {
                    Some(ended) => return ended,
                    None => words = self.words(true),
                },
                None => self.transcript.settle(),
            }
            if let Some(ended) = self.obey().await {
                return ended;
            }
        }
    }

    /// What the engine tells of what the session writes, from the beginning.
    pub(super) fn words(&self, follow: bool) -> Words {
        let how = LogsOptions {
            follow,
            stdout: true,
            stderr: true,
            timestamps: true,
            ..LogsOptions::default()
        };
        let name = container::name(self.spec.session);
        match self.engine.connect() {
            Ok(engine) => Box::pin(engine.logs(&name, Some(how))),
            Err(_) => Box::pin(futures_util::stream::empty::<Piece>()),
        }
    }

    /// Passes on what it wrote, and notes when viewers can come.
    fn hear(&mut self, piece: &LogOutput) {
        let key = self.transcript.hear(piece);
        let is_starting = matches!(self.record.life, Life::Starting { .. });
        if let (Some(key), true) = (key, is_starting) {
            self.deadline = None;
            self.record.server_spki = Some(key);
            self.record.enter(Life::Ready);
            self.record.ready = Some(self.record.entered);
            self.record.ready_at = Some(self.record.since);
            self.tell();
        }
    }

    /// How it has ended, if that is why it says nothing any more. If the engine is away it may well run.
    async fn quiet(&mut self) -> Option<Life> {
        match self.engine.find(self.spec.session).await {
            Ok(Some(found)) => match found.state {
                State::Ended(ended) => return Some(self.ended(&ended).await),
                State::Runs(_) | State::Made => {}
            },
            Ok(None) => return Some(self.gone()),
            Err(_) => {}
        }
        sleep(TICK).await;
        None
    }

    /// Does what is wished, and ends what has had its time; how it ended, if that was at once.
    async fn obey(&mut self) -> Option<Life> {
        let wish = *self.wishes.borrow_and_update();
        match wish {
            Wish::Run => {}
            Wish::Stop(order) => self.ask_to_end(order).await,
            Wish::Kill => return Some(self.killed(None).await),
        }
        let is_late = self.deadline.is_some_and(|until| Instant::now() >= until);
        if !is_late {
            return None;
        }
        let is_starting = matches!(self.record.life, Life::Starting { .. });
        Some(self.killed(is_starting.then(late)).await)
    }

    /// Asks the server to end: its container then ends as well.
    async fn ask_to_end(&mut self, order: StopOrder) {
        if !matches!(self.record.life, Life::Stopping { .. }) {
            self.record.enter(Life::Stopping { cause: order.cause });
            self.tell();
        }
        if self.is_told {
            return;
        }
        match self.engine.signal(self.spec.session, "SIGTERM").await {
            Ok(()) => {
                self.is_told = true;
                self.deadline = Some(Instant::now() + Duration::from_secs(order.grace.0));
            }
            Err(error) => warn!(session = %self.spec.session, %error, "it is told again to end"),
        }
    }

    /// Writes the record. A full disk must not cost the session.
    pub(super) fn tell(&self) {
        if let Err(error) = self.folder.set_record(&self.record) {
            warn!(session = %self.spec.session, %error, "what it does is not written down");
        }
    }
}

/// Waits until a session is not to run any more.
async fn is_unwanted(wishes: &mut watch::Receiver<Wish>) {
    let _ = wishes.wait_for(|wish| *wish != Wish::Run).await;
}

fn late() -> String {
    format!("it was not ready within {} s", START.as_secs())
}
