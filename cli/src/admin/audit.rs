//! `hackstreamctl audit`.

use std::process::ExitCode;

use clap::Subcommand;
use hackstream_control_api::audit::{AuditEntry, AuditVerdict};
use hackstream_control_api::login::Checkpoint;

use crate::api::request::Request;
use crate::commands::audit::{last, show};
use crate::context::Context;
use crate::error::CliError;
use crate::hub::Hub;
use crate::terminal::out;

/// What to do with the log.
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Show the last rows; that they were read is written down, too
    List {
        /// So many
        #[arg(long, value_name = "ROWS", default_value_t = 50)]
        last: usize,
        /// As JSON, with all that the hub says
        #[arg(long)]
        json: bool,
    },
    /// Check the whole log, and that what it said at your last login still stands there
    Verify {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Audit {
    /// Does it. Exit code 1 if the log is not as it was written.
    ///
    /// # Errors
    /// What the hub says, and those of asking it.
    pub fn run(self, context: &Context) -> Result<ExitCode, CliError> {
        let hub = context.hub()?;
        match self {
            Self::List { last: rows, json } => {
                // Rows rise by one, so the place is known where the last ones begin, if nothing was
                // written since the login; what was, is read as well.
                let end = hub.tokens().kept()?.map_or(0, |kept| kept.checkpoint.seq);
                let begin = end.saturating_sub(rows as u64);
                show(
                    &last(&hub, "/v1/audit", Some(begin.to_string()), rows)?,
                    json,
                )?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Verify { json } => verify(&hub, json),
        }
    }
}

fn verify(hub: &Hub<'_>, json: bool) -> Result<ExitCode, CliError> {
    let kept = hub.tokens().kept()?;
    let mut verdict: AuditVerdict = hub.ask(&Request::get("/v1/audit/verify"))?;
    // Whoever can write the database can make the whole chain anew, but not what was said to us.
    if let (true, Some(kept)) = (verdict.ok, kept) {
        let checkpoint = kept.checkpoint;
        let row = row(hub, checkpoint.seq)?;
        if let Some(reason) = contradiction(&checkpoint, row.as_ref()) {
            verdict.ok = false;
            verdict.first_bad_seq = Some(checkpoint.seq);
            verdict.reason = Some(reason);
        }
    }
    match json {
        true => out::print_json(&verdict)?,
        false => out::print(&text(&verdict))?,
    }
    Ok(if verdict.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn row(hub: &Hub<'_>, seq: u64) -> Result<Option<AuditEntry>, CliError> {
    if seq == 0 {
        return Ok(None);
    }
    let path = format!("/v1/audit?limit=1&cursor={}", seq - 1);
    let rows: Vec<AuditEntry> = hub.ask(&Request::get(path))?;
    Ok(rows.into_iter().next())
}

/// What is wrong where the log once ended with `checkpoint`, and has this `row` there now.
fn contradiction(checkpoint: &Checkpoint, row: Option<&AuditEntry>) -> Option<String> {
    if checkpoint.seq == 0 {
        return None;
    }
    match row {
        Some(row) if row.seq == checkpoint.seq && row.hash == checkpoint.head => None,
        Some(row) if row.seq == checkpoint.seq => {
            Some("it was another row at the last login from here: the log was made anew".to_owned())
        }
        _ => Some("it was there at the last login from here: the log was cut".to_owned()),
    }
}

fn text(verdict: &AuditVerdict) -> String {
    if verdict.ok {
        let (rows, head) = (verdict.rows, &verdict.head);
        return format!("{rows} rows, all as they were written; head {head}");
    }
    let seq = verdict.first_bad_seq.unwrap_or(0);
    let reason = out::harmless(
        verdict
            .reason
            .as_deref()
            .unwrap_or("the hub does not say why"),
    );
    format!("row {seq} is the first that is not as it was written: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hackstream_control_api::time::UnixMillis;

    #[test]
    fn a_log_that_was_cut_or_made_anew_contradicts_what_was_said() {
        let entry = |seq, hash: &str| AuditEntry {
            seq,
            ts: UnixMillis(0),
            actor_type: "hub".to_owned(),
            actor_id: None,
            action: "login".to_owned(),
            target_type: None,
            target_id: None,
            subject_user_id: None,
            session_id: None,
            outcome: "ok".to_owned(),
            meta: String::new(),
            prev_hash: String::new(),
            hash: hash.to_owned(),
        };
        let checkpoint = Checkpoint {
            seq: 7,
            head: "ab".to_owned(),
        };
        assert_eq!(contradiction(&checkpoint, Some(&entry(7, "ab"))), None);
        assert!(contradiction(&checkpoint, Some(&entry(7, "cd"))).is_some());
        assert!(contradiction(&checkpoint, Some(&entry(8, "ab"))).is_some());
        assert!(contradiction(&checkpoint, None).is_some());
    }
}
