//! Looking after the sessions: what they do, who is there, and which of them are to end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{NodeSession, NodeSessionState, StartPhase, StartTimes};
use hackstream_control_api::policy::Timers;
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use tracing::{info, warn};

use super::fence::Fence;
use super::memory::{Claimed, Memory};
use super::status::{self, Question, Said};
use super::telling;
use super::timers::{Presence, stops_at, warned_from, warning};
use crate::NodeError;
use crate::clock::{Calendar, Uptime};
use crate::driver::{self, Driver, Found};
use crate::folder::Folder;
use crate::record::{Life, Record, StopOrder};

/// What a session's programs may take for ending themselves when its time is over.
const GRACE: Seconds = Seconds(5);

/// What an application of a warm session may take until it shows a window.
const LOADING: Seconds = Seconds(30);

/// What a session may take to start, and to end, before its keeper is taken for stuck: longer than
/// the keeper waits itself.
const STARTED: Duration = Duration::from_secs(40);
const ENDED: Duration = Duration::from_secs(75);

/// The sessions as the agent saw them last.
pub struct Sessions {
    driver: Arc<dyn Driver>,
    memory: Arc<Memory>,
    folder: PathBuf,
    /// Where viewers find the machine.
    host: String,
    /// When this agent began to look: before that it does not know who was there.
    since: Uptime,
    calendar: Calendar,
    fence: Fence,
    seen: BTreeMap<SessionId, Seen>,
}

/// What was seen of a session and of the people at it.
#[derive(Clone, Default)]
struct Seen {
    viewers: u32,
    presence: Presence,
    last_input: Option<Uptime>,
    last_sound: Option<Uptime>,
    last_viewer: Option<Uptime>,
    /// When its server says that the first one came, and that the first frame was sent.
    first_viewer: Option<Uptime>,
    first_frame: Option<Uptime>,
    /// When it was last killed, because its keeper was stuck.
    killed: Option<Uptime>,
    /// When it ends by itself as things are, and why.
    ends: Option<(Uptime, StopCause)>,
    /// By which timers.
    timers: Timers,
    /// Whether its viewers were told last that it ends.
    is_warned: bool,
    /// What the hub was told.
    told: Option<NodeSession>,
}

impl Sessions {
    /// Those of `driver`, whose folders are in `folder`, on the machine that viewers call `host`, seen
    /// for the first time now.
    #[must_use]
    pub fn new(
        driver: Arc<dyn Driver>,
        memory: Arc<Memory>,
        folder: PathBuf,
        host: String,
        (date, now): (UnixMillis, Uptime),
    ) -> Self {
        Self {
            driver,
            memory,
            folder,
            host,
            since: now,
            calendar: Calendar::of(date, now),
            fence: Fence::default(),
            seen: BTreeMap::new(),
        }
    }

    /// Looks at all of them, and ends those whose time is over. Those that run come first. `date` and
    /// `now` are what the clocks say.
    ///
    /// # Errors
    /// If they cannot be looked for. That is not the same as none: the hub takes what is not there for
    /// ended.
    pub fn look(&mut self, date: UnixMillis, now: Uptime) -> Result<Vec<NodeSession>, NodeError> {
        self.calendar.set(date, now);
        let mut all = self.driver.list()?;
        self.fence.mend(&all);
        all.sort_by_key(|seen| !seen.runs());
        let is_there = |session| all.iter().any(|seen| seen.session() == session);
        self.seen.retain(|session, _| is_there(*session));
        if let Err(error) = self.memory.keep(is_there) {
            warn!(%error, "cannot forget claims");
        }
        let running = all.iter().filter(|seen| seen.runs());
        let questions: Vec<Question> = running
            .map(|seen| self.question(seen.session(), now))
            .collect();
        for question in &questions {
            if let Some(seen) = self.seen.get_mut(&question.session) {
                seen.is_warned = question.warning.is_some();
            }
        }
        let said = status::ask(&questions);
        let mut tell = |seen: &driver::Seen| match seen {
            driver::Seen::Found(found) => {
                self.look_at(found, said.get(&found.spec.session).copied(), now)
            }
            driver::Seen::Broken(broken) => {
                let last = self.seen.get(&broken.session);
                telling::broken(broken, last.and_then(|seen| seen.told.as_ref()))
            }
        };
        Ok(all.iter().map(&mut tell).collect())
    }

    fn question(&self, session: SessionId, now: Uptime) -> Question {
        let seen = self.seen.get(&session);
        Question {
            session,
            folder: Folder::of(&self.folder, session).path().to_owned(),
            warning: seen.and_then(|seen| warning(&seen.timers, seen.ends, now)),
        }
    }

    /// When there is something to be done next that cannot wait, at `now` and as things are: one of them
    /// ends by itself, or its viewers are to know that it will, or that it will not.
    #[must_use]
    pub fn due(&self, now: Uptime) -> Option<Uptime> {
        self.seen.values().filter_map(|seen| seen.due(now)).min()
    }

