//! What the hub wants done. What [`admission`](super::admission) lets through is written down before it
//! is begun, and gone on with after a restart until the hub has heard how it went. So all of it may be
//! done twice, and is done once.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use hackstream_control_api::id::{JobId, NodeId, SessionId};
use hackstream_control_api::node::{
    Boot, Claim, Job, JobKind, JobResult, RefusalReason, SendLog, Stop,
};
use hackstream_failpoint::reach;
use hackstream_ticket::HubKey;
use tracing::{info, warn};

use super::admission::{Admission, Gate};
use super::hub::{Hub, HubError};
use super::logs::Logs;
use super::memory::{Claimed, Memory};
use super::refusal::{Outcome, Refusal, not_allowed, result_of, taken_already};
use super::{Bell, LONGEST_PAUSE, PAUSE};
use crate::clock::{Uptime, now};
use crate::config::{App, Config};
use crate::driver::{Driver, Seen};
use crate::record::{Life, StopOrder};
use crate::spec::SessionSpec;

/// Between two looks whether a session is ready or has ended, while the hub waits for that.
const LOOK: Duration = Duration::from_millis(50);

/// How much longer than its own patience a session may take to start or to end.
const MARGIN: Duration = Duration::from_secs(5);

/// Jobs that are done at once: no more are asked for meanwhile.
const MOST_OPEN: usize = 256;

/// The longest that a session's start takes, and what a hub may allow for its end.
const START: Duration = Duration::from_secs(35);
const LONGEST_GRACE: u64 = 60;

/// Carries out what the hub wants.
pub(super) struct Jobs {
    pub(super) config: Config,
    pub(super) driver: Arc<dyn Driver>,
    pub(super) hub: Arc<Hub>,
    pub(super) memory: Arc<Memory>,
    pub(super) bell: Bell,
    pub(super) logs: Arc<Logs>,
    pub(super) gate: Gate,
    /// Jobs of which nothing was believed, until the hub has heard so.
    pub(super) rejected: Mutex<BTreeSet<JobId>>,
}

/// Why a job is not begun, if it is not.
type Objection = Option<RefusalReason>;

/// Does something on another thread.
fn aside(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), HubError> {
    let begun = thread::Builder::new().name(name.to_owned()).spawn(work);
    let begun = begun.map_err(|error| HubError::Unreachable(error.to_string()));
    begun.map(drop)
}

impl Jobs {
    /// Goes on with what was accepted before the agent was restarted. What had not begun then has its
    /// time to begin in, as when it came.
    pub(super) fn resume(self: &Arc<Self>) -> Result<(), HubError> {
        for job in self.memory.open_jobs() {
            let is_begun = job.seq <= self.memory.last_seq();
            let objection = (!is_begun)
                .then(|| self.gate.objection(&job, now()))
                .flatten();
            self.start(job, objection)?;
        }
        Ok(())
    }

    /// Asks what there is to do, and begins it. Returns whether there was something.
    pub(super) fn poll(self: &Arc<Self>) -> Result<bool, HubError> {
        if self.memory.count_open() >= MOST_OPEN {
            return Ok(false);
        }
        let mut is_new = false;
        for envelope in self.hub.jobs(self.memory.accepted())?.jobs {
            reach("node.job.received");
            let progress = self.memory.progress(envelope.id);
            let (job, objection) = match self.gate.admit(&envelope, progress, now()) {
                Admission::Known => continue,
                Admission::Reject(reason) => {
                    self.reject(envelope.id, reason)?;
                    continue;
                }
                Admission::Take(job) => (job, None),
                Admission::Decline(job, reason) => (job, Some(reason)),
            };
            // What is not written down could be done twice; and what comes after it would use up its
            // number.
            if let Err(error) = self.memory.accept(&job) {
                warn!(%error, "a job is not begun");
                return Ok(false);
            }
            reach("node.job.accepted");
            is_new = true;
            self.start(job, objection)?;
        }
        Ok(is_new)
    }

