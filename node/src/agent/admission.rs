//! Which jobs a node does: what its hub signed, for it, newer than all before, in time, and within what
//! the node's own configuration allows. Whoever has the hub's database, or stands in its place, makes a
//! node do nothing else.
//!
//! A function of its arguments: the clock and what the node has had before are among them.

use std::collections::BTreeSet;

use hackstream_control_api::id::NodeId;
use hackstream_control_api::limits::{MAX_CLOCK_SKEW, MAX_JOB_BYTES};
use hackstream_control_api::node::{JOB_TYPE, Job, JobEnvelope, JobKind, RefusalReason};
use hackstream_control_api::time::UnixMillis;
use hackstream_ticket::{HubKeys, Seal, SealError};

use crate::ceiling::Ceiling;

/// What is to be done with a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is to be done.
    Take(Job),
    /// It is the hub's, and not to be done: its number is used up all the same.
    Decline(Job, RefusalReason),
    /// It is being done: the hub tells it again.
    Known,
    /// Nothing of it can be believed.
    Reject(RefusalReason),
}

/// What the node has had before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of the last job that it accepted.
    pub accepted: u64,
    /// Whether it is at work on a job of this name.
    pub is_open: bool,
}

/// What decides.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The node's name.
    pub node: NodeId,
    /// The hub's public keys of jobs.
    pub keys: HubKeys,
    /// The applications that the configuration allows.
    pub apps: BTreeSet<String>,
    /// The most that a job may ask for.
    pub ceiling: Ceiling,
}

impl Gate {
    /// What is to be done with what the hub, or whoever poses as it, hands out.
    #[must_use]
    pub fn admit(&self, envelope: &JobEnvelope, progress: Progress, now: UnixMillis) -> Admission {
        let job = match self.opened(envelope) {
            Ok(job) => job,
            Err(reason) => return Admission::Reject(reason),
        };
        if job.node != self.node {
            return Admission::Reject(RefusalReason::OtherNode);
        }
        if job.seq <= progress.accepted {
            return match progress.is_open {
                true => Admission::Known,
                false => Admission::Reject(RefusalReason::Replayed),
            };
        }
        match self.objection(&job, now) {
            Some(reason) => Admission::Decline(job, reason),
            None => Admission::Take(job),
        }
    }

    /// Why a job of the hub is not to be done now, if it is not.
    #[must_use]
    pub fn objection(&self, job: &Job, now: UnixMillis) -> Option<RefusalReason> {
        out_of_time(job, now).or_else(|| match &job.kind {
            JobKind::Boot(boot) if !self.apps.contains(&boot.app) => {
                Some(RefusalReason::NotAllowed)
            }
            JobKind::Boot(boot) if !self.ceiling.allows(&boot.resources, boot.policy.egress) => {
                Some(RefusalReason::OverCeiling)
            }
            JobKind::Unknown => Some(RefusalReason::UnknownKind),
            JobKind::Boot(_) | JobKind::Stop(_) | JobKind::Claim(_) | JobKind::SendLog(_) => None,
        })
    }

    /// The job in an envelope, if it is the hub's.
    fn opened(&self, envelope: &JobEnvelope) -> Result<Job, RefusalReason> {
        let payload = envelope.payload.as_bytes();
        if payload.len() > MAX_JOB_BYTES {
            return Err(RefusalReason::Malformed);
        }
        let seal: Seal = envelope
            .signature
            .parse()
            .map_err(|_| RefusalReason::BadSignature)?;
        let checked = self.keys.check(&seal, JOB_TYPE, payload);
        checked.map_err(|error| match error {
            SealError::UnknownKey => RefusalReason::UnknownKey,
            SealError::Malformed | SealError::Forged => RefusalReason::BadSignature,
        })?;
        let job: Job = serde_json::from_slice(payload).map_err(|_| RefusalReason::Malformed)?;
        // Its result is told under the name outside.
        if (job.id, job.seq) == (envelope.id, envelope.seq) {
            Ok(job)
        } else {
            Err(RefusalReason::Malformed)
        }
    }
}

