//! Looking after the sessions: what they do, who is there, and which of them are to end.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use hackstream_control_api::id::SessionId;
use hackstream_control_api::node::{Address, NodeSession, NodeSessionState, StartPhase};
use hackstream_control_api::session::StopCause;
use hackstream_control_api::time::{Seconds, UnixMillis};
use tracing::{info, warn};

use super::memory::Memory;
use super::status::{self, Said};
use super::timers::{Presence, stops_at};
use crate::NodeError;
use crate::driver::{Driver, Found};
use crate::folder::Folder;
use crate::record::{Life, StopOrder};

/// What a session's programs may take for ending themselves when its time is over.
const GRACE: Seconds = Seconds(5);

/// What an application of a warm session may take until it shows a window.
const LOADING: Seconds = Seconds(30);

/// The sessions as the agent saw them last.
pub struct Sessions {
    driver: Arc<dyn Driver>,
    memory: Arc<Memory>,
    folder: PathBuf,
    /// Where viewers find the machine.
    host: String,
    seen: BTreeMap<SessionId, Seen>,
}

/// What was seen of the people at a session.
#[derive(Clone, Copy, Default)]
struct Seen {
    last_input: Option<UnixMillis>,
    last_viewer: Option<UnixMillis>,
    first_frame: Option<UnixMillis>,
}

impl Sessions {
    /// Those of `driver`, whose folders are in `folder`, on the machine that viewers call `host`.
    #[must_use]
    pub const fn new(
        driver: Arc<dyn Driver>,
        memory: Arc<Memory>,
        folder: PathBuf,
        host: String,
    ) -> Self {
        Self {
            driver,
            memory,
            folder,
            host,
            seen: BTreeMap::new(),
        }
    }

    /// Looks at all of them, and ends those whose time is over at `now`.
    ///
    /// # Errors
    /// If they cannot be looked for. That is not the same as none: the hub takes what is not there for
    /// ended.
    pub fn look(&mut self, now: UnixMillis) -> Result<Vec<NodeSession>, NodeError> {
        let all = self.driver.list()?;
        let is_there = |session| all.iter().any(|found| found.spec.session == session);
        self.seen.retain(|session, _| is_there(*session));
        if let Err(error) = self.memory.keep(is_there) {
            warn!(%error, "cannot forget claims");
        }
        Ok(all.iter().map(|found| self.look_at(found, now)).collect())
    }

    fn look_at(&mut self, found: &Found, now: UnixMillis) -> NodeSession {
        let session = found.spec.session;
        let runs = !found.record.life.is_over();
        let folder = Folder::of(&self.folder, session);
        let said = runs.then(|| status::ask(&folder.join("run"))).flatten();
        let seen = self.seen.entry(session).or_default();
        seen.update(said, now);
        let presence = Presence {
            viewers: said.map_or(0, |said| said.viewers),
            last_input: seen.last_input,
            last_viewer: seen.last_viewer,
        };
        let seen = *seen;
        let claimed = self.memory.claim_of(session);
        let timers = claimed.map_or(found.spec.timers, |claimed| claimed.timers);
        let owner = claimed.map(|claimed| claimed.owner).or(found.spec.owner);
        // What waits warm has no people; the pool ends it.
        let ready = found.record.ready_at.filter(|_| runs && owner.is_some());
        let ends = ready.and_then(|ready| stops_at(&timers, ready, &presence));
        let is_ready = found.record.life == Life::Ready;
        if let (Some((at, cause)), true) = (ends.filter(|(at, _)| *at <= now), is_ready) {
            info!(%session, cause = cause.name(), at = at.0, "a session's time is over");
            self.end(session, cause);
        }
        NodeSession {
            owner,
            claim: claimed.map(|claimed| claimed.claim),
            viewers: presence.viewers,
            last_input: seen.last_input,
            last_viewer: seen.last_viewer,
            first_frame: seen.first_frame,
            stops_at: ends.map(|(at, _)| at),
            usage: self.driver.usage(session).unwrap_or_default(),
            ..self.described(found, ends.map(|(_, cause)| cause), now)
        }
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

    /// Whether it is to wait warm and shows nothing yet: whoever got it then would wait for that.
    fn still_loads(&self, found: &Found, now: UnixMillis) -> bool {
        let Found { spec, record } = found;
        let is_claimed = || self.memory.claim_of(spec.session).is_some();
        let waited = |ready: UnixMillis| now.millis_since(ready) >= LOADING.0 * 1000;
        spec.takes_pages
            && !is_claimed()
            && !record.ready_at.is_some_and(waited)
            && !self.driver.is_loaded(spec.session)
    }

    /// What its record says.
    fn described(
        &self,
        found: &Found,
        will_end_for: Option<StopCause>,
        now: UnixMillis,
    ) -> NodeSession {
        let record = &found.record;
        let (state, phase, cause) = match &record.life {
            Life::Starting { phase } => (NodeSessionState::Starting, Some(*phase), None),
            Life::Ready if self.still_loads(found, now) => {
                let phase = StartPhase::Application;
                (NodeSessionState::Starting, Some(phase), None)
            }
            Life::Ready => (NodeSessionState::Ready, None, will_end_for),
            Life::Stopping { cause } => (NodeSessionState::Stopping, None, Some(*cause)),
            Life::Ended { cause, .. } => (end_state(*cause), None, Some(*cause)),
        };
        let (exit, detail) = match &record.life {
            Life::Ended { exit, detail, .. } => (*exit, detail.as_deref().map(shortened)),
            _ => (None, None),
        };
        let address = record.server_spki.as_ref().map(|_| Address {
            host: self.host.clone(),
            port: record.port,
            sni: self.host.clone(),
        });
        NodeSession {
            session: found.spec.session,
            owner: None,
            claim: None,
            state,
            phase,
            since: record.since,
            server_spki: record.server_spki.clone(),
            address,
            viewers: 0,
            last_input: None,
            last_viewer: None,
            first_frame: None,
            stops_at: None,
            stop_cause: cause,
            exit,
            detail,
            usage: Default::default(),
            labels: found.spec.labels.clone(),
        }
    }
}

impl Seen {
    fn update(&mut self, said: Option<Said>, now: UnixMillis) {
        let Some(said) = said else {
            return;
        };
        let input = said
            .last_input_seconds
            .map(|seconds| UnixMillis(now.0.saturating_sub((seconds * 1000.0) as u64)));
        self.last_input = self.last_input.max(input);
        if said.viewers > 0 {
            self.last_viewer = Some(now);
        }
        if said.frames > 0 {
            self.first_frame.get_or_insert(now);
        }
    }
}

const fn end_state(cause: StopCause) -> NodeSessionState {
    match cause {
        StopCause::StartFailed | StopCause::Crashed => NodeSessionState::Failed,
        _ => NodeSessionState::Ended,
    }
}

/// Texts of a session are a stranger's: one line, and not too long.
fn shortened(text: &str) -> String {
    let clean = text.chars().filter(|character| !character.is_control());
    clean.take(200).collect()
}