    fn start(self: &Arc<Self>, job: Job, objection: Objection) -> Result<(), HubError> {
        // Before the job counts as begun: from then on its session must not be missing.
        let begun = match objection {
            Some(reason) => Err(Refusal::from_reason(reason)),
            None => self.begin(&job),
        };
        reach("node.job.begun");
        if let Err(error) = self.memory.taken(job.seq) {
            warn!(%error, "a job is begun again after a restart");
        }
        reach("node.job.taken");
        // What takes long must hold up nobody else's session.
        let jobs = Arc::clone(self);
        aside("job", move || jobs.finish(&job, begun))
    }

    /// Tells the hub of what nothing can be believed of, once for each as long as it comes.
    fn reject(self: &Arc<Self>, job: JobId, reason: RefusalReason) -> Result<(), HubError> {
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if rejected.len() >= MOST_OPEN || !rejected.insert(job) {
            return Ok(());
        }
        drop(rejected);
        warn!(%job, reason = reason.name(), "a job is not what the hub signed for this node");
        let jobs = Arc::clone(self);
        aside("refusal", move || {
            jobs.tell(job, &result_of(Err(Refusal::from_reason(reason))));
            let mut rejected = jobs.rejected.lock().unwrap_or_else(PoisonError::into_inner);
            rejected.remove(&job);
        })
    }

    fn begin(&self, job: &Job) -> Outcome {
        match &job.kind {
            JobKind::Boot(boot) => self.begin_boot(boot),
            JobKind::Stop(_) | JobKind::Claim(_) | JobKind::SendLog(_) | JobKind::Unknown => Ok(()),
        }
    }

    fn finish(&self, job: &Job, begun: Outcome) {
        let outcome = begun.and_then(|()| self.carry_out(job));
        self.bell.ring();
        let result = result_of(outcome);
        let JobResult {
            outcome,
            reason,
            detail,
        } = &result;
        info!(job = %job.id, ?outcome, reason = reason.map(RefusalReason::name), detail, "a job");
        reach("node.job.finished");
        self.tell(job.id, &result);
        reach("node.job.told");
        if let Err(error) = self.memory.close(job.id) {
            warn!(%error, "a job is done again after a restart");
        }
    }

    /// Tells how a job went until the hub has heard it: it asks nobody.
    fn tell(&self, job: JobId, result: &JobResult) {
        let mut pause = PAUSE;
        loop {
            match self.hub.result(job, result) {
                Ok(()) => return,
                Err(error) if error.is_final() => {
                    return warn!(%job, %error, "the hub does not want to know how a job went");
                }
                Err(error) => {
                    warn!(%job, %error, "the hub does not hear how a job went; it is told again");
                    thread::sleep(pause);
                    pause = LONGEST_PAUSE.min(pause * 2);
                }
            }
        }
    }

    fn carry_out(&self, job: &Job) -> Outcome {
        match &job.kind {
            JobKind::Boot(boot) => self.wait_until_ready(boot),
            JobKind::Stop(stop) => self.stop(stop),
            JobKind::Claim(claim) => self.claim(claim),
            JobKind::SendLog(wish) => self.send_log(wish),
            JobKind::Unknown => Ok(()),
        }
    }

    fn begin_boot(&self, boot: &Boot) -> Outcome {
        let spec = spec(boot, self.gate.node, &self.config)?;
        let running = self.driver.list()?;
        let running = running
            .iter()
            .filter(|seen| seen.runs() && seen.session() != spec.session);
        if running.count() >= self.config.max_sessions as usize {
            let most = self.config.max_sessions;
            let why = format!("the node runs {most} sessions and takes no more");
            return Err(Refusal::Refused(RefusalReason::OverCeiling, why));
        }
        self.driver.boot(&spec)?;
        self.bell.ring();
        Ok(())
    }

