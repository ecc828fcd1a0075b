//! What hub and nodes exchange. The node asks; the hub never connects to a node.
//!
//! | the node calls | with | and gets |
//! |---|---|---|
//! | `GET /v1/node/jobs?after=SEQ&wait=30` | - | [`JobList`]: jobs not yet done whose number is above SEQ; waits up to `wait` seconds until there is one |
//! | `POST /v1/node/jobs/{id}/result` | [`JobResult`] | 204; also when it was told already |
//! | `POST /v1/node/report` | [`Report`] | [`ReportAnswer`] |
//! | `POST /v1/node/logs/{session}` | [`LogChunk`] | [`LogAnswer`] |
//!
//! A machine becomes a node by `POST /v1/node/enroll`: see [`crate::enroll`].
//!
//! The node names itself with `Authorization: Bearer hsn_…`, read from a file that only it can read.
//! Each job is signed by the hub with a key that is not in its database, and stored and sent as it was
//! signed: a [`JobEnvelope`]. The node carries out what is signed, for itself, newer than all before, in
//! its time and within its own configuration; the rest it refuses, with a [`RefusalReason`]. It writes
//! down what it accepts before it begins, and goes on with that by itself after a restart.

mod job;
mod log;
mod report;

pub use job::{
    Boot, Claim, JOB_TYPE, Job, JobEnvelope, JobKind, JobList, JobOutcome, JobResult,
    RefusalReason, Screen, SendLog, Stop,
};
pub use log::{LogAnswer, LogChunk};
pub use report::{
    Address, Capacity, Exit, NodeSession, NodeSessionState, Report, ReportAnswer, StartPhase,
    StartTimes, Usage,
};

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: &str = r#"{"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","node":"01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "seq":7,"issued_at":1,"not_after":2,"kind":"stop",
        "session":"01ARZ3NDEKTSV4RRFFQ69G5FAV","grace":5,"cause":"idle"}"#;

    #[test]
    fn a_job_says_its_kind_beside_its_number() {
        let job: Job = serde_json::from_str(STOP).unwrap();
        assert!(matches!(&job.kind, JobKind::Stop(stop) if stop.grace.0 == 5));
        let again: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        assert_eq!(again, job);
    }

    #[test]
    fn what_a_newer_hub_knows_does_not_break_an_older_node() {
        let newer = STOP.replace("\"stop\"", "\"hibernate\"");
        let job: Job = serde_json::from_str(&newer).unwrap();
        assert_eq!((job.seq, job.kind), (7, JobKind::Unknown));
        let more = STOP.replace("\"seq\"", "\"colour\":\"blue\",\"seq\"");
        assert!(serde_json::from_str::<Job>(&more.replace("idle", "boredom")).is_ok());
    }

    #[test]
    fn a_report_needs_only_what_every_node_knows() {
        let least = r#"{"version":"0","last_seq":0,"capacity":{"memory_bytes":1,"memory_allocatable":1,
            "cpu_millis":1,"cpu_allocatable":1,"max_sessions":1},"limits_enforced":false,"apps":[],
            "sessions":[{"session":"01ARZ3NDEKTSV4RRFFQ69G5FAV","state":"starting","since":1}]}"#;
        let report: Report = serde_json::from_str(least).unwrap();
        assert_eq!(report.sessions[0].viewers, 0);
    }
}