fn out_of_time(job: &Job, now: UnixMillis) -> Option<RefusalReason> {
    if job.issued_at > now.plus(MAX_CLOCK_SKEW) {
        Some(RefusalReason::TooEarly)
    } else if job.not_after.plus(MAX_CLOCK_SKEW) < now {
        Some(RefusalReason::Expired)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::id::{JobId, SessionId};
    use hackstream_control_api::launch::Resources;
    use hackstream_control_api::node::{Boot, Stop};
    use hackstream_control_api::policy::{Egress, Policy};
    use hackstream_control_api::session::StopCause;
    use hackstream_control_api::time::Seconds;
    use hackstream_ticket::Signer;
    use proptest::prelude::*;

    const NOW: UnixMillis = UnixMillis(1_700_000_000_000);

    fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(last: char) -> T {
        format!("01ARZ3NDEKTSV4RRFFQ69G5FA{last}").parse().unwrap()
    }

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&[seed; 32]).unwrap()
    }

    fn gate() -> Gate {
        Gate {
            node: id('A'),
            keys: signer(1).public().into(),
            apps: ["browser".to_owned()].into(),
            ceiling: Ceiling {
                memory: Some(4 << 30),
                cpu: Some(2000),
                pids: Some(1024),
                egress: Egress::Internet,
            },
        }
    }

    fn job(kind: JobKind) -> Job {
        Job {
            id: id('J'),
            node: id('A'),
            seq: 7,
            issued_at: NOW,
            not_after: NOW.plus(Seconds(60)),
            kind,
        }
    }

    fn stop() -> Job {
        job(JobKind::Stop(Stop {
            session: id::<SessionId>('S'),
            grace: Seconds(5),
            cause: StopCause::User,
        }))
    }

    fn boot(app: &str, resources: Resources) -> Job {
        job(JobKind::Boot(Box::new(Boot {
            session: id('S'),
            owner: None,
            app: app.to_owned(),
            url: None,
            profile: Default::default(),
            screen: None,
            quality: Default::default(),
            resources,
            policy: Policy::default(),
            timers: Default::default(),
            ticket_keys: Default::default(),
            labels: Default::default(),
        })))
    }

    fn sealed(job: &Job, signer: &Signer) -> JobEnvelope {
        let payload = serde_json::to_string(job).unwrap();
        JobEnvelope {
            id: job.id,
            seq: job.seq,
            signature: signer.seal(JOB_TYPE, payload.as_bytes()).to_string(),
            payload,
        }
    }

    const FRESH: Progress = Progress {
        accepted: 6,
        is_open: false,
    };

    fn admit(job: &Job) -> Admission {
        gate().admit(&sealed(job, &signer(1)), FRESH, NOW)
    }

    fn rejected(reason: RefusalReason) -> Admission {
        Admission::Reject(reason)
    }

    fn declined(job: &Job) -> Option<RefusalReason> {
        match admit(job) {
            Admission::Decline(declined, reason) if declined == *job => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn what_the_hub_signed_for_this_node_is_done() {
        assert_eq!(admit(&stop()), Admission::Take(stop()));
        let browser = boot("browser", Resources::default());
        assert_eq!(admit(&browser), Admission::Take(browser));
    }

    #[test]
    fn an_edited_row_is_no_job() {
        let envelope = sealed(&boot("browser", Resources::default()), &signer(1));
        let mut edited = envelope.clone();
        edited.payload = edited.payload.replace("browser", "xterm");
        let is = |envelope: &JobEnvelope| gate().admit(envelope, FRESH, NOW);
        assert_eq!(is(&edited), rejected(RefusalReason::BadSignature));
        edited.signature = String::new();
        assert_eq!(is(&edited), rejected(RefusalReason::BadSignature));
        let forged = sealed(&stop(), &signer(2));
        assert_eq!(is(&forged), rejected(RefusalReason::UnknownKey));
        let renumbered = JobEnvelope {
            seq: 8,
            ..envelope.clone()
        };
        assert_eq!(is(&renumbered), rejected(RefusalReason::Malformed));
        let renamed = JobEnvelope {
            id: id::<JobId>('K'),
            ..envelope
        };
        assert_eq!(is(&renamed), rejected(RefusalReason::Malformed));
    }

    #[test]
    fn what_is_signed_and_no_job_is_refused() {
        let seal = |payload: String| JobEnvelope {
            signature: signer(1).seal(JOB_TYPE, payload.as_bytes()).to_string(),
            payload,
            ..sealed(&stop(), &signer(1))
        };
        for payload in ["{}".to_owned(), " ".repeat(MAX_JOB_BYTES + 1)] {
            let verdict = gate().admit(&seal(payload), FRESH, NOW);
            assert_eq!(verdict, rejected(RefusalReason::Malformed));
        }
    }

    #[test]
    fn what_another_node_was_told_is_not_done() {
        let other = Job {
            node: id('B'),
            ..stop()
        };
        assert_eq!(admit(&other), rejected(RefusalReason::OtherNode));
    }

    #[test]
    fn a_job_comes_once_and_is_known_while_it_is_done() {
        let envelope = sealed(&stop(), &signer(1));
        let at = |accepted, is_open| {
            let progress = Progress { accepted, is_open };
            gate().admit(&envelope, progress, NOW)
        };
        assert_eq!(at(7, false), rejected(RefusalReason::Replayed));
        assert_eq!(at(9, false), rejected(RefusalReason::Replayed));
        assert_eq!(at(7, true), Admission::Known);
    }

    #[test]
    fn a_job_has_its_time() {
        let until = |millis: i64| Job {
            not_after: UnixMillis(NOW.0.saturating_add_signed(millis)),
            ..stop()
        };
        assert_eq!(declined(&until(-60_001)), Some(RefusalReason::Expired));
        assert_eq!(admit(&until(-60_000)), Admission::Take(until(-60_000)));
        let from = |millis: u64| Job {
            issued_at: UnixMillis(NOW.0 + millis),
            ..stop()
        };
        assert_eq!(declined(&from(60_001)), Some(RefusalReason::TooEarly));
        assert_eq!(admit(&from(60_000)), Admission::Take(from(60_000)));
    }

    #[test]
    fn a_job_stays_below_the_ceiling() {
        let usual = Resources::default();
        let xterm = boot("xterm", usual);
        assert_eq!(declined(&xterm), Some(RefusalReason::NotAllowed));
        for beyond in [
            Resources {
                memory_limit: 5 << 30,
                ..usual
            },
            Resources {
                memory_limit: 0,
                ..usual
            },
            Resources {
                cpu_limit: 2001,
                ..usual
            },
            Resources { pids: 0, ..usual },
        ] {
            let greedy = boot("browser", beyond);
            assert_eq!(declined(&greedy), Some(RefusalReason::OverCeiling));
        }
        assert_eq!(
            declined(&job(JobKind::Unknown)),
            Some(RefusalReason::UnknownKind)
        );
    }

    proptest! {
        /// Whatever is changed of a signed job, and wherever: it is none.
        #[test]
        fn no_byte_of_a_job_can_be_changed(place: prop::sample::Index, to in "[ -~]") {
            let envelope = sealed(&stop(), &signer(1));
            let place = place.index(envelope.payload.len());
            let mut payload = envelope.payload.clone();
            payload.replace_range(place..=place, &to);
            prop_assume!(payload != envelope.payload);
            let changed = JobEnvelope { payload, ..envelope };
            let verdict = gate().admit(&changed, FRESH, NOW);
            prop_assert_eq!(verdict, rejected(RefusalReason::BadSignature));
        }
    }
}