    /// Ready is what viewers can connect to, and of what waits warm, what shows something.
    fn wait_until_ready(&self, boot: &Boot) -> Outcome {
        let app = self.config.apps.get(&boot.app);
        let shows = boot.owner.is_none() && app.is_some_and(|app| app.takes_url);
        let loads = || shows && !self.driver.is_loaded(boot.session);
        self.wait_for(boot.session, START + MARGIN, |life| match life {
            Life::Starting { .. } => None,
            Life::Ready if loads() => None,
            Life::Ready | Life::Stopping { .. } => Some(Ok(())),
            Life::Ended { detail, cause, .. } => {
                let why = detail.clone().unwrap_or_else(|| cause.name().to_owned());
                Some(Err(Refusal::Failed(why)))
            }
        })
    }

    fn stop(&self, stop: &Stop) -> Outcome {
        let grace = stop.grace.0.min(LONGEST_GRACE);
        let order = StopOrder {
            grace: hackstream_control_api::time::Seconds(grace),
            cause: stop.cause,
        };
        self.driver.stop(stop.session, order)?;
        self.bell.ring();
        let patience = Duration::from_secs(grace) + MARGIN;
        let ended = self.wait_for(stop.session, patience, |life| {
            life.is_over().then_some(Ok(()))
        });
        if ended.is_err() {
            self.driver.kill(stop.session)?;
        }
        Ok(())
    }

    /// Waits until `judge` has something to say of the session's life; one that is not there is over.
    fn wait_for(
        &self,
        session: SessionId,
        patience: Duration,
        judge: impl Fn(&Life) -> Option<Outcome>,
    ) -> Outcome {
        let deadline = Instant::now() + patience;
        loop {
            let Some(seen) = self.driver.find(session)? else {
                return Ok(());
            };
            if let Some(outcome) = seen.found().and_then(|found| judge(&found.record.life)) {
                return outcome;
            }
            if Instant::now() >= deadline {
                let seconds = patience.as_secs();
                return Err(Refusal::Failed(format!(
                    "nothing happened within {seconds} s"
                )));
            }
            thread::sleep(LOOK);
        }
    }

    fn claim(&self, claim: &Claim) -> Outcome {
        let seen = self.driver.find(claim.session)?;
        let found = seen.as_ref().and_then(Seen::found);
        let Some(found) = found.filter(|found| found.record.life == Life::Ready) else {
            return Err(Refusal::Failed(
                "there is no such session that waits".to_owned(),
            ));
        };
        if found.spec.owner.is_some() {
            return Err(taken_already());
        }
        if let Some(why) = claim_refused(claim, &found.spec) {
            return Err(Refusal::Refused(RefusalReason::Conflict, why.to_owned()));
        }
        let claimed = Claimed {
            claim: claim.claim,
            owner: claim.owner,
            timers: claim.timers,
            at: Some(Uptime::now()),
        };
        if !self.memory.claim(claim.session, claimed)? {
            return Err(taken_already());
        }
        reach("node.claim.remembered");
        // Screen, quality and what viewers may do need no word here: the screen follows the first
        // viewer's window, and the rest is in the viewers' tickets.
        match &claim.url {
            Some(url) => Ok(self.driver.open_page(claim.session, url)?),
            None => Ok(()),
        }
    }

    fn send_log(&self, wish: &SendLog) -> Outcome {
        // It goes on for as long as somebody reads; the job is done when it is begun.
        self.driver.log(wish.session, wish.after, 0)?;
        let (driver, hub) = (Arc::clone(&self.driver), Arc::clone(&self.hub));
        Ok(self.logs.send(driver, hub, wish)?)
    }
}