    fn look_at(&mut self, found: &Found, said: Option<Said>, now: Uptime) -> NodeSession {
        let session = found.spec.session;
        let loads = self.still_loads(found, now);
        let seen = self.seen.entry(session).or_default();
        if let Some(said) = said {
            seen.update(said, now, self.since);
        }
        let claimed = self.memory.claim_of(session);
        let timers = claimed.map_or(found.spec.timers, |claimed| claimed.timers);
        let owner = claimed.map(|claimed| claimed.owner).or(found.spec.owner);
        // What waits warm has no people; the pool ends it.
        let runs = !found.record.life.is_over();
        let ready = found.record.ready.filter(|_| runs && owner.is_some());
        let ends = ready.and_then(|ready| stops_at(&timers, ready, &seen.presence));
        let is_ready = found.record.life == Life::Ready;
        (seen.ends, seen.timers) = (ends.filter(|_| is_ready), timers);
        // Who does not answer now may have somebody there.
        let sure = said.map_or(Presence::Unknown, |_| seen.presence);
        let over = ready.and_then(|ready| stops_at(&timers, ready, &sure));
        let over = over.filter(|&(at, _)| is_ready && at <= now);
        let date = |moment: Option<Uptime>| moment.map(|moment| self.calendar.date(moment));
        let mut told = NodeSession {
            owner,
            claim: claimed.map(|claimed| claimed.claim),
            viewers: if runs { seen.viewers } else { 0 },
            last_input: date(seen.last_input),
            last_viewer: date(seen.last_viewer),
            start: seen.start(&found.record, claimed),
            first_frame_ago_ms: seen.first_frame.map(|at| now.millis_since(at)),
            stops_at: date(ends.map(|(at, _)| at)),
            usage: self.driver.usage(session).unwrap_or_default(),
            ..telling::described(found, &self.host, ends.map(|(_, cause)| cause))
        };
        if loads {
            told.state = NodeSessionState::Starting;
            told.phase = Some(StartPhase::Application);
        }
        seen.told = Some(told.clone());
        if seen.is_stuck(found, now) {
            warn!(%session, "a session neither starts nor ends; it is killed");
            kill(Arc::clone(&self.driver), session);
        }
        if let Some((at, cause)) = over {
            info!(%session, cause = cause.name(), at = self.calendar.date(at).0, "a session's time is over");
            self.end(session, cause);
        }
        told
    }

    /// Whether it is to wait warm and shows nothing yet: whoever got it then would wait for that.
    fn still_loads(&self, found: &Found, now: Uptime) -> bool {
        let Found { spec, record } = found;
        let is_claimed = || self.memory.claim_of(spec.session).is_some();
        let is_new = |ready| now < ready + LOADING;
        spec.takes_pages
            && record.life == Life::Ready
            && record.ready.is_some_and(is_new)
            && !is_claimed()
            && !self.driver.is_loaded(spec.session)
    }

    fn end(&self, session: SessionId, cause: StopCause) {
        let order = StopOrder {
            grace: GRACE,
            cause,
        };
        if let Err(error) = self.driver.stop(session, order) {
            warn!(%session, %error, "a session cannot be told to end");
        }
    }
}

/// Kills a session, on another thread: the kernel may take a while, and the others have their timers.
fn kill(driver: Arc<dyn Driver>, session: SessionId) {
    let killing = thread::Builder::new().name("kill".to_owned());
    let killing = killing.spawn(move || {
        if let Err(error) = driver.kill(session) {
            warn!(%session, %error, "a session is not killed");
        }
    });
    if let Err(error) = killing {
        warn!(%session, %error, "a session is not killed");
    }
}

impl Seen {
    /// Takes what a server said; `since` is when the agent began to look.
    fn update(&mut self, said: Said, now: Uptime, since: Uptime) {
        let ago = |span: Option<Duration>| span.map(|span| now.before(span));
        self.last_input = self.last_input.max(ago(said.still));
        self.last_sound = self.last_sound.max(ago(said.quiet));
        self.viewers = said.viewers;
        self.presence = if said.viewers > 0 {
            self.last_viewer = Some(now);
            let since = match self.presence {
                Presence::Watched { since, .. } => since,
                Presence::Unknown | Presence::Alone { .. } => now,
            };
            Presence::Watched {
                since,
                last_input: self.last_input,
                last_sound: self.last_sound,
            }
        } else {
            Presence::Alone {
                since: self.last_viewer.unwrap_or(since),
            }
        };
        let first = |known: Option<Uptime>, span| known.or(ago(span));
        self.first_viewer = first(self.first_viewer, said.first_viewer);
        self.first_frame = first(self.first_frame, said.first_frame);
    }

    /// When there is something to be done for it next that cannot wait.
    fn due(&self, now: Uptime) -> Option<Uptime> {
        if self.is_warned && warning(&self.timers, self.ends, now).is_none() {
            return Some(now);
        }
        let ends = self.ends?;
        let warned = warned_from(&self.timers, ends).filter(|warned| *warned > now);
        Some(warned.unwrap_or(ends.0))
    }

    /// How long its start took: to the keeper's times come those of its first viewer.
    fn start(&self, record: &Record, claimed: Option<Claimed>) -> StartTimes {
        let since = record.ready.max(claimed.and_then(|claimed| claimed.at));
        let between = |from: Option<Uptime>, to: Option<Uptime>| Some(to?.millis_since(from?));
        StartTimes {
            viewer_ms: between(since, self.first_viewer),
            first_frame_ms: between(since.max(self.first_viewer), self.first_frame),
            ..record.start
        }
    }

    /// Whether its keeper should long have done what it does; once for a while.
    fn is_stuck(&mut self, found: &Found, now: Uptime) -> bool {
        let patience = match found.record.life {
            Life::Starting { .. } => STARTED,
            Life::Stopping { .. } => ENDED,
            Life::Ready | Life::Ended { .. } => return false,
        };
        let begun = self.killed.max(Some(found.record.entered));
        let is_stuck = begun.is_some_and(|begun| begun < now.before(patience));
        if is_stuck {
            self.killed = Some(now);
        }
        is_stuck
    }
}