/// Why a session that runs already cannot become what a claim wants, if it cannot: what it was started
/// with stays.
fn claim_refused(claim: &Claim, spec: &SessionSpec) -> Option<&'static str> {
    if let Some(url) = &claim.url {
        if check_page(url, spec.takes_pages).is_err() {
            return Some("the session opens no such page");
        }
    }
    // The screen follows the first viewer's window.
    // What a viewer may do the ticket says; where programs get to is settled at the start.
    (claim.policy.egress != spec.egress).then_some("the session's network is another one")
}

/// What the session is to be that the hub wants, if the configuration allows it.
fn spec(boot: &Boot, node: NodeId, config: &Config) -> Result<SessionSpec, Refusal> {
    let app = config.apps.get(&boot.app).ok_or_else(|| {
        not_allowed(format!(
            "this node does not allow the application {}",
            boot.app
        ))
    })?;
    Ok(SessionSpec {
        session: boot.session,
        node,
        owner: boot.owner,
        app: boot.app.clone(),
        command: command(app, boot.url.as_deref())?,
        takes_pages: boot.owner.is_none() && app.takes_url,
        environment: app.environment.clone(),
        own_sandbox: app.own_sandbox,
        screen: boot.screen,
        resources: boot.resources,
        egress: boot.policy.egress,
        policy: boot.policy.clone(),
        timers: boot.timers,
        ticket_keys: ticket_keys(boot)?,
        labels: boot.labels.clone(),
    })
}

/// The application's command, with the page at its end.
fn command(app: &App, url: Option<&str>) -> Result<Vec<String>, Refusal> {
    let mut command = app.command.clone();
    let Some(url) = url else {
        return Ok(command);
    };
    check_page(url, app.takes_url)?;
    command.push(url.to_owned());
    Ok(command)
}

/// Whether an application that may take pages takes this one.
fn check_page(url: &str, takes_pages: bool) -> Outcome {
    // Anything else could be an option.
    let is_page = url.starts_with("https://") || url.starts_with("http://");
    let is_clean = !url.contains(|c: char| c.is_control() || c.is_whitespace());
    if takes_pages && is_page && is_clean {
        return Ok(());
    }
    Err(not_allowed("the application opens no such page"))
}

fn ticket_keys(boot: &Boot) -> Result<String, Refusal> {
    let wrong = || {
        let why = "a key of the hub is none".to_owned();
        Refusal::Refused(RefusalReason::Malformed, why)
    };
    let mut lines = String::new();
    for hex in boot.ticket_keys.values() {
        let key = key_of(hex).ok_or_else(wrong)?;
        lines.push_str(&format!("{}\n", HubKey::from_bytes(key)));
    }
    if lines.is_empty() {
        Err(wrong())
    } else {
        Ok(lines)
    }
}

/// 64 hexadecimal digits.
fn key_of(hex: &str) -> Option<[u8; 32]> {
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut key = [0; 32];
    for (byte, pair) in key.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    is_hex.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_follow_a_command() {
        let browser = App {
            command: vec!["browser".to_owned()],
            takes_url: true,
            own_sandbox: true,
            environment: Default::default(),
        };
        let page = command(&browser, Some("https://example.org/?a=b"));
        assert!(page.is_ok_and(|words| words == ["browser", "https://example.org/?a=b"]));
        for bad in [
            "--help",
            "file:///etc/passwd",
            "https://a b",
            "javascript:1",
            "",
            "https://a\n",
        ] {
            assert!(command(&browser, Some(bad)).is_err(), "{bad}");
        }
        let terminal = App {
            takes_url: false,
            ..browser
        };
        assert!(command(&terminal, Some("https://example.org")).is_err());
        assert!(command(&terminal, None).is_ok());
    }

    #[test]
    fn keys_are_64_digits() {
        assert_eq!(key_of(&"0f".repeat(32)), Some([15; 32]));
        for bad in [
            "",
            "0f",
            &"0g".repeat(32),
            &"é".repeat(32),
            &"0f".repeat(33),
        ] {
            assert_eq!(key_of(bad), None);
        }
    }
}
